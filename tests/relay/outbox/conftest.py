"""The outboxes that the same promises are held against."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path

import pytest

from relay.outbox.protocol import Outbox
from tests.relay import letters

Opened = Callable[..., AbstractAsyncContextManager[Outbox]]


@pytest.fixture(params=["sqlite", "jetstream"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Opened:
    """Opens the same outbox each time it is called."""
    if request.param == "sqlite":
        return partial(letters.opened, tmp_path / "relay.db")
    node = request.getfixturevalue("nats")
    return partial(letters.opened_on_nats, node.address, repository=f"acme/{tmp_path.name}")
