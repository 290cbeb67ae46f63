"""Configures uvicorn for the relay, and decides when the server has to end by itself."""

import uvicorn

from relay.server.app import create_app
from relay.server.limits import BoundedHttp
from relay.server.tls import ServerTls
from relay.server.watchdog import Watchdog
from relay.settings import Settings

# Together with the last dispatch and the outbox's last commit: within 10 s.
_GRACE_SECONDS = 3


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
                http=BoundedHttp,
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
