"""Decides which connections may be open: a number in all, and a number for each address.

At a limit, a new connection takes the place of the oldest one that waits for its client: clients that send slowly
cannot keep others out. A connection whose request is being answered is never ended.
"""

from typing import Protocol


class Connection(Protocol):
    """One connection, as the server sees it."""

    @property
    def address(self) -> str:
        """Return the client's address, without the port."""

    @property
    def is_waiting(self) -> bool:
        """Return whether the client is the one who has to send something."""

    def evict(self) -> None:
        """End the connection."""


class Connections:
    """The open connections by address, each address with its oldest connection first."""

    def __init__(self, *, most: int, most_by_address: int) -> None:
        self._most = most
        self._most_by_address = most_by_address
        self._count = 0
        self._by_address: dict[str, dict[Connection, None]] = {}

    def admit(self, connection: Connection) -> bool:
        """Add a connection and return True, or return False if it would exceed a limit."""
        if len(self._by_address.get(connection.address, ())) >= self._most_by_address:
            crowded = connection.address
        elif self._count >= self._most:
            crowded = max(self._by_address, key=lambda address: len(self._by_address[address]))
        else:
            crowded = None
        if crowded is not None and not self._evict(crowded):
            return False
        self._by_address.setdefault(connection.address, {})[connection] = None
        self._count += 1
        return True

    def remove(self, connection: Connection) -> None:
        """Remove a connection, if it is still here."""
        connections = self._by_address.get(connection.address, {})
        if connection in connections:
            del connections[connection]
            self._count -= 1
            if not connections:
                del self._by_address[connection.address]

    def _evict(self, address: str) -> bool:
        """End the oldest connection of the address that waits for its client; return whether there was one."""
        for connection in self._by_address[address]:
            if connection.is_waiting:
                self.remove(connection)
                connection.evict()
                return True
        return False
