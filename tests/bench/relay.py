"""What the relay bears: durable intake against a bare app on the same server, a storm, a flood from one of two
clusters, a steady rate, and quiet.

Every server is a process of its own, and so is the generator of the load. GitHub is the local one, over sockets.
`--quick` does the same with few events: to see that the benchmark works, not to measure.
"""

import argparse
import asyncio
import json
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import nats
import pytest

from relay.outbox.jetstream.streams import Names
from tests import sidekick
from tests.bench.fairness import fairness, stream_fairness
from tests.bench.stand import FULL, QUICK, Bench, Scale
from tests.bench.tables import markdown, seconds
from tests.localhub import Hub
from tests.relay import natsserver
from tests.relay.process import REPOSITORY, ROOT, Process
from tests.relay.wire import laid

GOALS = {"fraction": 0.40, "dispatches": 50, "peak": 128 * 2**20}
PODS = 1000
CONNECTIONS = 32


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    scale = QUICK if parser.parse_args().quick else FULL
    for section in (intake, storm, stream_storm, fairness, stream_fairness, calm):
        with tempfile.TemporaryDirectory() as temporary:  # a GitHub for each, for its rate limit remembers
            folder = Path(temporary)
            with Hub.start(folder / "hub", action_source=ROOT) as hub, laid(hub.api_url) as wire:
                section(Bench(folder, hub, wire), scale)


def intake(bench: Bench, scale: Scale) -> None:
    """Measure full speed at 32 connections; the three apps take turns."""
    apps = {
        "bare app": ("tests.bench.bare", 1),
        "relay, every event about another pod": ("relay", scale.intake),
        f"relay, events about {PODS} pods": ("relay", PODS),
    }
    figures: dict[str, list[dict[str, float]]] = {name: [] for name in apps}
    for _ in range(scale.rounds):
        for name, (module, pods) in apps.items():
            with bench.server(module) as process:
                start = process.cpu_seconds()
                sent = load(process, count=scale.intake, pods=pods)
                spent = process.cpu_seconds() - start
            figures[name].append(
                {"rate": scale.intake / sent["seconds"], "cpu": spent, "load": sent["cpu"] / sent["seconds"]}
            )
    middle = {
        name: {key: statistics.median(run[key] for run in runs) for key in runs[0]} for name, runs in figures.items()
    }
    floor = middle["bare app"]
    rows = [
        [
            name,
            f"{median['rate']:.0f}",
            f"{median['rate'] / floor['rate']:.2f}",
            f"{floor['cpu'] / median['cpu']:.2f}",
            f"{median['load']:.0%}",
        ]
        for name, median in middle.items()
    ]
    print(f"### Intake at {CONNECTIONS} connections, durable before each 202\n")
    print(f"Goal: {GOALS['fraction']:.2f} of the bare app.\n")
    print(markdown(("app", "events/s", "of the bare app", "by processor time", "load generator's core in use"), rows))


def storm(bench: Bench, scale: Scale) -> None:
    """Measure many events about a thousand pods at full speed, with default settings."""
    print(f"### A storm: {scale.storm} events about {PODS} pods at full speed\n")
    _storm(bench, scale, lambda process: waiting_counts(process.log.parent / "relay.db"))


def stream_storm(bench: Bench, scale: Scale) -> None:
    """Measure the same through NATS JetStream on one server."""
    print("### The same storm through NATS JetStream\n")
    try:
        natsserver.executable()
    except pytest.skip.Exception as reason:
        print(f"Not measured: {reason}.\n")
        return
    with tempfile.TemporaryDirectory() as folder, natsserver.server(Path(folder)) as node:
        _storm(bench, scale, lambda _: asyncio.run(stream_counts(node.address)), RELAY_OUTBOX=node.address)


