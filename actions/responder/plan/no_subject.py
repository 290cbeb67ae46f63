"""Why nothing can be contained for an event that names neither a pod nor a workload. Decides nothing."""

from ..escape import one_line
from ..falco.event import Event

_NAME_LIMIT = 80  # characters


def reason(event: Event) -> str:
    """Return the reason in words; text of the event is escaped in it."""
    if event.is_host:
        return "it happened on the node itself, outside any pod: there is no workload to contain"
    if resource := event.field("ka.target.resource"):
        names = (event.field("ka.target.namespace"), event.field("ka.target.name") or event.field("ka.resp.name"))
        name = "/".join(one_line(text, limit=_NAME_LIMIT) for text in names if text is not None)
        kind = one_line(resource, limit=_NAME_LIMIT)
        return f"it is about {kind}{name and f' {name}'}, and neither a pod nor a workload is named: nothing to contain"
    return "it names no pod (Falco did not know the container's pod), so the workload is not known"
