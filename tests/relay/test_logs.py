"""Log lines that nothing can break, and that tell no secret."""

import json
import logging
from collections.abc import Mapping

import pytest

from relay.logs import JsonLines, Plain

NASTY = "a\nb\r::error::\u2028\x1b[31m\u0085é"


def record(message: str, extra: Mapping[str, object]) -> logging.LogRecord:
    return logging.getLogger("relay.test").makeRecord(
        "relay.test", logging.WARNING, "file", 1, message, (), None, extra=extra
    )


def test_a_json_line_has_its_keys_and_is_one_line_of_ascii() -> None:
    line = JsonLines().format(record("refused", {"status": 400, "detail": NASTY, "cluster": None}))
    assert line.isascii()
    assert line.isprintable()
    fields = json.loads(line)
    assert fields.pop("time").endswith("+00:00")
    assert fields == {
        "level": "warning",
        "logger": "relay.test",
        "event": "refused",
        "status": 400,
        "detail": NASTY,
    }


def test_a_plain_line_is_one_line_too() -> None:
    line = Plain().format(record("refused", {"detail": NASTY}))
    assert line.isprintable()
    assert " warning refused detail=" in line


@pytest.mark.parametrize("formatter", [JsonLines(), Plain()])
def test_an_exception_is_placed_but_not_quoted(formatter: logging.Formatter) -> None:
    try:
        raise ValueError("the token is s3cret")
    except ValueError as error:
        fields = record("failed", {})
        fields.exc_info = (type(error), error, error.__traceback__)
    line = formatter.format(fields)
    assert "s3cret" not in line
    assert "ValueError" in line
    assert "test_logs.py" in line
