"""Decides which events are about the same act: only those that no response rule could tell apart.

Rules can ask for all that Falco says of an event but its text and its time (`match` in the action's schema/rules.json).
So one difference makes two acts: in the priority, a tag or any output field. Left out are only the fields in VOLATILE,
which differ in each event even if a process does the same thing again.

It does not decide for how long events are folded (the outbox). Does no I/O.
"""

import hashlib
from collections.abc import Mapping
from itertools import chain

import msgspec

from relay import falco
from relay.events import CLUSTER, Event

# Reason -> output fields. https://falco.org/docs/reference/rules/supported-fields/
VOLATILE: Mapping[str, tuple[str, ...]] = {
    "the time of the event": (
        "evt.time",
        "evt.time.s",
        "evt.time.iso8601",
        "evt.datetime",
        "evt.datetime.s",
        "evt.outputtime",
        "evt.rawtime",
        "evt.rawtime.s",
        "evt.rawtime.ns",
        "evt.reltime",
        "evt.reltime.s",
        "evt.reltime.ns",
        "jevt.time",
        "jevt.time.iso8601",
        "jevt.rawtime",
    ),
    "a duration that ends with the event, or the start of a process": (
        "evt.deltatime",
        "evt.deltatime.s",
        "evt.deltatime.ns",
        "evt.latency",
        "evt.latency.s",
        "evt.latency.ns",
        "evt.latency.human",
        "proc.duration",
        "proc.ppid.duration",
        "proc.pid.ts",
        "proc.ppid.ts",
        "container.duration",
        "thread.exectime",
        "thread.totexectime",
    ),
    "the number of the event": ("evt.num", "ka.auditid"),
    "the number of a process or thread": (
        "proc.pid",
        "proc.ppid",
        "proc.apid",
        "proc.vpid",
        "proc.pvpid",
        "proc.sid",
        "proc.pgid",
        "proc.vpgid",
        "proc.loginshellid",
        "thread.tid",
        "thread.vtid",
    ),
}
_ANCESTORS = 32
_VOLATILE = frozenset(chain.from_iterable(VOLATILE.values())) | {f"proc.apid[{level}]" for level in range(_ANCESTORS)}
# Falco's text repeats the fields and the time. A rule cannot ask for it.
_UNASKED = ("output", "time", "uuid")
# Number 1 is the first process of a container, or of the node: a rule may ask for it.
_FIRST_PROCESS = (1, "1")
# Whether Falco has a value still counts.
_COUNTED = frozenset(_FIRST_PROCESS).union(value for value in falco.MISSING if isinstance(value, str))
_ANY = "*"
_encode = msgspec.json.Encoder().encode


def act(event: Event) -> bytes:
    """Return a digest that is equal for events about the same act, if their fields come in the same order."""
    data = {**event.data}
    for name in _UNASKED:
        data.pop(name, None)
    data["output_fields"] = fields = {**data["output_fields"]}
    for name in _VOLATILE.intersection(fields):
        value = fields[name]
        if isinstance(value, (int, str)) and value not in _COUNTED:
            fields[name] = _ANY
    # Of the secure digests, this one costs the least for a thousand bytes.
    return hashlib.sha256(_encode((event.attributes.get(CLUSTER), data))).digest()[:16]
