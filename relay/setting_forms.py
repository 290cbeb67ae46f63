"""The forms of single settings: each function converts a text, and raises ValueError with what the text must be."""

import re
from collections.abc import Callable
from importlib.util import find_spec
from urllib.parse import urlsplit

from relay.falco import PRIORITIES
from relay.github.app_token import check_key


def token(text: str) -> str:
    if not (text.isascii() and text.isprintable() and " " not in text):
        raise ValueError("has characters that no token has; a line break or a space, perhaps")
    return text


def private_key(text: str) -> str:
    check_key(text)
    return text


def app_id(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9.]{1,60}", text):
        raise ValueError("must be the App's client ID or its number")
    return text


def identity(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,100}", text):
        raise ValueError("must be the name of a trust policy, without .sts.yaml")
    return text


def one_of(*allowed: str) -> Callable[[str], str]:
    def convert(text: str) -> str:
        if text not in allowed:
            raise ValueError(f"must be one of {', '.join(allowed)}")
        return text

    return convert


def repository(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+", text):
        raise ValueError("must be owner/name, as in the address of the repository")
    return text


def workflow(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_.-]+\.ya?ml", text):
        raise ValueError("must be the name of a file in .github/workflows, like respond.yml")
    return text


def url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or parts.query:
        raise ValueError("must be an http or https address without user and query")
    return text.rstrip("/")


def flag(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError("must be true or false")
    return text.lower() == "true"


def port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise ValueError(
            "must be a port from 0 to 65535 (a Kubernetes service that is named relay sets this variable to an "
            "address: set enableServiceLinks: false in the pod)"
        )
    return int(text)


def outbox(text: str) -> str:
    if re.fullmatch(r"(nats|tls)://[^,\s]+(,(nats|tls)://[^,\s]+)*", text):
        if find_spec("nats") is None:
            raise ValueError("asks for NATS, for which nats-py is missing: pip install 'falco-dispatch[nats]'")
        return text
    if not re.fullmatch(r"sqlite:.+", text):
        raise ValueError(
            "must be sqlite: and a path, like sqlite:/var/lib/relay/relay.db, or servers of NATS, like "
            "nats://one:4222,nats://two:4222"
        )
    return text


def seconds(text: str) -> float:
    if not re.fullmatch(r"\d{1,6}(\.\d{1,6})?", text, re.ASCII):
        raise ValueError("must be a number of seconds, 0 or more")
    return float(text)


def count(text: str) -> int:
    if not re.fullmatch(r"[1-9]\d{0,8}", text, re.ASCII):
        raise ValueError("must be a whole number, 1 or more")
    return int(text)


def priority(text: str) -> str:
    for priority in PRIORITIES:
        if text.lower() == priority.lower():
            return priority
    raise ValueError(f"must be one of {', '.join(PRIORITIES)}")
