"""The times of a response as a table, and as a chart that is folded. Of an event, they show nothing but its times."""

from dataclasses import dataclass
from datetime import datetime

from ..falco.event import Event
from ..falco.event_time import parse_time
from .layout import fold


@dataclass(frozen=True, kw_only=True)
class Moment:
    """Something that `who` did for `whom`; `when` is None if the time is not known."""

    when: datetime | None
    who: str
    whom: str
    what: str


def moments_of_event(event: Event) -> list[Moment]:
    """Return the moments of an event before the run: Falco saw it, and its way if the relay says that it was there."""
    accepted, dispatched = parse_time(event.accepted), parse_time(event.dispatched)
    if accepted is None and dispatched is None:
        return [Moment(when=parse_time(event.time), who="Falco", whom="GitHub", what="saw it")]
    return [
        Moment(when=parse_time(event.time), who="Falco", whom="Falcosidekick", what="saw it"),
        Moment(when=None, who="Falcosidekick", whom="relay", what="passed it on"),
        Moment(when=accepted, who="relay", whom="relay", what="accepted it"),
        Moment(when=dispatched, who="relay", whom="GitHub", what="dispatched it"),
    ]


def markdown(moments: list[Moment]) -> str:
    """Return a table with the time since the first known moment, and a Mermaid chart that is folded."""
    first = next((moment.when for moment in moments if moment.when), None)
    rows = [f"| {_clock(moment)} | {_since(moment, first)} | {moment.who} | {moment.what} |" for moment in moments]
    table = "\n".join(["| When (UTC) | After | Who | What |", "| --- | --- | --- | --- |", *rows])
    chart = "\n".join(["```mermaid", *_chart(moments), "```"])
    return f"{table}\n\n{fold('As a chart', chart)}"


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
