"""Which objects a patch is meant for, as Kustomize and Kubernetes select them.

https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/patches/
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .resource import Declared, mapping, text

_REQUIREMENT = re.compile(
    r"\s*(?:(?P<absent>!)\s*)?(?P<key>[-./\w]+)\s*"
    r"(?:(?P<equal>==|=|!=)\s*(?P<value>[-.\w]*)|(?P<set>in|notin)\s*\((?P<values>[^)]*)\))?\s*(?:,|\Z)"
)
_LITERAL = re.compile(r"[-\w]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Selector:
    """A patch's `target`: an empty field selects everything, the others are regular expressions."""

    group: str = ""
    version: str = ""
    kind: str = ""
    name: str = ""
    namespace: str = ""
    labels: str = ""
    annotations: str = ""

    @classmethod
    def parse(cls, target: Mapping[str, Any]) -> "Selector":
        return cls(
            group=text(target, "group"),
            version=text(target, "version"),
            kind=text(target, "kind"),
            name=text(target, "name"),
            namespace=text(target, "namespace"),
            labels=text(target, "labelSelector"),
            annotations=text(target, "annotationSelector"),
        )

    @property
    def names_one(self) -> bool:
        """Whether the name is spelt out, so that whatever it selects has it."""
        return _LITERAL.fullmatch(self.name) is not None

    def selects(self, declared: Declared) -> bool:
        """Whether the object is meant, by the name and namespace that it was declared with or has by now."""
        first, last = declared.ids[0], declared.id
        meta = mapping(declared.data, "metadata")
        return (
            _matches(self.kind, last.kind)
            and _matches(self.group, last.group)
            and _matches(self.version, last.version)
            and (_matches(self.name, first.name) or _matches(self.name, last.name))
            and (
                _matches(self.namespace, first.effective_namespace)
                or _matches(self.namespace, last.effective_namespace)
            )
            and satisfies(mapping(meta, "labels"), self.labels)
            and satisfies(mapping(meta, "annotations"), self.annotations)
        )


def satisfies(labels: Mapping[str, Any], selector: str) -> bool:
    """Whether labels satisfy a selector as `kubectl --selector` takes it; nothing satisfies one that cannot be read.

    https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
    """
    end = 0
    while end < len(selector):
        match = _REQUIREMENT.match(selector, end)
        if not match or not _holds(labels, match):
            return False
        end = match.end()
    return True


def _holds(labels: Mapping[str, Any], requirement: re.Match[str]) -> bool:
    value = labels.get(requirement["key"])
    if requirement["absent"]:
        return value is None
    if requirement["equal"]:
        return (str(value) == requirement["value"]) is (requirement["equal"] != "!=")
    if requirement["set"]:
        listed = value is not None and str(value) in {item.strip() for item in requirement["values"].split(",")}
        return listed is (requirement["set"] == "in")
    return value is not None


def _matches(pattern: str, value: str) -> bool:
    if not pattern or pattern == value:
        return True
    try:
        return re.fullmatch(pattern, value) is not None
    except re.error:
        return False
