"""How a response came about in time: a chart and a table. Nothing of an event but its time is in either."""

from dataclasses import dataclass
from datetime import UTC, datetime

from ..falco.event import Event


@dataclass(frozen=True, kw_only=True)
class Moment:
    """Something that happened, who did it, and whom it was told; `when` is None where it is not known."""

    when: datetime | None
    who: str
    whom: str
    what: str


def seen(event: Event) -> Moment:
    """The moment that Falco saw it."""
    return Moment(when=_time(event.time), who="Falco", whom="relay", what="saw it")


def markdown(moments: list[Moment]) -> str:
    """A Mermaid chart of the moments, and a table of them with the time since the first one that is known."""
    first = next((each.when for each in moments if each.when), None)
    rows = [f"| {_shown(each)} | {_since(each, first)} | {each.who} | {each.what} |" for each in moments]
    return "\n".join(["```mermaid", *_chart(moments), "```", "", "| When (UTC) | After | Who | What |", _RULE, *rows])


_RULE = "| --- | --- | --- | --- |"


def _chart(moments: list[Moment]) -> list[str]:
    parties = dict.fromkeys(name for each in moments for name in (each.who, each.whom))
    return [
        "sequenceDiagram",
        *(f"  participant {name}" for name in parties),
        *(f"  {each.who}->>{each.whom}: {_shown(each)} {each.what}" for each in moments),
    ]


def _shown(moment: Moment) -> str:
    return moment.when.strftime("%H:%M:%S") if moment.when else ""


def _since(moment: Moment, first: datetime | None) -> str:
    if moment.when is None or first is None or moment.when == first:
        return ""
    seconds = (moment.when - first).total_seconds()
    for unit, length, enough in (("d", 86400, 2), ("h", 3600, 2), ("min", 60, 10)):
        if abs(seconds) >= length * enough:
            return f"{seconds / length:.1f} {unit}"
    return f"{seconds:.1f} s"


def _time(text: str | None) -> datetime | None:
    """A time as Falco writes it, to the microsecond."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
