"""When a token is minted, kept, renewed and given up."""

import logging
from collections.abc import Callable

import anyio
import anyio.lowlevel
import pytest

from relay.errors import NoToken
from relay.github.credentials import MintedToken, RenewedToken, StaticToken

pytestmark = pytest.mark.anyio


class Mint:
    """Mints tokens of an hour, one after the other, or fails as told."""

    def __init__(self) -> None:
        self.count = 0
        self.failure: Exception | None = None

    async def __call__(self) -> MintedToken:
        await anyio.lowlevel.checkpoint()
        if self.failure:
            raise self.failure
        self.count += 1
        return MintedToken(token=f"token-{self.count}", seconds=3600.0)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def mint() -> Mint:
    return Mint()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def renewed(mint: Mint, clock: Clock) -> RenewedToken:
    return RenewedToken(mint, clock=clock)


async def test_a_token_serves_until_shortly_before_its_end(renewed: RenewedToken, clock: Clock) -> None:
    assert await renewed.token() == "token-1"
    clock.now += 2999
    assert await renewed.token() == "token-1"
    clock.now += 2
    assert await renewed.token() == "token-2"


async def test_many_that_ask_at_once_get_one_token(renewed: RenewedToken, mint: Mint) -> None:
    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(renewed.token)
    assert mint.count == 1


async def test_the_old_token_serves_while_no_new_one_comes_and_it_is_good(
    renewed: RenewedToken, mint: Mint, clock: Clock
) -> None:
    await renewed.token()
    clock.now += 3100
    mint.failure = NoToken("the service is down")
    assert await renewed.token() == "token-1"
    clock.now += 300
    assert await renewed.token() == "token-1"
    clock.now += 150  # within the last minute
    with pytest.raises(NoToken, match="the service is down"):
        await renewed.token()


async def test_a_failing_service_is_not_asked_at_every_dispatch(
    renewed: RenewedToken, mint: Mint, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    await renewed.token()
    clock.now += 3100
    mint.failure = NoToken("the service is down")
    with caplog.at_level(logging.WARNING):
        for _ in range(10):
            await renewed.token()
    assert len(caplog.records) == 1


async def test_a_refused_token_is_minted_anew_but_not_for_an_older_refusal(renewed: RenewedToken) -> None:
    first = await renewed.token()
    assert renewed.invalidate(first)
    second = await renewed.token()
    assert second != first
    assert renewed.invalidate(first)
    assert await renewed.token() == second


async def test_a_service_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    monkeypatch.setattr("relay.github.credentials._MINT_SECONDS", 0.01)

    async def hang() -> MintedToken:
        await anyio.sleep_forever()
        raise AssertionError

    with pytest.raises(NoToken, match="no token within"):
        await RenewedToken(hang, clock=clock).token()


async def test_a_static_token_is_what_it_is() -> None:
    assert await StaticToken("a").token() == "a"
    assert not StaticToken("a").invalidate("a")


@pytest.mark.parametrize("token", ["", "a b", "a\nb", "é"])
def test_what_cannot_be_sent_is_no_token_and_is_not_quoted(token: str) -> None:
    with pytest.raises(NoToken) as caught:
        MintedToken(token=token, seconds=1)
    assert not token or token not in str(caught.value)


@pytest.mark.parametrize("make", [lambda: StaticToken("hush"), lambda: MintedToken(token="hush", seconds=1)])
def test_no_token_is_in_a_repr(make: Callable[[], object]) -> None:
    assert "hush" not in repr(make())
