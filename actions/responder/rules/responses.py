"""What a rule demands of the desired state: responses and their parameters. How they are made is not known here."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Stop:
    """Bring the workload to a stop, in the way of its kind."""


@dataclass(frozen=True)
class Scale:
    """Set the number of replicas."""

    replicas: int


@dataclass(frozen=True)
class Isolate:
    """Deny all traffic of the workload's pods, but for name lookups and these namespaces where they are allowed."""

    dns: bool = False
    namespaces: tuple[str, ...] = ()


@dataclass(frozen=True)
class Label:
    """Set labels on the object, or on its pod template."""

    set: Mapping[str, str]
    on_pods: bool = False


@dataclass(frozen=True)
class Annotate:
    """Set annotations on the object, or on its pod template."""

    set: Mapping[str, str]
    on_pods: bool = False


@dataclass(frozen=True)
class Patch:
    """Change the manifest by the operations of a JSON patch, each a JSON object as in RFC 6902."""

    operations: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Remove:
    """Take the manifest out of its kustomization."""


Demand = Stop | Scale | Isolate | Label | Annotate | Patch | Remove


def read(entry: str | Mapping[str, Any]) -> Demand:
    """From an entry of `respond`, which is as schema/rules.json describes it."""
    if isinstance(entry, str):
        return _READERS[entry]({})
    [(word, parameters)] = entry.items()
    return _READERS[word](parameters)


def _isolate(parameters: Mapping[str, Any]) -> Isolate:
    allow = parameters.get("allow", {})
    return Isolate(dns=allow.get("dns", False), namespaces=tuple(allow.get("namespaces", ())))


_READERS: Mapping[str, Callable[[Any], Demand]] = {
    "stop": lambda _: Stop(),
    "scale": lambda parameters: Scale(int(parameters["replicas"])),
    "isolate": _isolate,
    "label": lambda parameters: Label(parameters["set"], on_pods=parameters.get("target") == "pods"),
    "annotate": lambda parameters: Annotate(parameters["set"], on_pods=parameters.get("target") == "pods"),
    "patch": lambda operations: Patch(tuple(json.loads(json.dumps(operations)))),  # numbers without their spelling
    "remove": lambda _: Remove(),
}
