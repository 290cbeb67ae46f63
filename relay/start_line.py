"""Says in one line of the log what has started: the version, and the settings that decide how the relay works."""

import re

from relay.check import topology_name
from relay.settings import Settings
from relay.version import version


def start_line(settings: Settings) -> dict[str, str]:
    """Return the fields of the line. None of them is a secret."""
    return {
        "version": version(),
        "repository": settings.repository,
        "mode": settings.dispatch,
        "topology": topology_name(settings),
        "outbox": re.sub(r"//[^,]*@", "//", settings.outbox),  # without user and password
        "address": f"{settings.host}:{settings.port}",
        "tls": "mutual" if settings.tls_client_ca_file else "on" if settings.tls_cert_file else "off",
    }
