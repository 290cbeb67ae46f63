"""Whether what a response wrote is still there, for every golden directory and for what people do to a file."""

from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath

import pytest

from responder.plan.record_state import RecordState, record_state, response_state
from responder.plan.trailers import RecordedResponse
from responder.plan.undo import Snapshot
from responder.plan.undo_record import (
    AddedFile,
    AddedItem,
    PreviousText,
    PreviousValue,
    RemovedDocument,
    RemovedItem,
    UndoRecord,
)
from responder.yamledit.values import ABSENT
from tests.actions.plan.test_golden import Case
from tests.actions.plan.test_undo import CONTAINED, REMARK, contents, snapshot

FILE = PurePosixPath("web.yaml")
HOLDS, CHANGED, UNCLEAR = RecordState.HOLDS, RecordState.CHANGED, RecordState.UNCLEAR


@pytest.mark.parametrize("case", CONTAINED)
def test_a_response_holds_where_it_was_made_and_is_changed_where_it_was_not(case: Case, tmp_path: Path) -> None:
    commit, root = snapshot(case, tmp_path)
    for response in commit.responses:
        states = [response_state(response, commit, reader(contents(folder))) for folder in (root, case.state)]
        assert states == [HOLDS, CHANGED]


def reader(files: Mapping[str, bytes]) -> Callable[[PurePosixPath], bytes | None]:
    return lambda path: files.get(str(path))


@pytest.mark.parametrize("case", CONTAINED)
def test_a_remark_of_somebody_else_changes_nothing(case: Case, tmp_path: Path) -> None:
    commit, root = snapshot(case, tmp_path)
    now = {path: data if data.startswith(b"\xef\xbb\xbf") else REMARK + data for path, data in contents(root).items()}
    states = {response_state(response, commit, reader(now)) for response in commit.responses}
    assert states == {HOLDS}


def state(record: UndoRecord, *, original: bytes | None, response: bytes | None, now: bytes | None) -> RecordState:
    commit = Snapshot(sha="0" * 40, read_before=lambda _: original, read_after=lambda _: response, responses=())
    return record_state(record, commit, lambda _: now)


WEB = b"kind: Deployment\nmetadata: {name: web, namespace: shop}\nspec: {replicas: 0}\n"
DATABASE = b"kind: StatefulSet\nmetadata: {name: db, namespace: shop}\nspec: {replicas: 3}\n"
REPLICAS = PreviousValue(file=FILE, document=0, path=("spec", "replicas"), previous=2)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        pytest.param(WEB, HOLDS, id="as it was"),
        pytest.param(WEB.replace(b"0", b"0.0"), HOLDS, id="the same number"),
        pytest.param(WEB.replace(b"0", b"false"), CHANGED, id="another value that is as false"),
        pytest.param(WEB.replace(b"replicas: 0", b""), CHANGED, id="no value"),
        pytest.param(DATABASE + b"---\n" + WEB, HOLDS, id="another document before it"),
        pytest.param(DATABASE, CHANGED, id="another object"),
        pytest.param(WEB + b"---\n" + WEB, HOLDS, id="twice"),
        pytest.param(DATABASE + b"---\n" + WEB + b"---\n" + WEB, UNCLEAR, id="twice, and another one before"),
        pytest.param(b"", CHANGED, id="an empty file"),
        pytest.param(None, CHANGED, id="no file"),
        pytest.param(b"{{ template }}: [", UNCLEAR, id="a template"),
    ],
)
def test_a_value_is_judged_in_its_object_wherever_that_is_in_the_file(now: bytes | None, expected: RecordState) -> None:
    assert state(REPLICAS, original=WEB.replace(b"0", b"2"), response=WEB, now=now) is expected


def test_a_record_that_does_not_fit_its_own_commit_is_unclear() -> None:
    assert state(REPLICAS, original=None, response=None, now=WEB) is UNCLEAR
    beyond = PreviousValue(file=FILE, document=3, path=("spec", "replicas"), previous=2)
    assert state(beyond, original=WEB, response=WEB, now=WEB) is UNCLEAR
    assert state(AddedFile(file=FILE), original=None, response=None, now=WEB) is UNCLEAR
    removed = RemovedDocument(file=FILE, document=0, previous={"kind": "Pod"})
    assert state(removed, original=None, response=None, now=WEB) is UNCLEAR


LIST = b"kind: Kustomization\nreplicas:\n- {name: db, count: 3}\n- {name: web, count: 0}\n"
COUNT = PreviousValue(file=FILE, document=0, path=("replicas", 1, "count"), previous=2)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        pytest.param(LIST, HOLDS, id="as it was"),
        pytest.param(LIST.replace(b"- {name: db, count: 3}\n", b""), HOLDS, id="an item less"),
        pytest.param(LIST.replace(b"replicas:\n", b"replicas:\n- {name: x, count: 1}\n"), HOLDS, id="an item more"),
        pytest.param(LIST.replace(b"count: 0", b"count: 2"), CHANGED, id="another value"),
        pytest.param(LIST.replace(b"- {name: web, count: 0}\n", b""), CHANGED, id="without the item"),
        pytest.param(b"kind: Kustomization\nreplicas: {}\n", CHANGED, id="no list"),
        pytest.param(
            LIST.replace(b"db", b"web").replace(b"- {", b"- {name: x}\n- {", 1), UNCLEAR, id="two of the name"
        ),
    ],
)
def test_an_item_of_a_list_is_judged_by_its_name(now: bytes, expected: RecordState) -> None:
    assert state(COUNT, original=LIST.replace(b"count: 0", b"count: 2"), response=LIST, now=now) is expected


