"""The undo of items that a response added to a list or removed from it, also when others have changed the file."""

from collections.abc import Sequence
from pathlib import PurePosixPath

import pytest

from responder.errors import ChangedSince
from responder.gitops.checkout import Checkout
from responder.plan.trailers import RecordedResponse
from responder.plan.undo import Snapshot, undo
from responder.plan.undo_record import AddedItem, PreviousValue, RemovedItem, UndoRecord

FILE = PurePosixPath("web.yaml")


def added(index: int) -> AddedItem:
    return AddedItem(file=FILE, document=0, path=("args",), index=index)


def removed(index: int, previous: str) -> RemovedItem:
    return RemovedItem(file=FILE, document=0, path=("args",), index=index, previous=previous)


def commit(original: str, result: str, *responses: Sequence[UndoRecord]) -> Snapshot:
    """Return a commit with one response for each sequence of records."""
    recorded = tuple(
        RecordedResponse(
            rule="r", event_id=str(number), event_source="s", response="patch Job a/b", records=(*records,)
        )
        for number, records in enumerate(responses)
    )
    return Snapshot(
        sha="c" * 40,
        read_before=lambda _: original.encode(),
        read_after=lambda _: result.encode(),
        responses=recorded,
    )


def undone(snapshot: Snapshot, current: str, *, only: int | None = None, force: bool = False) -> str:
    """Return the file after the undo of all responses or of one; no change of the file can be merged."""
    responses = snapshot.responses if only is None else (snapshot.responses[only],)
    checkout = Checkout.from_contents({str(FILE): current.encode()})
    result = undo(snapshot, responses, checkout, merge=lambda *_: None, force=force)
    data = result.files.get(FILE, current.encode())
    assert data is not None
    return data.decode()


ADDED = commit("args: [a]\nx: 1\n", "args: [a, b]\nx: 1\n", [added(1)])
REMOVED = commit("args: [a, b]\nx: 1\n", "args: [b]\nx: 1\n", [removed(0, "a")])
SEVERAL = commit("args: [a, b]\nx: 1\n", "args: [c, b]\nx: 1\n", [removed(0, "a"), added(0)])
OLD_FORMAT = commit(
    "args: [a, b]\nx: 1\n",
    "args: [b]\nx: 1\n",
    [PreviousValue(file=FILE, document=0, path=("args", 0), previous="a")],
)
REPLACED = commit(
    "args: [a, b]\nx: 1\n",
    "args: [c, b]\nx: 1\n",
    [PreviousValue(file=FILE, document=0, path=("args", 0), previous="a")],
)


@pytest.mark.parametrize(
    ("snapshot", "current", "result"),
    [
        pytest.param(ADDED, "args: [a, b]\nx: 2\n", "args: [a]\nx: 2\n", id="an added item"),
        pytest.param(ADDED, "args: [b, a]\nx: 2\n", "args: [a]\nx: 2\n", id="an added item that has moved"),
        pytest.param(ADDED, "args: [a]\nx: 2\n", "args: [a]\nx: 2\n", id="an added item that is gone"),
        pytest.param(REMOVED, "args: [b]\nx: 2\n", "args: [a, b]\nx: 2\n", id="a removed item"),
        pytest.param(SEVERAL, "args: [c, b]\nx: 2\n", "args: [a, b]\nx: 2\n", id="several, the last first"),
        pytest.param(OLD_FORMAT, "args: [b]\nx: 2\n", "args: [a, b]\nx: 2\n", id="a removed item of an older commit"),
        pytest.param(REPLACED, "args: [c, b]\nx: 2\n", "args: [a, b]\nx: 2\n", id="a replaced item"),
    ],
)
def test_the_list_is_as_it_was_and_the_work_of_others_stays(snapshot: Snapshot, current: str, result: str) -> None:
    assert undone(snapshot, current) == result


@pytest.mark.parametrize(
    ("snapshot", "current", "message"),
    [
        pytest.param(ADDED, "args: [a, c]\nx: 2\n", r"added to args\.1 is not there as it was", id="another item"),
        pytest.param(ADDED, "args: [b, a, b]\nx: 2\n", r"added to args\.1 is not there as it was", id="twice"),
        pytest.param(REMOVED, "args: [b, c]\nx: 2\n", r"the list that args\.0 was removed from", id="removed"),
        pytest.param(REPLACED, "args: [d, b]\nx: 2\n", r"args\.0 was changed since the response", id="replaced"),
    ],
)
def test_a_list_that_others_have_changed_is_not_guessed_at(snapshot: Snapshot, current: str, message: str) -> None:
    with pytest.raises(ChangedSince, match=message):
        undone(snapshot, current)


def test_an_undo_of_one_response_keeps_the_item_of_an_earlier_one() -> None:
    snapshot = commit("args: []\nx: 1\n", "args: [a, b]\nx: 1\n", [added(0)], [added(1)])
    assert undone(snapshot, "args: [a, b]\nx: 2\n", only=1) == "args: [a]\nx: 2\n"
    assert undone(snapshot, "args: [a, b]\nx: 2\n", only=0) == "args: [b]\nx: 2\n"


@pytest.mark.parametrize("later", [removed(0, "a"), added(0)], ids=["removed", "added"])
def test_an_item_that_a_later_response_has_moved_is_not_guessed_at(later: UndoRecord) -> None:
    snapshot = commit("args: [a]\n", "args: [b]\n", [added(1)], [later])
    with pytest.raises(ChangedSince, match=r"a later response has changed the list of args\.1"):
        undone(snapshot, "args: [b]\nx: 2\n", only=0)


def test_a_list_that_the_response_added_goes_with_its_item() -> None:
    snapshot = commit("x: 1\n", "x: 1\nargs:\n  - a\n", [added(0)])
    assert undone(snapshot, "x: 2\nargs:\n  - a\n") == "x: 2\n"


def test_a_list_that_took_the_place_of_an_empty_value_leaves_it_empty() -> None:
    snapshot = commit("x: 1\nargs:\n", "x: 1\nargs:\n  - a\n", [added(0)])
    assert undone(snapshot, "x: 2\nargs:\n  - a\n") == "x: 2\nargs:\n"


def test_a_file_that_is_gone_is_named() -> None:
    checkout = Checkout.from_contents({})
    with pytest.raises(ChangedSince, match=r"^web\.yaml is not there any more$"):
        undo(ADDED, ADDED.responses, checkout, merge=lambda *_: None)
