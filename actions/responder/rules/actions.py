"""Defines the actions that a rule can list under `respond`, with their parameters.

How an action changes the desired state is decided in `plan`, not here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True)
class Stop:
    """Stop the workload, in the way that its kind provides."""

    name: ClassVar[str] = "stop"


@dataclass(frozen=True)
class Scale:
    """Set the number of replicas."""

    name: ClassVar[str] = "scale"
    replicas: int


@dataclass(frozen=True)
class Isolate:
    """Deny all traffic of the workload's pods, except DNS and these namespaces if they are allowed."""

    name: ClassVar[str] = "isolate"
    dns: bool = False
    namespaces: tuple[str, ...] = ()


@dataclass(frozen=True)
class Label:
    """Set labels on the object, or on its pod template."""

    name: ClassVar[str] = "label"
    set: Mapping[str, str]
    on_pods: bool = False


@dataclass(frozen=True)
class Annotate:
    """Set annotations on the object, or on its pod template."""

    name: ClassVar[str] = "annotate"
    set: Mapping[str, str]
    on_pods: bool = False


@dataclass(frozen=True)
class PatchManifest:
    """Change the manifest with a JSON patch. Each operation is a JSON object as in RFC 6902."""

    name: ClassVar[str] = "patch"
    operations: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Remove:
    """Remove the manifest from its kustomization."""

    name: ClassVar[str] = "remove"


Action = Stop | Scale | Isolate | Label | Annotate | PatchManifest | Remove
