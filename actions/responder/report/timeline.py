"""The times of a response as a chart and a table. Of an event, they show nothing but its time."""

from dataclasses import dataclass
from datetime import datetime

from ..falco.event import Event
from ..falco.event_time import parse_time


@dataclass(frozen=True, kw_only=True)
class Moment:
    """Something that `who` did for `whom`; `when` is None if the time is not known."""

    when: datetime | None
    who: str
    whom: str
    what: str


def moment_of_event(event: Event) -> Moment:
    """Return the moment when Falco saw the event."""
    return Moment(when=parse_time(event.time), who="Falco", whom="relay", what="saw it")


def markdown(moments: list[Moment]) -> str:
    """Return a Mermaid chart of the moments, and a table with the time since the first known one."""
    first = next((moment.when for moment in moments if moment.when), None)
    rows = [f"| {_clock(moment)} | {_since(moment, first)} | {moment.who} | {moment.what} |" for moment in moments]
    return "\n".join(["```mermaid", *_chart(moments), "```", "", "| When (UTC) | After | Who | What |", _RULE, *rows])


_RULE = "| --- | --- | --- | --- |"


def _chart(moments: list[Moment]) -> list[str]:
    parties = dict.fromkeys(name for moment in moments for name in (moment.who, moment.whom))
    return [
        "sequenceDiagram",
        *(f"  participant {name}" for name in parties),
        *(f"  {moment.who}->>{moment.whom}: {_clock(moment)} {moment.what}" for moment in moments),
    ]


def _clock(moment: Moment) -> str:
    return moment.when.strftime("%H:%M:%S") if moment.when else ""


def _since(moment: Moment, first: datetime | None) -> str:
    if moment.when is None or first is None or moment.when == first:
        return ""
    seconds = (moment.when - first).total_seconds()
    for unit, length, enough in (("d", 86400, 2), ("h", 3600, 2), ("min", 60, 10)):
        if abs(seconds) >= length * enough:
            return f"{seconds / length:.1f} {unit}"
    return f"{seconds:.1f} s"
