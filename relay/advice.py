"""Decides which settings are valid and yet probably not what the operator wants. It does no input or output."""

import difflib
import re
from collections.abc import Mapping
from dataclasses import fields
from ipaddress import ip_address
from urllib.parse import urlsplit

from relay.settings import Settings

VARIABLES = frozenset(f"RELAY_{field.name.upper()}" for field in fields(Settings))
# Kubernetes writes these for each Service whose name begins with `relay`.
# https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
_OF_KUBERNETES = re.compile(
    r"RELAY_(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT|PORT_\d+_(TCP|UDP|SCTP)(_(ADDR|PORT|PROTO))?)"
)
# GitHub itself, and GitHub Enterprise Cloud with data residency: https://docs.github.com/en/rest/using-the-rest-api
_GITHUB = re.compile(r"api\.github\.com|api\.[^.]+\.ghe\.com")


def advice(environ: Mapping[str, str], settings: Settings) -> list[str]:
    """Return what an operator should look at: names of variables, never values of unknown ones."""
    return [*_unknown_variables(environ), *_address(settings), *_api(settings)]


def _unknown_variables(environ: Mapping[str, str]) -> list[str]:
    messages = []
    for name in sorted(environ):
        if name.startswith("RELAY_") and name not in VARIABLES and not _OF_KUBERNETES.fullmatch(name):
            likely = _likely(name.removeprefix("RELAY_"))
            hint = f"RELAY_{likely}, perhaps?" if likely else "relay/README.md lists the settings"
            messages.append(f"{name} is no setting and is ignored: {hint}")
    return messages


def _likely(name: str) -> str | None:
    """Return the setting that a name begins, else the one most like it; names are without RELAY_."""
    names = sorted(variable.removeprefix("RELAY_") for variable in VARIABLES)
    return next((setting for setting in names if name and setting.startswith(name)), None) or next(
        iter(difflib.get_close_matches(name, names, n=1)), None
    )


def _address(settings: Settings) -> list[str]:
    if not is_loopback(settings.host):
        return []
    return [
        f"the relay listens on {settings.host} alone, where only programs of this machine or pod reach it: set "
        "RELAY_HOST=0.0.0.0, unless a proxy beside it takes the events"
    ]


def _api(settings: Settings) -> list[str]:
    url = urlsplit(settings.github_api_url)
    host = url.hostname or ""
    if _GITHUB.fullmatch(host) or is_loopback(host) or url.path.rstrip("/").endswith("/api/v3"):
        return []
    return [f"RELAY_GITHUB_API_URL has no /api/v3: for GitHub Enterprise Server it is https://{host}/api/v3"]


def is_loopback(host: str) -> bool:
    """Return whether an address is that of this machine alone."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
