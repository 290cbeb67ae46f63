"""Kinds of object whose pods an operator makes: how the pods are named, and what tells the operator to stop them.

The names of the object and its pods decide, with what the event tells of controllers; no file is read. Those that ship
are in schema/kinds.json, and the rules can add others: rules/kinds.py reads both.
"""

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .pod_names import BASE, RANDOM, Owner, owns

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_WORD = "[a-z0-9](?:[-.a-z0-9]*[a-z0-9])?"
# What a controller or an operator writes into a name, beside the name of the object and values of its fields.
_PARTS = {
    "number": "(?:0|[1-9][0-9]*)",
    "digits": "[0-9]+",
    "random": f"[{RANDOM}]{{5}}",
    "part": "[a-z0-9]+",
    "word": _WORD,
}
# The ends of forms, and the kind whose pods are named so: its own controller, or the operator itself, gives the name.
_ENDS = {"-{hash}-{random}": "Deployment", "-{random}": "ReplicaSet", "-{number}": "StatefulSet"}
_LONGEST = BASE + 5  # characters of a name that may have been cut


@dataclass(frozen=True, kw_only=True)
class OperatorKind:
    """A kind of object whose pods an operator makes.

    `pods` are the forms of their names. `stop` has the fields that stop the pods, and their values; it is empty if no
    edit stops them, and `obstacle` says why. `labels` are those of the pods.
    """

    group: str
    kind: str
    pods: tuple[str, ...]
    stop: tuple[tuple[tuple[str, ...], Any], ...] = ()
    obstacle: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

    def owns(self, data: Mapping[str, Any], name: str, pod: str, owners: Sequence[Owner]) -> bool:
        """Return whether an object with this content and name makes the pod, or the controllers that an event names."""
        for form in self.pods:
            head, controller = _split(form)
            for candidate in _names(head, data, name, pod):
                if owners and all(owner.is_created_by(controller, candidate) for owner in owners):
                    return True
                if not owners and owns(controller, candidate, pod):
                    return True
        return False

    def may_own(self, pod: str) -> bool:
        """Return whether an object of any name and content can make a pod of this name."""
        return len(pod) == _LONGEST or any(_pattern(form, {}).fullmatch(pod) for form in self.pods)

    def pod_labels(self, name: str) -> Mapping[str, str]:
        """Return the labels that the pods of an object of this name have."""
        return {key: value.replace("{name}", name) for key, value in self.labels.items()}


def find_kind(kinds: Iterable[OperatorKind], group: str, kind: str) -> OperatorKind | None:
    """Return the first of the kinds with this group and kind, None if there is none."""
    return next((entry for entry in kinds if (entry.group, entry.kind) == (group, kind)), None)


def problem_of(form: str) -> str | None:
    """Return why a text is no form of pod names, None if it is one."""
    placeholders = _PLACEHOLDER.findall(form)
    unknown = [name for name in placeholders if name not in ("name", "hash", *_PARTS) and not name.startswith("/")]
    if unknown:
        names = ", ".join(f"{{{name}}}" for name in ("name", "hash", *_PARTS, "/a/field"))
        return f"{{{unknown[0]}}} is not one of {names}"
    if "name" not in placeholders:
        return "it lacks {name}, the name of the object"
    if "hash" in placeholders and not form.endswith("-{hash}-{random}"):
        return "{hash} belongs before {random}, at the end"
    if not re.fullmatch("[-.a-z0-9]*", _PLACEHOLDER.sub("", form)):
        return "no name of a pod has other characters than small letters, digits, dashes and dots"
    return None


def _split(form: str) -> tuple[str, str]:
    """Return the beginning of a form, which names a controller, and the kind of this controller."""
    for end, kind in _ENDS.items():
        if form.endswith(end):
            return form.removesuffix(end), kind
    return form, "Pod"


def _names(head: str, data: Mapping[str, Any], name: str, pod: str) -> Iterator[str]:
    """Yield the names that a controller of an object can have."""
    values = {"name": [name]}
    for placeholder in _PLACEHOLDER.findall(head):
        if placeholder.startswith("/"):
            values[placeholder] = [str(value) for value in _values(data, placeholder.split("/")[1:])]
    if _PARTS.keys().isdisjoint(_PLACEHOLDER.findall(head)):
        keys = list(values)
        for combination in itertools.product(*(values[key] for key in keys)):
            yield _fill(head, dict(zip(keys, combination, strict=True)))
        return
    pattern = _pattern(head, values)
    parts = pod.split("-")
    beginnings = ("-".join(parts[:count]) for count in range(1, len(parts) + 1))
    yield from (beginning for beginning in beginnings if pattern.fullmatch(beginning))


def _fill(head: str, values: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda match: values[match[1]], head)


def _pattern(form: str, values: Mapping[str, Sequence[str]]) -> re.Pattern[str]:
    """Return the pattern of a form; what `values` does not tell can be any word."""

    def expression(match: re.Match[str]) -> str:
        if match[1] in values:
            return f"(?:{'|'.join(map(re.escape, values[match[1]])) or '(?!)'})"
        return _PARTS.get(match[1], _WORD)

    literals = _PLACEHOLDER.split(form)[::2]
    placeholders = [expression(match) for match in _PLACEHOLDER.finditer(form)]
    pieces = itertools.zip_longest(map(re.escape, literals), placeholders, fillvalue="")
    return re.compile("".join(itertools.chain.from_iterable(pieces)))


def _values(value: Any, steps: Sequence[str]) -> Iterator[str | int]:
    """Yield the texts and numbers at a JSON pointer; a step `*` stands for all items of a list."""
    if not steps:
        if isinstance(value, str | int):
            yield value
    elif steps[0] == "*":
        for item in value if isinstance(value, list) else ():
            yield from _values(item, steps[1:])
    elif isinstance(value, Mapping):
        yield from _values(value.get(steps[0].replace("~1", "/").replace("~0", "~")), steps[1:])
