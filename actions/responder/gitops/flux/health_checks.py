"""Flux Kustomizations that wait until all they apply is healthy: a workload that is not holds up the next commit.

https://fluxcd.io/flux/components/kustomize/kustomizations/#health-checks
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .. import manifests
from ..checkout import Checkout
from ..fields import items, mapping, text
from .kustomization import GROUP

FEATURE_GATE = "CancelHealthCheckOnNewRevision"
_DEFAULT = "its interval"  # the timeout of a Kustomization that has none


@dataclass(frozen=True, kw_only=True)
class WaitingKustomization:
    """A Flux Kustomization of a file that waits; `line` counts from 1."""

    file: str
    line: int
    name: str
    spec: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: Flux Kustomization {self.name} {description(self.spec)}"


def waits(spec: Mapping[str, Any]) -> bool:
    """Return whether a Flux Kustomization waits for the health of what it applies."""
    return spec.get("wait") is True or bool(items(spec, "healthChecks"))


def description(spec: Mapping[str, Any]) -> str:
    """Return what it means for a response that a Flux Kustomization waits."""
    field = "wait" if spec.get("wait") is True else "healthChecks"
    timeout = text(spec, "timeout") or _DEFAULT
    return (
        f"waits until what it applies is healthy ({field}): while a workload is not, Flux applies a response only "
        f"after {timeout}, unless kustomize-controller has --feature-gates={FEATURE_GATE}=true"
    )


def find(checkout: Checkout) -> Iterator[WaitingKustomization]:
    """Yield the Flux Kustomizations in the files of a checkout that wait."""
    for file, data in sorted(checkout.manifests.items()):
        if GROUP.encode() not in data or not (b"wait" in data or b"healthChecks" in data):
            continue
        try:
            objects = [item for document in manifests.split(data) for item in manifests.objects(document)]
        except manifests.Unreadable:
            continue
        for item in objects:
            spec = mapping(item.data, "spec")
            is_kustomization = text(item.data, "apiVersion").startswith(f"{GROUP}/")
            if is_kustomization and text(item.data, "kind") == "Kustomization" and waits(spec):
                name = text(mapping(item.data, "metadata"), "name")
                yield WaitingKustomization(file=file, line=item.line, name=name, spec=spec)