def test_an_item_without_a_name_is_unclear_when_the_list_has_another_length() -> None:
    data = b"kind: Job\nargs: [[a, b], [c, d]]\n"
    record = PreviousValue(file=FILE, document=0, path=("args", 1, 0), previous="x")
    assert state(record, original=b"", response=data, now=data.replace(b"[a, b], ", b"")) is UNCLEAR
    assert state(record, original=b"", response=data, now=data.replace(b"[a", b"[z")) is HOLDS
    assert state(record, original=b"", response=data, now=data.replace(b"c", b"x")) is CHANGED


PATCHES = b"kind: Kustomization\npatches:\n- target: {kind: Deployment, name: web}\n  patch: 'replicas: 0'\n"


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        pytest.param(PATCHES, HOLDS, id="as it was"),
        pytest.param(PATCHES.replace(b"patches:\n", b"patches:\n- path: x.yaml\n"), HOLDS, id="with another item"),
        pytest.param(PATCHES.replace(b"'replicas: 0'", b'"# why\\nreplicas: 0"'), UNCLEAR, id="with another text"),
        pytest.param(PATCHES.replace(b"name: web", b"name: db"), CHANGED, id="for another object"),
        pytest.param(b"kind: Kustomization\n", CHANGED, id="no list"),
    ],
)
def test_an_added_item_is_there_by_its_value(now: bytes, expected: RecordState) -> None:
    record = AddedItem(file=FILE, document=0, path=("patches",), index=0)
    assert state(record, original=b"kind: Kustomization\n", response=PATCHES, now=now) is expected


def test_a_removed_item_is_changed_when_it_is_back() -> None:
    record = RemovedItem(file=FILE, document=0, path=("resources",), index=0, previous="pod.yaml")
    data = b"kind: Kustomization\nresources: [web.yaml]\n"
    assert state(record, original=b"", response=data, now=data.replace(b"web", b"db")) is HOLDS
    assert state(record, original=b"", response=data, now=data.replace(b"[", b"[x.yaml, pod.yaml, ")) is CHANGED


def test_an_added_file_holds_by_what_it_says() -> None:
    record = AddedFile(file=FILE)
    assert state(record, original=None, response=WEB, now=REMARK + WEB) is HOLDS
    assert state(record, original=None, response=WEB, now=WEB.replace(b"0", b"1")) is UNCLEAR
    assert state(record, original=None, response=WEB, now=None) is CHANGED


def test_a_removed_document_is_changed_when_its_object_is_back() -> None:
    record = RemovedDocument(file=FILE, document=1, previous={"kind": "Pod", "metadata": {"name": "x"}})
    pod = b"kind: Pod\nmetadata: {name: x}\nspec: {}\n"
    assert state(record, original=WEB + b"---\n" + pod, response=WEB, now=WEB) is HOLDS
    assert state(record, original=pod, response=None, now=None) is HOLDS
    assert state(record, original=WEB + b"---\n" + pod, response=WEB, now=pod) is CHANGED


def test_a_value_in_a_text_is_judged_there() -> None:
    data = b"kind: Kustomization\npatches:\n- target: {name: web}\n  patch: |\n    spec: {replicas: 0}\n"
    inside = ("spec", "replicas")
    record = PreviousText(file=FILE, document=0, path=("patches", 0, "patch"), inside=inside, previous=ABSENT)
    assert state(record, original=b"", response=data, now=data.replace(b"spec: {", b"spec: {paused: true, ")) is HOLDS
    assert state(record, original=b"", response=data, now=data.replace(b"replicas: 0", b"")) is CHANGED
    assert state(record, original=b"", response=data, now=data.replace(b"|\n    spec: {replicas: 0}", b"[]")) is CHANGED
    assert state(record, original=b"", response=data, now=data.replace(b"{replicas: 0}", b"{{ x")) is UNCLEAR


def test_a_response_whose_records_differ_holds_partly_and_without_records_is_unclear() -> None:
    commit = Snapshot(sha="0" * 40, read_before=lambda _: b"", read_after=lambda _: WEB, responses=())
    response = RecordedResponse(
        rule="r",
        event_id="1",
        event_source="s",
        response="stop Deployment shop/web",
        records=(REPLICAS, AddedFile(file=PurePosixPath("policy.yaml"))),
    )
    files = {FILE: WEB}
    assert response_state(response, commit, files.get) is RecordState.PARTLY
    nothing = RecordedResponse(rule="r", event_id="1", event_source="s", response="stop Deployment shop/web")
    assert response_state(nothing, commit, files.get) is UNCLEAR
