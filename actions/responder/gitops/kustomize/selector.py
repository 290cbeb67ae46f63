"""Selects the objects that a patch is for, as Kustomize and Kubernetes do.

https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/patches/
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ...rules.linear_regex import Regex
from ..fields import mapping, text
from .resource import Resource

_REQUIREMENT = re.compile(
    r"\s*(?:(?P<absent>!)\s*)?(?P<key>[-./\w]+)\s*"
    r"(?:(?P<equal>==|=|!=)\s*(?P<value>[-.\w]*)|(?P<set>in|notin)\s*\((?P<values>[^)]*)\))?\s*(?:,|\Z)"
)
_WORD = re.compile(r"[-\w]+")
_LITERAL = re.compile(r"(?:[-\w]|\\[^\w\s])+")


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
        """Return the selector that a `target` describes."""
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
    def is_for_one_name(self) -> bool:
        """Whether the name is literal, so that all selected objects have it."""
        return _LITERAL.fullmatch(self.name) is not None

    def selects(self, candidate: Resource) -> bool:
        """Return whether it selects the object, by the name and namespace that the object had first or has now."""
        first, current = candidate.ids[0], candidate.ids[-1]
        metadata = mapping(candidate.data, "metadata")
        return (
            _matches(self.kind, current.kind)
            and _matches(self.group, current.group)
            and _matches(self.version, current.version)
            and (_matches(self.name, first.name) or _matches(self.name, current.name))
            and (
                _matches(self.namespace, first.effective_namespace)
                or _matches(self.namespace, current.effective_namespace)
            )
            and satisfies(mapping(metadata, "labels"), self.labels)
            and satisfies(mapping(metadata, "annotations"), self.annotations)
        )


def satisfies(labels: Mapping[str, Any], selector: str) -> bool:
    """Return whether labels satisfy a selector of `kubectl --selector`. Nothing satisfies a selector with an error.

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
        is_in_set = value is not None and str(value) in {item.strip() for item in requirement["values"].split(",")}
        return is_in_set is (requirement["set"] == "in")
    return value is not None


def _matches(pattern: str, value: str) -> bool:
    """Return whether a pattern matches a whole value. Kustomize takes linear time, and so does this."""
    if not pattern or _WORD.fullmatch(pattern):
        return pattern in ("", value)
    regex = _regex(pattern)
    return regex is not None and regex.fullmatch(value)


@lru_cache(maxsize=1000)
def _regex(pattern: str) -> Regex | None:
    """Return a regular expression, None for one that Kustomize does not accept."""
    try:
        return Regex(pattern)
    except ValueError:
        return None
