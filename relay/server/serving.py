"""Configures uvicorn for the relay, and decides when the server has to end by itself."""

import logging
import resource

import uvicorn

from relay.server.app import create_app
from relay.server.limits import bounded_http
from relay.server.tls import ServerTls
from relay.server.watchdog import Watchdog
from relay.settings import Settings

# Together with the last dispatch and the outbox's last commit: within 10 s.
_GRACE_SECONDS = 3


# Besides connections: the outbox, GitHub, NATS, files that are read again.
_OTHER_FILES = 100

log = logging.getLogger("relay.serving")


class RelayServer(uvicorn.Server):
    """A server that ends if the outbox is damaged (`has_failed` is true then), or if its event loop stands still."""

    def __init__(self, settings: Settings) -> None:
        """Raise BadSettings if a file that the settings name is not usable."""
        tls = None
        if settings.tls_cert_file and settings.tls_key_file:
            tls = ServerTls(settings.tls_cert_file, settings.tls_key_file, settings.tls_client_ca_file)
        super().__init__(
            uvicorn.Config(
                create_app(settings, tls=tls, on_damage=self._fail),
                host=settings.host,
                port=settings.port,
                http=bounded_http(  # type: ignore[arg-type]  # called like the class
                    most=settings.max_connections, most_by_address=settings.max_connections_per_address
                ),
                ws="none",  # or a library that happens to be installed would take connections over
                loop="relay.server.loop:BoundedLoop",
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                date_header=False,
                proxy_headers=False,
                ssl_context_factory=(lambda *_: tls.context) if tls else None,
                timeout_graceful_shutdown=_GRACE_SECONDS,
            )
        )
        _raise_file_limit(settings.max_connections + _OTHER_FILES)
        self.has_failed = False
        self._watchdog = Watchdog()

    async def main_loop(self) -> None:
        self._watchdog.start()
        await super().main_loop()

    async def on_tick(self, counter: int) -> bool:
        self._watchdog.beat()
        return await super().on_tick(counter)

    def _fail(self) -> None:
        self.has_failed = True
        self.should_exit = True


def _raise_file_limit(count: int) -> None:
    """Allow the process so many open files, if the system lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = count if hard == resource.RLIM_INFINITY else min(count, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    if most < count:
        hint = "Raise the limit (ulimit -n), or lower RELAY_MAX_CONNECTIONS."
        log.warning("few open files allowed", extra={"detail": f"{most} instead of {count}", "hint": hint})
