"""Formats log lines: JSON objects, or plain text for a terminal. No value can break a line."""

import json
import logging
import sys
from datetime import UTC, datetime

_STANDARD = {*logging.makeLogRecord({}).__dict__, "message", "asctime", "taskName", "color_message"}


class _Formatter(logging.Formatter):
    def _fields(self, record: logging.LogRecord) -> dict[str, object]:
        fields: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        fields |= {key: value for key, value in record.__dict__.items() if key not in _STANDARD and value is not None}
        if record.exc_info and record.exc_info[0] is not None:
            fields["exception"] = record.exc_info[0].__name__
            fields["where"] = _where(record.exc_info[2])
        return fields


class JsonLines(_Formatter):
    """For machines: keys that stay the same, ASCII only."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(self._fields(record), default=str)


class Plain(_Formatter):
    """For a person at a terminal; values are quoted as in JSON."""

    def format(self, record: logging.LogRecord) -> str:
        fields = self._fields(record)
        head = [str(fields.pop(key)) for key in ("time", "level", "event")]
        del fields["logger"]
        return " ".join([*head, *(f"{key}={json.dumps(value, default=str)}" for key, value in fields.items())])


def configure(log_format: str | None) -> None:
    """Log to standard error: in the given format, else plain on a terminal and JSON elsewhere."""
    plain = log_format == "plain" or (log_format is None and sys.stderr.isatty())
    handler = logging.StreamHandler()
    handler.setFormatter(Plain() if plain else JsonLines())
    handler.addFilter(_not_a_traceback)
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.getLogger("httpx").setLevel(logging.WARNING)


def _not_a_traceback(record: logging.LogRecord) -> bool:
    """Drop the traceback that uvicorn logs for a failed start; the relay has logged the reason already."""
    return not record.getMessage().startswith("Traceback")


def _where(traceback: object) -> list[str]:
    """Return files, lines and functions of a traceback, without the exception's text, which may quote an event."""
    frames = []
    while traceback is not None:
        code = traceback.tb_frame.f_code  # type: ignore[attr-defined]  # a TracebackType, which logging types loosely
        frames.append(f"{code.co_filename}:{traceback.tb_lineno} {code.co_name}")  # type: ignore[attr-defined]  # likewise
        traceback = traceback.tb_next  # type: ignore[attr-defined]  # likewise
    return frames
