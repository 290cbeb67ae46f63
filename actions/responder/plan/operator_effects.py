"""What a response sets in an object whose pods an operator makes. Other kinds are for effects.py."""

from collections.abc import Mapping
from typing import Any

from ..errors import Unsupported
from ..gitops.fields import find
from ..kubernetes.operator_kinds import OperatorKind
from ..rules.actions import Action, Annotate, Label, Scale, Stop

_REPLICAS = ("spec", "replicas")
_TEMPLATE = ("spec", "template")


def fields_of(
    action: Action, kind: OperatorKind | None, content: Mapping[str, Any], owner: object
) -> list[tuple[tuple[str, ...], Any]]:
    """Return the fields that an action sets, each with its value; none if the action sets what it sets in any kind.

    `content` is that of the `owner` of the pods. Raise Unsupported if the kind does not have the response.
    """
    if kind is None:
        return []
    match action:
        case Stop() if kind.stop:
            return list(kind.stop)
        case Stop():
            obstacle = kind.obstacle or "the rules do not say which field stops its pods"
            advice = (
                "`isolate` cuts its pods off the network" if kind.labels else "`isolate` needs `labels` in the rules"
            )
            raise Unsupported(f"no edit stops the pods of {owner}: {obstacle}; {advice}")
        case Scale(replicas=replicas) if any(path == _REPLICAS for path, _ in kind.stop):
            return [(_REPLICAS, replicas)]
        case Scale():
            raise Unsupported(f"a {kind.kind} of {kind.group} has no response `scale`")
        case Label(on_pods=True) | Annotate(on_pods=True) if find(content, _TEMPLATE) is None:
            raise Unsupported(f"{owner} has no pod template")
        case _:
            return []
