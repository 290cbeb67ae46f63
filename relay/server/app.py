"""Wires the parts of the relay into a Starlette application. It decides nothing else."""

import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import anyio
import httpx
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from relay.delivery import Delivery
from relay.errors import Refusal, RelayError, StorageDamaged
from relay.github.client import GitHub, http_client
from relay.github.dispatch import Dispatch, RepositoryDispatch, WorkflowDispatch
from relay.metrics import Metrics
from relay.outbox.protocol import Outbox
from relay.outbox.sqlite.outbox import SqliteOutbox
from relay.server import intake, probes, webhook
from relay.server.callers import Anyone, Callers, CallersFile
from relay.server.credential import credential_files, credential_of
from relay.server.intake import State
from relay.server.reload import WatchedFiles, watch
from relay.server.tls import ServerTls
from relay.settings import Settings

log = logging.getLogger("relay.app")

# For the current attempt when the relay is told to stop.
_GRACE_SECONDS = 4.0
_DAMAGE_HINT = "The disk or another program has damaged the file: see relay/README.md, When the disk fails."


def create_app(
    settings: Settings,
    *,
    tls: ServerTls | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
    now: Callable[[], float] = time.time,
    on_damage: Callable[[], None] = lambda: None,
) -> Starlette:
    """Return the application. Raise BadSettings if the tokens file is broken.

    `tls` is reloaded when its files change; `transport` replaces the network to GitHub; `now` returns seconds since
    the epoch. `on_damage` is called when the outbox can no longer be trusted: it should end the process.
    """
    callers, files = _callers(settings.tokens_file)
    if tls:
        files.append(WatchedFiles("tls", tls.paths, tls.reload))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[State]:
        dispatch = dispatch_of(settings)
        metrics = Metrics()
        with _startup_errors_logged():
            outbox = await _open_outbox(settings, callers, now, metrics, on_damage)
        try:
            async with http_client(settings.github_api_url, transport=transport) as client:
                credential = credential_of(settings, client, permissions=dispatch.permissions, now=now)
                github = GitHub(client, credential=credential, dispatch=dispatch, now=now)
                delivery = Delivery(
                    outbox,
                    github.send,
                    room=dispatch.room,
                    min_interval=settings.min_interval_seconds,
                    metrics=metrics,
                )

                def load_credential() -> None:
                    credential.reload()
                    delivery.restart()

                with _startup_errors_logged():
                    watched = [*files, *credential_files(settings, load_credential)]
                async with anyio.create_task_group() as tasks, watch(watched, metrics):
                    tasks.start_soon(delivery.run)
                    yield State(
                        settings=settings,
                        callers=callers,
                        dispatch=dispatch,
                        outbox=outbox,
                        delivery=delivery,
                        metrics=metrics,
                    )
                    delivery.stop()
                    tasks.cancel_scope.deadline = anyio.current_time() + _GRACE_SECONDS
        finally:
            await outbox.close()

    app = Starlette(
        routes=[
            Route("/", intake.receive, methods=["POST"]),
            Route("/", webhook.consent, methods=["OPTIONS"]),
            Route("/healthz", probes.healthz),
            Route("/readyz", probes.readyz),
            Route("/metrics", probes.metrics),
        ],
        exception_handlers={Refusal: _refused, HTTPException: _http_error},  # type: ignore[dict-item]  # Starlette types handlers for the widest exception
        lifespan=lifespan,
    )
    app.router.redirect_slashes = (
        False  # a redirected POST would become a GET without the event, and Falcosidekick would count it as sent
    )
    return app


def _callers(tokens_file: Path | None) -> tuple[Callers, list[WatchedFiles]]:
    """Return the permitted callers, and the file that names them, to be watched."""
    if tokens_file is None:
        return Anyone(), []
    callers = CallersFile(tokens_file)
    return callers, [WatchedFiles("tokens", [tokens_file], callers.reload)]


def dispatch_of(settings: Settings) -> Dispatch:
    """Return the kind of dispatch that the settings name."""
    if settings.dispatch == "workflow_dispatch":
        return WorkflowDispatch(settings.repository, settings.workflow, settings.ref)
    return RepositoryDispatch(settings.repository)


async def _open_outbox(
    settings: Settings,
    callers: Callers,
    now: Callable[[], float],
    metrics: Metrics,
    on_damage: Callable[[], None],
) -> Outbox:
    def report(damage: StorageDamaged) -> None:
        log.critical("ends", extra={"detail": damage.detail, "hint": _DAMAGE_HINT})
        on_damage()

    if settings.outbox.startswith("sqlite:"):
        return SqliteOutbox(
            Path(settings.outbox.removeprefix("sqlite:")),
            coalesce_seconds=settings.coalesce_seconds,
            max_backlog=settings.max_backlog,
            callers=lambda: callers.count,
            now=now,
            observe_commit=metrics.commit_seconds.observe,
            on_damage=report,
        )
    # nats-py is an optional dependency; Settings has checked that it is installed.
    from relay.outbox.jetstream.outbox import JetStreamOutbox

    return await JetStreamOutbox.open(
        settings.outbox,
        repository=settings.repository,
        coalesce_seconds=settings.coalesce_seconds,
        max_backlog=settings.max_backlog,
        callers=lambda: callers.count,
        now=now,
        observe_commit=metrics.commit_seconds.observe,
    )


@contextmanager
def _startup_errors_logged() -> Iterator[None]:
    """Log in one line why the relay cannot start; the server itself would only print a traceback."""
    try:
        yield
    except RelayError as error:
        log.critical("refuses to start", extra={"detail": str(error)})
        raise


async def _refused(request: Request[State], refusal: Refusal) -> Response:
    request.state["metrics"].count_refusal(refusal.status)
    log.warning("refused", extra={"status": refusal.status, "error": refusal.error, "detail": refusal.detail})
    content = {"error": refusal.error, "detail": refusal.detail}
    return JSONResponse(content, status_code=refusal.status, headers=refusal.headers)


async def _http_error(request: Request, error: HTTPException) -> Response:
    content = {"error": error.detail.lower(), "detail": f"{request.method} {request.url.path} is not served here"}
    return JSONResponse(content, status_code=error.status_code, headers=error.headers)
