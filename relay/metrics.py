"""Keeps the metrics that Prometheus reads. No label takes a value that comes from an event.

The intake's counters are plain numbers, because it counts thousands of events a second. They are read on demand.
This module decides names and labels; it does not decide when something is counted.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from prometheus_client import CollectorRegistry, Histogram
from prometheus_client import Counter as PrometheusCounter
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from relay.github.outcome import Answer, Cause, Delivered, Rejected, Retry
from relay.outbox.protocol import Backlog, Receipt

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
_COMMIT_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
_DISPATCH_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics(Collector):
    """The metrics of one relay, in their own registry."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)
        self.commit_seconds = Histogram(
            "relay_commit_seconds",
            "Time that a group of events took to become durable",
            buckets=_COMMIT_BUCKETS,
            registry=self._registry,
        )
        self._dispatch_seconds = Histogram(
            "relay_dispatch_seconds",
            "Time that GitHub took to answer",
            buckets=_DISPATCH_BUCKETS,
            registry=self._registry,
        )
        self._attempts = PrometheusCounter(
            "relay_dispatch_attempts",
            "Dispatches sent, by outcome",
            ["outcome"],
            registry=self._registry,
        )
        for outcome in (Delivered, Retry, Rejected):
            self._attempts.labels(outcome.__name__.lower())
        self._accepted = 0
        self._coalesced = 0
        self._ignored: Counter[str] = Counter()
        self._refused: Counter[int] = Counter()
        self._dispatched = 0
        self._dead = 0
        self._trouble: Cause | None = None
        self._reloads: dict[str, bool] = {}
        self._backlog: Backlog | None = None
        self._now = 0.0

    def count_events(self, receipt: Receipt, ignored: Sequence[str]) -> None:
        """Count the events of one request; `ignored` holds a reason for each event that asks for no response."""
        self._accepted += receipt.accepted
        self._coalesced += receipt.coalesced
        if ignored:
            self._ignored.update(ignored)

    def count_refusal(self, status: int) -> None:
        """Count one request that was answered with an error."""
        self._refused[status] += 1

    def count_attempt(self, answer: Answer, *, events: int, seconds: float) -> None:
        """Count one dispatch and its outcome."""
        self._dispatch_seconds.observe(seconds)
        self._attempts.labels(type(answer).__name__.lower()).inc()
        self._trouble = answer.cause if isinstance(answer, Retry) else None
        if isinstance(answer, Delivered):
            self._dispatched += events

    def count_burial(self) -> None:
        """Count one event that GitHub has rejected for good."""
        self._dead += 1

    def record_trouble(self, cause: Cause) -> None:
        """Record why GitHub accepts no events, if that is more than the answer to one dispatch."""
        self._trouble = cause

    def record_reload(self, file: str, *, successful: bool) -> None:
        """Record whether a changed settings file could be read; `file` is its name in the relay."""
        self._reloads[file] = successful

    def exposition(self, backlog: Backlog | None, *, now: float) -> bytes:
        """Return all metrics in Prometheus' text format; `backlog` is None while the storage fails."""
        self._backlog, self._now = backlog, now
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics that prometheus_client does not store itself."""
        received = self._accepted + self._coalesced + self._ignored.total()
        for name, help_, value in (
            ("received", "Events of all requests that were answered with 202", received),
            ("accepted", "Events that were new", self._accepted),
            ("coalesced", "Events folded into another one, repeats among them", self._coalesced),
            ("dispatched", "Events that GitHub has accepted", self._dispatched),
            ("dead", "Events that GitHub has rejected for good", self._dead),
        ):
            yield CounterMetricFamily(f"relay_events_{name}", help_, value=value)
        ignored = CounterMetricFamily("relay_events_ignored", "Events that ask for no response", labels=["reason"])
        for reason in ("test", "internal", "priority"):
            ignored.add_metric([reason], self._ignored[reason])
        yield ignored
        refused = CounterMetricFamily("relay_requests_refused", "Requests answered with an error", labels=["status"])
        for status, count in sorted(self._refused.items()):
            refused.add_metric([str(status)], count)
        yield refused
        trouble = GaugeMetricFamily("relay_delivery_trouble", "1 while GitHub does not accept events", labels=["cause"])
        for cause in Cause:
            trouble.add_metric([cause.value], cause is self._trouble)
        yield trouble
        reloads = GaugeMetricFamily(
            "relay_config_last_reload_successful", "0 while a changed file is broken", labels=["file"]
        )
        for file, successful in self._reloads.items():
            reloads.add_metric([file], successful)
        yield reloads
        yield from self._gauges()

    def _gauges(self) -> Iterator[Metric]:
        if self._backlog is None:
            return
        oldest = self._backlog.oldest
        age = 0.0 if oldest is None else max(0.0, self._now - oldest)
        yield GaugeMetricFamily("relay_backlog_events", "Events that wait for GitHub", value=self._backlog.waiting)
        yield GaugeMetricFamily("relay_backlog_oldest_seconds", "Age of the event that waits the longest", value=age)
        yield GaugeMetricFamily("relay_dead_letters", "Dead letters that are stored", value=self._backlog.dead)
