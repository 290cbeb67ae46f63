"""Rules, and an event to try them on."""

from collections.abc import Mapping
from typing import Any

import pytest

from responder.falco import cloudevent
from responder.falco.event import Event
from responder.rules import matching, parser
from responder.rules.model import Rules
from tests import sidekick

SHELL: dict[str, Any] = {
    "rule": "Terminal shell in container",
    "priority": "Warning",
    "source": "syscall",
    "tags": ["T1059", "container", "shell"],
    "output": "12:33:25.478445995: Warning A shell was spawned",
    "output_fields": {
        "container.id": "788861c3cf83",
        "container.image.repository": "docker.io/library/alpine",
        "container.image.tag": "1.10",
        "evt.arg.flags": "<NA>",
        "evt.time": 1764160405478445995,
        "falco.evts_rate_sec": 1846.5,
        "fd.name": "/etc/shadow\n",
        "k8s.ns.name": "shop",
        "k8s.pod.name": "web-0",
        "ka.req.pod.containers.image": ["nginx:1.27", "busybox"],
        "ka.uri.param[command]": "cat",
        "proc.cmdline": "sh -c curl --proto=https,http x=1 | tee [out] *",
        "proc.exepath": "C:\\sh",
        "proc.name": "sh",
        "proc.pname": None,
        "proc.sid": "",
        "proc.tty": 34816,
        "thread.ismain": True,
        "templated": "true",
        "templated.number": "34816",
        "user.loginuid": -1,
        "user.name": "no",
        "user.uid": 0,
        "user.home": "$HOME/${USER}",
    },
}


def parse(falco: Mapping[str, Any] = SHELL, **extensions: str) -> Event:
    return cloudevent.parse(sidekick.cloudevent({"time": "2025-11-26T12:33:25Z", **falco}, event_id="1", **extensions))


def rule(name: str, criteria: str, more: str = "") -> str:
    return f"- {{name: {name}, match: {criteria}, respond: [stop]{more}}}\n"


def load(*written: str, more: str = "") -> Rules:
    return parser.parse(f"version: 1\n{more}\nrules:\n{''.join(written)}".encode(), name="rules.yaml")


def matches(criteria: str, event: Event) -> bool:
    return bool(matching.match(event, load(rule("a", criteria)).rules[0]))


PROD = parse(cluster="prod")


def row(criteria: str, expected: bool) -> Any:
    return pytest.param(criteria, expected, id=f"{criteria} {'is' if expected else 'is not'}")
