"""Takes from the lines of a log what the container runtime and kubectl add to them. It reads no events."""

import re
from collections.abc import Iterator

from ..errors import BadEvent
from .json_text import decode

# `kubectl logs --prefix`, then `kubectl logs --timestamps` or the files of a container runtime. P is a part of a line.
# https://github.com/kubernetes/design-proposals-archive/blob/main/node/kubelet-cri-logging.md
_PREFIX = re.compile(
    r"(?:\[pod/[^\]\s]+\][ \t]+)?"
    r"(?:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d) (?:(?:stdout|stderr) (?P<tag>[FP])\S* )?)?",
    re.ASCII,
)
# Falco and Falcosidekick, as they start: `Thu Jun 13 19:35:58 2024: Falco version …`, `2024/06/13 19:35:58 [INFO] : …`
_STARTUP = re.compile(
    r"(?:[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}: |\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d\S* )[^{]*"
    r"|\s*\S+ \| schema validation: \w+",
    re.ASCII,
)
# https://docs.docker.com/engine/logging/drivers/json-file/
_DOCKER_KEYS = {"log", "stream", "time"}


def log_lines(text: str) -> Iterator[str]:
    """Yield the lines that the program in the container has written; parts of a long line are joined."""
    start = ""
    for line in text.split("\n"):
        prefix = _PREFIX.match(line)
        content = line[prefix.end() :] if prefix else line
        is_part = prefix is not None and prefix["tag"] == "P"
        if (log := _docker_log(content)) is not None:
            content, is_part = log.removesuffix("\n"), not log.endswith("\n")
        start += content.removesuffix("\r")
        if not is_part:
            yield start
            start = ""
    if start:
        yield start


def unwrap(document: object) -> str | None:
    """Return the text in a line of Docker's json-file log, or None if the document is something else."""
    if isinstance(document, dict) and {"log"} <= document.keys() <= _DOCKER_KEYS and isinstance(document["log"], str):
        return document["log"]
    return None


def is_startup_line(line: str) -> bool:
    """Return whether Falco or Falcosidekick reports its own start on this line."""
    return _STARTUP.fullmatch(line) is not None


def _docker_log(line: str) -> str | None:
    if not line.startswith('{"log":'):
        return None
    try:
        return unwrap(decode(line))
    except BadEvent:
        return None
