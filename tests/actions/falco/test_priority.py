"""Falco's priorities and their order."""

import pytest

from responder.falco.priority import Priority
from tests import sidekick

FALCO = sidekick.falco_events()
E02 = FALCO["E02"]


@pytest.mark.parametrize(
    ("word", "priority"),
    [
        *[pytest.param(priority.word, priority, id=priority.word) for priority in Priority],
        pytest.param("INFO", Priority.INFORMATIONAL, id="as Falco's rules write it"),
        pytest.param("cRITICAL", Priority.CRITICAL, id="any case"),
    ],
)
def test_priorities_are_read_as_falco_writes_them(word: str, priority: Priority) -> None:
    assert Priority.parse(word) is priority


def test_priorities_have_falcos_order() -> None:
    words = "Debug Informational Notice Warning Error Critical Alert Emergency"
    assert [priority.word for priority in sorted(Priority)] == words.split()
