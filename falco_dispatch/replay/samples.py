"""Decides which events a file of samples holds. Whether the relay accepts them is for the relay to say."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from responder.errors import BadInput
from responder.escape import one_line
from responder.falco import pasted


class BadSamples(Exception):
    """A file of samples that cannot be posted: which file, which value, and what to do."""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """An event of a file, by its number there."""

    file: str
    number: int
    event: Mapping[str, Any] = field(repr=False)

    @property
    def content(self) -> bytes:
        """Return the body of the request."""
        return json.dumps(self.event).encode()

    @property
    def content_type(self) -> str:
        """Return the type of the body: a structured CloudEvent, or Falco's own JSON as the webhook output sends it."""
        return "application/cloudevents+json" if "specversion" in self.event else "application/json"

    def __str__(self) -> str:
        return f"{self.file}, event {self.number}"


def read_samples(file: str, text: str) -> list[Sample]:
    """Return the events of a file: one value, an array, or one value a line. Raise BadSamples."""
    try:
        documents = pasted.documents(text)
    except BadInput as error:
        raise BadSamples(f"{file}: {error}; split it, for example with `split -l 500 {file}`") from error
    if not documents:
        raise BadSamples(f"{file} holds no event")
    return [_sample(file, number, document) for number, document in enumerate(documents, start=1)]


def _sample(file: str, number: int, document: object) -> Sample:
    if not isinstance(document, dict):
        raise BadSamples(f"{file}, event {number} is not a JSON object: {one_line(document, limit=60)}")
    return Sample(file=file, number=number, event=document)
