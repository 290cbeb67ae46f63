"""What memory and processor the relay needs: the figures behind `resources` in deploy/.

Idle, under a steady rate, and in a storm; each in a relay of its own, with its settings as they are by default.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.bench.relay import PODS, load
from tests.bench.stand import Bench
from tests.bench.tables import markdown
from tests.localhub import Hub
from tests.relay.process import ROOT, Process
from tests.relay.wire import laid

MIB = 2**20
IDLE_SECONDS = 30
LOADS: dict[str, Callable[[Process], object]] = {
    f"idle for {IDLE_SECONDS} s": lambda _: time.sleep(IDLE_SECONDS),
    "10 events/s, each about another pod": lambda process: load(process, count=300, pods=300, rate=10),
    "500 events/s, each about another pod": lambda process: load(process, count=10_000, pods=10_000, rate=500),
    "100,000 events about 1,000 pods, at full speed": lambda process: load(process, count=100_000, pods=PODS),
    "90,000 events, each about another pod, at full speed": lambda process: load(process, count=90_000, pods=10**6),
}


def main() -> None:
    """Print the table."""
    rows = [[name, *measure(work)] for name, work in LOADS.items()]
    print(markdown(("load", "memory at the end", "memory at most", "processor"), rows))


def measure(work: Callable[[Process], object]) -> list[str]:
    """Return resident memory at the end and at most, and the share of one core that was in use."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        with (
            Hub.start(folder / "hub", action_source=ROOT) as hub,
            laid(hub.api_url) as wire,
            Bench(folder, hub, wire).server() as process,
        ):
            time.sleep(2)
            processor, start = process.cpu_seconds(), time.monotonic()
            work(process)
            share = (process.cpu_seconds() - processor) / (time.monotonic() - start)
            memory = [process.memory(field) / MIB for field in ("VmRSS", "VmHWM")]
    return [*(f"{value:.0f} MiB" for value in memory), f"{share * 1000:.0f}m"]


if __name__ == "__main__":
    main()