def _storm(bench: Bench, scale: Scale, counts: Callable[[Process], int], **settings: str) -> None:
    with bench.server(**settings) as process:
        earlier, began = len(bench.hub.requests), time.monotonic()
        sent = load(process, count=scale.storm, pods=PODS)
        accepted = int(sent["totals"]["accepted"])
        while len(events := bench.heard(earlier)) < accepted:
            if time.monotonic() > began + 300:
                raise TimeoutError(f"GitHub heard of {len(events)} events of {accepted}")
            time.sleep(0.1)
        pods = {event["data"]["output_fields"]["k8s.pod.name"]: None for event in events}
        heard = bench.wire.arrivals[-1] - began
        peak = process.memory("VmHWM")
        time.sleep(1)  # what was told with the last dispatch is counted off after GitHub's answer
        pending = counts(process)
    delivered = sum(1 + event.get("coalesced", 0) for event in events)
    answered = int(sent["statuses"].get("202", 0))
    rows = [
        ["events sent", scale.storm, ""],
        ["answered 202", answered, ""],
        ["events lost", answered - delivered - pending, 0],
        ["pods that GitHub heard of", len(pods), PODS],
        ["dispatches", len(bench.hub.requests) - earlier, f"at most {GOALS['dispatches']}"],
        ["peak memory", f"{peak / 2**20:.0f} MiB", f"under {GOALS['peak'] // 2**20} MiB"],
        ["the storm took", seconds(sent["seconds"]), ""],
        [f"GitHub heard of all {PODS} pods after", seconds(heard), ""],
    ]
    print(markdown(("", "measured", "goal"), rows))


def calm(bench: Bench, scale: Scale) -> None:
    """Measure the delays without load."""
    starts = []
    for _ in range(scale.rounds):
        began = time.perf_counter()
        with bench.server():
            starts.append(time.perf_counter() - began)
    with bench.server() as process:
        time.sleep(2)
        idle = process.memory("VmRSS")
        quiet = statistics.median(from_accept_to_dispatch(bench, process, number) for number in range(scale.quiet))
        sent = load(process, count=scale.steady, pods=10**6, rate=500)
    rows = [
        ["acceptance at a steady 500 events/s, p50", seconds(sent["p50"])],
        ["acceptance at a steady 500 events/s, p99", seconds(sent["p99"])],
        ["from 202 to the dispatch's arrival, in quiet", seconds(quiet)],
        ["from the start of the process to ready", seconds(statistics.median(starts))],
        ["resident memory when idle", f"{idle / 2**20:.0f} MiB"],
    ]
    print("### In calm\n")
    print(markdown(("", "measured"), rows))


def from_accept_to_dispatch(bench: Bench, process: Process, number: int) -> float:
    """Return the seconds from the answer to one event until its dispatch arrives, after a quiet time."""
    time.sleep(1.2)
    earlier = len(bench.wire.arrivals)
    falco = sidekick.falco_events()["E02"]
    event = {**falco, "output_fields": {**falco["output_fields"], "k8s.pod.name": f"quiet-{number}"}}
    sidekick.post(event, address=process.address, event_id=f"quiet-{number}")
    accepted = time.monotonic()
    while len(bench.wire.arrivals) == earlier:
        time.sleep(0.0005)
    return bench.wire.arrivals[earlier] - accepted


def load(process: Process, *, count: int, pods: int, rate: int = 0) -> Mapping[str, Any]:
    """Run the load generator and return its figures. Raise RuntimeError if an event was not accepted."""
    command = [sys.executable, "-m", "tests.bench.load", process.address, f"--count={count}", f"--pods={pods}"]
    command += [f"--connections={CONNECTIONS}", f"--rate={rate}"]
    output = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
    sent: Mapping[str, Any] = json.loads(output)
    if sent["statuses"] != {"202": count}:
        raise RuntimeError(f"not all events were taken: {sent['statuses']}\n{process.log.read_text()[-2000:]}")
    return sent


def waiting_counts(path: Path) -> int:
    """Return how many folded events the outbox has counted that GitHub does not know of yet."""
    rows = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return int(rows.execute("SELECT coalesce(sum(coalesced), 0) FROM folded").fetchone()[0])
    finally:
        rows.close()


async def stream_counts(server: str) -> int:
    """Return the same for an outbox on NATS: one message for each."""
    connection = await nats.connect(server)
    try:
        info = await connection.jetstream().stream_info(Names.of(REPOSITORY).folded)
        return int(info.state.messages)
    finally:
        await connection.close()


if __name__ == "__main__":
    main()
