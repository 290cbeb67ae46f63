"""Decides which trace an event belongs to: the one that it names, else the one of the request that brought it.

https://www.w3.org/TR/trace-context/#traceparent-header, and
https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/extensions/distributed-tracing.md. Does no I/O.
"""

import re
from collections.abc import Mapping
from typing import Any

TRACEPARENT, TRACESTATE = "traceparent", "tracestate"
# Of version 00, which is the only one; identifiers of zeros alone are not valid.
_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}", re.ASCII)
_LONGEST_STATE = 512


def of_request(headers: Mapping[bytes, bytes]) -> dict[str, str]:
    """Return the extensions that name the trace of a request, none if it has no valid one."""
    parent = headers.get(b"traceparent", b"").decode("latin-1")
    if not _TRACEPARENT.fullmatch(parent):
        return {}
    state = headers.get(b"tracestate", b"").decode("latin-1")
    return {TRACEPARENT: parent, **({TRACESTATE: state} if _is_plain(state) else {})}


def add(attributes: dict[str, Any], trace: Mapping[str, str]) -> None:
    """Add the trace of the request to an event that names none."""
    if trace and TRACEPARENT not in attributes:
        attributes.pop(TRACESTATE, None)  # it belongs to no parent
        attributes.update(trace)


def _is_plain(state: str) -> bool:
    return bool(state.strip()) and state.isascii() and state.isprintable() and len(state) <= _LONGEST_STATE
