"""A finding of `check`: one line of the report, and how serious it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum


class Grade(IntEnum):
    """How serious a finding is. The worst grade is the exit code."""

    OK = 0
    WARN = 1
    FAIL = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report: the subject, and what a person should know or do."""

    grade: Grade
    subject: str
    message: str

    def __str__(self) -> str:
        return f"{self.grade.name.lower():5} {self.subject:11} {self.message}"


def exit_code(findings: Sequence[Finding]) -> int:
    """Return 0 if all is well, 1 with a warning, 2 if the relay would not work."""
    return max(finding.grade for finding in findings)
