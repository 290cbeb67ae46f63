"""Posts events in Falcosidekick's wire format over kept connections as fast as they are taken, or at a steady rate.

A process of its own: `python -m tests.bench.load ADDRESS …` prints one JSON object. At a steady rate a latency counts
from the moment at which the event was due, not from when a connection was free for it.
"""

import argparse
import asyncio
import json
import statistics
import time
from collections import Counter, deque
from collections.abc import Callable
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import uvloop

from tests import sidekick

_ID, _POD = b"00000000-0000-4000-8000-000000000000", b"pod-000000"


class Load:
    """Events to be sent, and what came of them."""

    def __init__(self, address: str, *, count: int, pods: int, first: int) -> None:
        falco = sidekick.falco_events()["E02"]
        fields = {**falco["output_fields"], "k8s.ns.name": "shop", "k8s.pod.name": _POD.decode()}
        event = {**falco, "output_fields": fields}
        self._template = sidekick.request(event, address=address, event_id=_ID.decode(), cluster="prod")
        self._numbers = iter(range(first, first + count))
        self._pods = pods
        self._remaining = count
        self.due: deque[float] = deque()
        self.idle: deque[Connection] = deque()  # taken in turn: the server closes what is idle for long
        self.answers: Counter[bytes] = Counter()
        self.latencies: list[float] = []
        self.end = asyncio.get_running_loop().create_future()

    def request(self) -> bytes | None:
        """Return the next request, or None after the last."""
        if (number := next(self._numbers, None)) is None:
            return None
        event_id = b"%08x-0000-4000-8000-000000000000" % number
        return self._template.replace(_ID, event_id).replace(_POD, b"pod-%06d" % (number % self._pods))

    def answered(self, answer: bytes, latency: float) -> None:
        """Count one answer; it is empty if the connection broke."""
        self.answers[answer] += 1
        self.latencies.append(latency)
        self._remaining -= 1
        if not self._remaining and not self.end.done():
            self.end.set_result(None)


class Connection(asyncio.Protocol):
    """Has one request under way at a time."""

    def __init__(self, load: Load, *, steady: bool) -> None:
        self._load = load
        self._steady = steady
        self._buffer = b""
        self._since = 0.0
        self._busy = False

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def send(self) -> None:
        """Send the next event, if there is one and it is due."""
        if self._steady and not self._load.due:
            self._load.idle.append(self)
            return
        if (request := self._load.request()) is None:
            return
        self._busy = True
        self._since = self._load.due.popleft() if self._steady else time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, separator, body = self._buffer.partition(b"\r\n\r\n")
        if not separator or len(body) < _length(head):
            return
        self._buffer = b""
        self._busy = False
        self._load.answered(head[9:12] + body, time.perf_counter() - self._since)
        self.send()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # the protocol's signature
        if self._busy:
            self._load.answered(b"", time.perf_counter() - self._since)


@lru_cache(maxsize=64)
def _length(head: bytes) -> int:
    _, _, tail = head.lower().partition(b"content-length: ")
    return int(tail.partition(b"\r\n")[0] or 0)


async def run(address: str, *, count: int, pods: int, first: int, connections: int, rate: float) -> dict[str, Any]:
    """Sends them all; figures as JSON has them, times in seconds."""
    loop, url = asyncio.get_running_loop(), urlsplit(address)
    load = Load(address, count=count, pods=pods, first=first)
    opened = []
    for _ in range(connections):
        factory: Callable[[], Connection] = lambda: Connection(load, steady=rate > 0)  # noqa: E731
        opened.append((await loop.create_connection(factory, url.hostname or "", url.port or 80))[1])
    started, cpu = time.perf_counter(), time.process_time()
    for connection in opened:
        connection.send()
    if rate:
        await _pace(load, count=count, rate=rate, started=started)
    await load.end
    seconds = time.perf_counter() - started
    statuses: Counter[str] = Counter()
    totals: Counter[str] = Counter()
    for answer, number in load.answers.items():
        statuses[answer[:3].decode() or "none"] += number
        if answer[3:]:
            totals.update({key: value * number for key, value in json.loads(answer[3:]).items() if key != "error"})
    percentiles = statistics.quantiles(load.latencies, n=100)
    return {
        "seconds": seconds,
        "cpu": time.process_time() - cpu,
        "statuses": statuses,
        "totals": totals,
        "p50": percentiles[49],
        "p99": percentiles[98],
    }


async def _pace(load: Load, *, count: int, rate: float, started: float) -> None:
    for number in range(count):
        due = started + number / rate
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        load.due.append(due)
        if load.idle:
            load.idle.popleft().send()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("address")
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--pods", type=int, default=1_000_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--rate", type=float, default=0.0)
    print(json.dumps(uvloop.run(run(**vars(parser.parse_args())))))
