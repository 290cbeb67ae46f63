"""What the relay shows of itself to those who connect, and which certificates it asks of them.

Renewed files hold for each connection that begins after them; those that are open stay.
"""

import ssl
from pathlib import Path

from relay.errors import BadSettings


class ServerTls:
    """TLS as the files say it; `context` is what a server listens with."""

    def __init__(self, cert_file: Path, key_file: Path, client_ca_file: Path | None) -> None:
        self.paths = [path for path in (cert_file, key_file, client_ca_file) if path]
        self._files = (cert_file, key_file, client_ca_file)
        self._current = self.context = _context(*self._files)
        self.context.sni_callback = self._begin

    def reload(self) -> None:
        """Takes the files as they are now; raises BadSettings, and keeps what was, if they make no TLS."""
        self._current = _context(*self._files)

    def _begin(self, connection: ssl.SSLObject, _name: str | None, _listening: ssl.SSLContext) -> None:
        """Called for each handshake, with or without a name: the way to change what a listening socket shows."""
        connection.context = self._current


def problems(cert_file: Path, key_file: Path, client_ca_file: Path | None) -> list[str]:
    """What keeps these files from being used."""
    try:
        _context(cert_file, key_file, client_ca_file)
    except BadSettings as error:
        return list(error.problems)
    return []


def _context(cert_file: Path, key_file: Path, client_ca_file: Path | None) -> ssl.SSLContext:
    named = {"CERT": cert_file, "KEY": key_file, "CLIENT_CA": client_ca_file}
    if unreadable := [said for name, path in named.items() if path and (said := _unreadable(name, path))]:
        raise BadSettings(unreadable)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(cert_file, key_file, password="")  # else OpenSSL asks for it at the terminal
    except ssl.SSLError as error:
        said = f"are no certificate and its key, in PEM and without a password ({error.reason})"
        raise BadSettings([f"RELAY_TLS_CERT_FILE and RELAY_TLS_KEY_FILE {said}"]) from None
    if client_ca_file:
        try:
            context.load_verify_locations(client_ca_file)
        except ssl.SSLError as error:
            raise BadSettings([f"RELAY_TLS_CLIENT_CA_FILE has no certificate in PEM ({error.reason})"]) from None
        context.verify_mode = ssl.CERT_REQUIRED
        # A resumed session shows no certificate again, and would outlive its issuer; TLS 1.2 cannot be kept from it.
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.num_tickets = 0
    return context


def _unreadable(name: str, path: Path) -> str | None:
    try:
        path.open("rb").close()
    except OSError as error:
        return f"RELAY_TLS_{name}_FILE names a file that cannot be read: {error.strerror}"
    return None
