"""What has become of responses, from entries in memory: later responses, undos, and who changed the files between."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath

from responder.plan.containment import Change, Containment, Entry, Fate, Ledger
from responder.plan.trailers import RecordedResponse, RecordedUndo
from responder.plan.undo import Read, Snapshot
from responder.plan.undo_record import PreviousValue

FILE = PurePosixPath("web.yaml")
START = datetime(2026, 1, 1, tzinfo=UTC)


class History:
    """A branch with one file that has a number in it: each commit sets it, as a response, an undo, or by hand."""

    def __init__(self) -> None:
        self.values = [2]
        self.entries: list[Entry] = []
        self.looked_for: list[tuple[str, str]] = []

    def respond(self, value: int) -> str:
        """Have the action set the value, and return the commit."""
        record = PreviousValue(file=FILE, document=0, path=("replicas",), previous=self.values[-1])
        response = RecordedResponse(
            rule="r",
            event_id=f"event-{len(self.values)}",
            event_source="s",
            response="scale Deployment shop/web",
            records=(record,),
        )
        return self._add(value, responses=(response,))

    def restore(self, sha: str, value: int) -> str:
        """Have the action take a commit's response back, and return the commit."""
        (entry,) = [entry for entry in self.entries if entry.snapshot.sha == sha]
        (response,) = entry.snapshot.responses
        return self._add(
            value, undos=(RecordedUndo(commit=sha, event_id=response.event_id, response=response.response),)
        )

    def change(self, value: int) -> str:
        """Have somebody set the value by hand, and return the commit."""
        self.values.append(value)
        return f"c{len(self.values) - 1}"

    def containments(self) -> list[Containment]:
        ledger = Ledger(
            entries=self.entries, reader_of_tip=lambda _: self._reader(len(self.values) - 1), find_changes=self._find
        )
        return ledger.containments()

    def fates(self) -> list[Fate]:
        return [containment.fate for containment in self.containments()]

    def _add(
        self, value: int, *, responses: Sequence[RecordedResponse] = (), undos: Sequence[RecordedUndo] = ()
    ) -> str:
        sha = self.change(value)
        number = len(self.values) - 1
        reads = {"read_before": self._reader(number - 1), "read_after": self._reader(number)}
        snapshot = Snapshot(sha=sha, responses=tuple(responses), **reads)
        time = START + timedelta(days=number)
        self.entries.append(Entry(snapshot=snapshot, undos=tuple(undos), carrier=sha, time=time, **reads))
        return sha

    def _reader(self, number: int) -> Read:
        return lambda _: f"replicas: {self.values[number]}\n".encode()

    def _find(self, start: str, end: str, paths: Sequence[PurePosixPath]) -> Iterator[Change]:
        assert list(paths) == [FILE]
        self.looked_for.append((start, end))
        last = int(end[1:]) if end else len(self.values) - 1
        for number in range(int(start[1:]) + 1, last + 1):
            time = START + timedelta(days=number)
            yield Change(sha=f"c{number}", author="Alice", time=time, read=self._reader(number))


def test_a_response_is_in_force_until_something_ends_it() -> None:
    history = History()
    sha = history.respond(0)
    (containment,) = history.containments()
    assert (containment.sha, containment.fate, containment.since) == (sha, Fate.IN_FORCE, START + timedelta(days=1))
    assert (containment.until, containment.ended_by) == (None, "")


def test_the_first_change_by_hand_ended_it() -> None:
    history = History()
    history.respond(0)
    history.change(0)
    sha = history.change(1)
    history.change(5)
    (containment,) = history.containments()
    assert (containment.fate, containment.ended_by, containment.ended_by_author) == (Fate.UNDONE, sha, "Alice")
    assert containment.until == START + timedelta(days=3)


def test_a_change_by_hand_before_the_next_response_is_looked_for_only_before_it() -> None:
    history = History()
    first = history.respond(0)
    sha = history.change(2)
    second = history.respond(0)
    assert history.fates() == [Fate.UNDONE, Fate.IN_FORCE]
    assert history.containments()[0].ended_by == sha
    assert set(history.looked_for) == {(first, second)}


def test_a_value_that_was_back_by_hand_is_in_force() -> None:
    history = History()
    history.respond(0)
    history.change(2)
    history.change(0)
    assert history.fates() == [Fate.IN_FORCE]


def test_a_response_that_a_later_one_changes_is_replaced_and_nobody_undid_it() -> None:
    history = History()
    history.respond(1)
    history.respond(0)
    assert history.fates() == [Fate.REPLACED, Fate.IN_FORCE]
    assert history.looked_for == []


def test_a_replaced_response_is_in_force_again_when_the_later_one_is_restored() -> None:
    history = History()
    history.respond(1)
    later = history.respond(0)
    history.restore(later, 1)
    assert history.fates() == [Fate.IN_FORCE, Fate.RESTORED]
    history.change(2)
    assert history.fates() == [Fate.UNDONE, Fate.RESTORED]


def test_a_restored_response_stays_restored_whatever_comes_later() -> None:
    history = History()
    first = history.respond(0)
    undo = history.restore(first, 2)
    history.respond(0)
    assert history.fates() == [Fate.RESTORED, Fate.IN_FORCE]
    containment = history.containments()[0]
    assert (containment.ended_by, containment.until) == (undo, START + timedelta(days=2))


def test_an_undo_of_another_response_ends_nothing() -> None:
    history = History()
    first = history.respond(0)
    (entry,) = history.entries
    (response,) = entry.snapshot.responses
    for undo in (
        RecordedUndo(commit="c9", event_id=response.event_id, response=response.response),
        RecordedUndo(commit=first, event_id="other", response=response.response),
        RecordedUndo(commit=first, event_id=response.event_id, response="stop Deployment shop/other"),
    ):
        history._add(0, undos=(undo,))
    assert history.fates() == [Fate.IN_FORCE]


def test_an_end_that_no_commit_of_the_branch_shows_has_no_time() -> None:
    history = History()
    history.respond(0)
    ledger = Ledger(
        entries=history.entries, reader_of_tip=lambda _: lambda _: b"replicas: 2\n", find_changes=lambda *_: ()
    )
    (containment,) = ledger.containments()
    assert (containment.fate, containment.until, containment.ended_by) == (Fate.UNDONE, None, "")
