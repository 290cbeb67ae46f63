"""Decides where the Falco events of a workflow run come from: its payload, its input, or the action's own input."""

from collections.abc import Mapping
from typing import Any

from ..errors import BadInput
from . import pasted


def documents(run_event: Mapping[str, Any], action_input: str | None = None) -> list[object]:
    """Return the documents that a run was started for, not yet checked.

    They come from `client_payload.events`; without it from `inputs.event`, then from the action's own input `event`.
    Raises BadInput if there is none at all.
    """
    for parent_key, key in (("client_payload", "events"), ("inputs", "event")):
        parent = run_event.get(parent_key)
        if isinstance(parent, Mapping) and (events := pasted.documents(parent.get(key))):
            return events
    if events := pasted.documents(action_input):
        return events
    raise BadInput(
        "this run has no Falco event. A repository_dispatch carries it in client_payload.events, a workflow_dispatch "
        "in the input `event`, and both are empty. To start the run by hand, paste a CloudEvent or Falco's JSON as "
        "`event`; see https://github.com/falco-dispatch/falco-dispatch/tree/main/actions/respond#readme"
    )
