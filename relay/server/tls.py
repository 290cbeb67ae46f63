"""Builds the TLS settings of the server: its certificate, and the client certificates that it requires.

Changed files apply to new connections; open connections keep their settings.
"""

import ssl
from pathlib import Path

from relay.errors import BadSettings


class ServerTls:
    """TLS from files; `context` is for the listening server."""

    def __init__(self, cert_file: Path, key_file: Path, client_ca_file: Path | None) -> None:
        self.paths = [path for path in (cert_file, key_file, client_ca_file) if path]
        self._files = (cert_file, key_file, client_ca_file)
        self._current = self.context = _context(*self._files)
        self.context.sni_callback = self._begin

    def reload(self) -> None:
        """Read the files again. Raise BadSettings, and keep the former settings, if they are not valid."""
        self._current = _context(*self._files)

    def _begin(self, connection: ssl.SSLObject, _name: str | None, _listening: ssl.SSLContext) -> None:
        """Switch a handshake to the current settings. OpenSSL calls this for each handshake, with or without a name."""
        connection.context = self._current


def problems(cert_file: Path, key_file: Path, client_ca_file: Path | None) -> list[str]:
    """Return the problems that prevent the use of these files."""
    try:
        _context(cert_file, key_file, client_ca_file)
    except BadSettings as error:
        return list(error.problems)
    return []


def _context(cert_file: Path, key_file: Path, client_ca_file: Path | None) -> ssl.SSLContext:
    files = {"CERT": cert_file, "KEY": key_file, "CLIENT_CA": client_ca_file}
    if unreadable := [problem for name, path in files.items() if path and (problem := _unreadable(name, path))]:
        raise BadSettings(unreadable)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(cert_file, key_file, password="")  # otherwise OpenSSL would ask for it at the terminal
    except ssl.SSLError as error:
        message = f"are not a certificate and its key in PEM without a password ({error.reason})"
        raise BadSettings([f"RELAY_TLS_CERT_FILE and RELAY_TLS_KEY_FILE {message}"]) from None
    if client_ca_file:
        try:
            context.load_verify_locations(client_ca_file)
        except ssl.SSLError as error:
            raise BadSettings([f"RELAY_TLS_CLIENT_CA_FILE has no certificate in PEM ({error.reason})"]) from None
        context.verify_mode = ssl.CERT_REQUIRED
        # A resumed session would not show its certificate again. In TLS 1.2 resumption cannot be prevented.
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.num_tickets = 0
    return context


def _unreadable(name: str, path: Path) -> str | None:
    try:
        path.open("rb").close()
    except OSError as error:
        return f"RELAY_TLS_{name}_FILE names a file that cannot be read: {error.strerror}"
    return None
