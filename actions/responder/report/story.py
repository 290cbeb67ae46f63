"""What Falco saw, as a person tells it: who did what where, in a paragraph, and the processes as a tree.

Decides which fields of an event are the story. All of it is written by an attacker, and shown as text.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

from ..escape import fenced, markdown_code, one_line
from ..falco.event import Event
from ..falco.event_time import parse_time
from . import attack

_ANCESTOR = re.compile(r"proc\.aname\[([0-9]{1,2})\]", re.ASCII)
_COMMAND_LIMIT = 300  # characters
_NAME_LIMIT = 200
_CONNECTION = "->"  # in the name of a file descriptor


@dataclass(frozen=True, kw_only=True)
class Story:
    """The fields of an event that tell what happened; None for what Falco did not know. Ancestors: the oldest first."""

    rule: str
    priority: str
    time: str | None
    pod: str | None
    node: str | None
    container: str | None
    image: str | None
    user: str | None
    command: str | None
    descriptor: str | None
    ancestors: tuple[str, ...]
    tags: tuple[str, ...]
    repetitions: int

    @classmethod
    def of_event(cls, event: Event) -> Self:
        """Read the story of an event."""
        moment = parse_time(event.time)
        return cls(
            rule=event.rule,
            priority=event.priority.word,
            time=f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment else None,
            pod=event.claimed_pod,
            node=event.hostname,
            container=_first(event, "container.name", "container.id"),
            image=_image(event),
            user=_first(event, "user.name", "ka.user.name"),
            command=_first(event, "proc.cmdline", "proc.name", "ka.uri.param[command]"),
            descriptor=_first(event, "fd.name"),
            ancestors=_ancestors(event),
            tags=event.tags,
            repetitions=event.coalesced,
        )

    @property
    def paragraph(self) -> str:
        """Return the story in one paragraph of Markdown."""
        return " ".join(self._sentences())

    @property
    def tree(self) -> str:
        """Return the processes as a tree, in a fence; empty if Falco names no ancestor."""
        if not self.ancestors:
            return ""
        processes = [*self.ancestors, one_line(self.command or "?", limit=_COMMAND_LIMIT)]
        lines = [f"{'   ' * (depth - 1)}└─ {name}" if depth else name for depth, name in enumerate(processes)]
        return fenced("\n".join(lines), "text")

    @property
    def reason(self) -> str:
        """Return what fired and where, in a sentence of Markdown."""
        where = f" in pod {_code(self.pod)}" if self.pod else ""
        where += f" on node {_code(self.node)}" if self.node else ""
        when = f" at {self.time}" if self.time else ""
        return f"Falco's rule {_code(self.rule)} ({self.priority}) fired{where}{when}."

    def _sentences(self) -> Iterator[str]:
        yield self.reason
        yield from self._act()
        if self.descriptor:
            kind = "connection" if _CONNECTION in self.descriptor else "file"
            yield f"The {kind}: {_code(self.descriptor)}."
        if self.repetitions:
            yield f"This event stands for {self.repetitions} more of the same."
        if links := attack.links(self.tags):
            yield f"MITRE ATT&CK: {', '.join(links)}."

    def _act(self) -> Iterator[str]:
        container = f" in container {_code(self.container)}" if self.container else ""
        image = f" (image {_code(self.image)})" if self.image else ""
        user = f"User {_code(self.user)}" if self.user else "Somebody"
        if self.command:
            yield f"{user} ran {markdown_code(self.command, limit=_COMMAND_LIMIT)}{container}{image}."
        elif self.user or container or image:
            yield f"{user} did it{container}{image}."


def _code(text: object) -> str:
    return markdown_code(text, limit=_NAME_LIMIT)


def _first(event: Event, *names: str) -> str | None:
    values: Sequence[Any] = [event.field(name) for name in names]
    return next((str(value) for value in values if value is not None), None)


def _image(event: Event) -> str | None:
    repository = _first(event, "container.image.repository", "ka.req.pod.containers.image")
    tag = _first(event, "container.image.tag")
    return f"{repository}:{tag}" if repository and tag else repository


def _ancestors(event: Event) -> tuple[str, ...]:
    """Return the names of the processes above the one that acted, the oldest first; the parent is number 1."""
    by_level = {
        int(match[1]): str(event.field(name))
        for name in event.fields
        if (match := _ANCESTOR.fullmatch(name)) and event.field(name) is not None
    }
    parent = _first(event, "proc.pcmdline", "proc.pname")
    if parent is not None:
        by_level[1] = parent
    return tuple(one_line(by_level[level], limit=_NAME_LIMIT) for level in sorted(by_level, reverse=True) if level)
