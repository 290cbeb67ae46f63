"""Where a run's results go: outputs, job summary, log and annotations. What they say is for the caller to decide.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from ..escape import command_data, command_property

SUMMARY_LIMIT = 1024 * 1024  # bytes, a limit of GitHub's


@dataclass(frozen=True, kw_only=True)
class Annotation:
    """A message on the page of a run, at `file` and `line` if it has them; `level` is notice, warning or error."""

    level: str
    message: str
    file: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        """Return the workflow command that makes the annotation."""
        location = {"file": self.file, "line": self.line}
        properties = ",".join(f"{key}={command_property(text)}" for key, text in location.items() if text is not None)
        return f"::{self.level} {properties}".rstrip() + f"::{command_data(self.message)}"


@dataclass(frozen=True, kw_only=True)
class RunOutput:
    """The places that the runner reads. Without a file for outputs or summary there is nobody who reads them."""

    log: TextIO
    output_file: Path | None = None
    summary_file: Path | None = None
    marker: str = field(default_factory=lambda: secrets.token_hex(16))

    def set_output(self, name: str, value: str) -> None:
        """Set an output. A random delimiter keeps a value from ending itself and setting another one."""
        delimiter = f"end-{secrets.token_hex(16)}"
        _append(self.output_file, f"{name}<<{delimiter}\n{value}\n{delimiter}\n")

    def write_summary(self, markdown: str) -> None:
        """Add to the job summary, cut to what GitHub takes."""
        data = markdown.encode(errors="backslashreplace")
        if len(data) > SUMMARY_LIMIT:
            beginning = data[: SUMMARY_LIMIT - 200].decode(errors="ignore")
            markdown = beginning + "\n\nThe rest is left out: GitHub takes 1 MiB of summary.\n"
        _append(self.summary_file, markdown)

    def print(self, text: str) -> None:
        """Print to the log. Commands are off meanwhile, so that no text from an event can be one."""
        self._print(f"::stop-commands::{self.marker}\n{text}\n::{self.marker}::")

    def annotate(self, annotation: Annotation) -> None:
        """Show a message on the run's page."""
        self._print(str(annotation))

    def mask(self, secret: str) -> None:
        """Have the runner hide a secret in the log."""
        self._print(f"::add-mask::{command_data(secret)}")

    def _print(self, text: str) -> None:
        print(text, file=self.log, flush=True)


def _append(path: Path | None, text: str) -> None:
    if path:
        with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
