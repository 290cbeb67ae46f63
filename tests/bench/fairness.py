"""How long the events of a quiet cluster take beside a flood from another one."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests import sidekick
from tests.bench.stand import Bench, Scale
from tests.bench.tables import markdown, seconds
from tests.relay import natsserver
from tests.relay.process import ROOT, TOKEN, Process

MOST_INTERVALS = 2
QUIET_TOKEN = "the-token-of-the-quiet-cluster"


def fairness(bench: Bench, scale: Scale) -> None:
    """Measure how long the events of a quiet cluster take while another cluster floods the relay."""
    print(f"### Two clusters: events of a quiet one beside a flood of {scale.flood} from the other\n")
    _fairness(bench, scale)


def stream_fairness(bench: Bench, scale: Scale) -> None:
    """Measure the same through NATS JetStream on one server."""
    print("### The same two clusters through NATS JetStream\n")
    try:
        natsserver.executable()
    except pytest.skip.Exception as reason:
        print(f"Not measured: {reason}.\n")
        return
    with tempfile.TemporaryDirectory() as folder, natsserver.server(Path(folder)) as node:
        _fairness(bench, scale, RELAY_OUTBOX=node.address)


def _fairness(bench: Bench, scale: Scale, **settings: str) -> None:
    interval = 1.0
    with tempfile.TemporaryDirectory() as folder:
        tokens = Path(folder) / "tokens.yaml"
        tokens.write_text(f"prod: {TOKEN}\nquiet: {QUIET_TOKEN}\n")
        with (
            bench.server(RELAY_TOKENS_FILE=str(tokens), **settings) as process,
            flooding(process, scale.flood) as flood,
        ):
            delays = [_quiet_delay(bench, process, number) for number in range(scale.quiet)]
            if flood.wait() != 0:
                raise RuntimeError("the flood has failed")
            delays += [_quiet_delay(bench, process, scale.quiet + number) for number in range(scale.quiet)]
            waiting = int(httpx.get(f"{process.url}/readyz").json()["waiting"])
    rows: list[list[object]] = [
        ["slowest of the quiet cluster's events, until GitHub has it", seconds(max(delays)), ""],
        ["in dispatch intervals", f"{max(delays) / interval:.2f}", f"at most {MOST_INTERVALS}"],
        ["events of the flood that still wait", waiting, ""],
    ]
    print(markdown(("", "measured", "goal"), rows))


@contextmanager
def flooding(process: Process, count: int) -> Iterator[subprocess.Popen[bytes]]:
    """Post events about as many pods at full speed, beside the block."""
    command = [sys.executable, "-m", "tests.bench.load", process.address, f"--count={count}", f"--pods={count}"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as flood:
        try:
            yield flood
        finally:
            flood.terminate()


def _quiet_delay(bench: Bench, process: Process, number: int) -> float:
    """Return the seconds from the answer to an event of the quiet cluster until its dispatch arrives."""
    name = f"quiet-{number}-{time.monotonic_ns()}"
    earlier = len(bench.hub.requests)
    falco = sidekick.falco_events()["E02"]
    event = {**falco, "output_fields": {**falco["output_fields"], "k8s.pod.name": name}}
    status, _ = sidekick.post(event, address=process.address.replace(TOKEN, QUIET_TOKEN), event_id=name)
    accepted = time.monotonic()
    if status != 202:
        raise RuntimeError(f"the event of the quiet cluster was answered {status}")
    while True:
        for index, request in enumerate(bench.hub.requests[earlier:], earlier):
            if name.encode() in request.body:
                return max(0.0, bench.wire.arrivals[index] - accepted)
        if time.monotonic() > accepted + 120:
            raise TimeoutError("GitHub has not heard of the quiet cluster's event")
        time.sleep(0.005)
