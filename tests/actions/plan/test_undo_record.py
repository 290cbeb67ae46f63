"""The JSON of undo records: what commits in repositories have stays readable, and what is written reads back."""

from pathlib import PurePosixPath

import pytest

from responder.errors import BadHistory
from responder.plan import undo_record
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

FILE = PurePosixPath("apps/web.yaml")

RECORDS = [
    pytest.param(
        '{"file":"apps/web.yaml","document":1,"path":["spec","replicas"],"value":2}',
        PreviousValue(file=FILE, document=1, path=("spec", "replicas"), previous=2),
        id="a value",
    ),
    pytest.param(
        '{"file":"apps/web.yaml","document":0,"path":["spec","replicas"],"value":null}',
        PreviousValue(file=FILE, document=0, path=("spec", "replicas"), previous=None),
        id="a value that was null",
    ),
    pytest.param(
        '{"file":"apps/web.yaml","document":0,"path":["spec","replicas"]}',
        PreviousValue(file=FILE, document=0, path=("spec", "replicas"), previous=ABSENT),
        id="a field that did not exist",
    ),
    pytest.param(
        '{"file":"apps/web.yaml","document":0,"path":["args",1],"value":"-v"}',
        PreviousValue(file=FILE, document=0, path=("args", 1), previous="-v"),
        id="an item that was replaced",
    ),
    pytest.param(
        '{"file":"apps/web.yaml","document":0,"path":["patches",0,"patch"],"inside":["spec","replicas"],"value":3}',
        PreviousText(file=FILE, document=0, path=("patches", 0, "patch"), inside=("spec", "replicas"), previous=3),
        id="a value in a text",
    ),
    pytest.param(
        '{"file":"apps/web.yaml","document":0,"path":["patches",0],"inside":["spec"]}',
        PreviousText(file=FILE, document=0, path=("patches", 0), inside=("spec",), previous=ABSENT),
        id="a field in a text that did not exist",
    ),
    pytest.param(
        '{"file":"apps/web.yaml","document":0,"path":["patches",4]}',
        AddedItem(file=FILE, document=0, path=("patches",), index=4),
        id="an added item",
    ),
    pytest.param(
        '{"file":"apps/web.yaml","document":0,"path":["args",1],"value":"-v","removed":true}',
        RemovedItem(file=FILE, document=0, path=("args",), index=1, previous="-v"),
        id="a removed item",
    ),
    pytest.param('{"file":"apps/web.yaml","document":0,"path":[]}', AddedFile(file=FILE), id="an added file"),
    pytest.param(
        '{"file":"apps/web.yaml","document":2,"path":[],"value":{"kind":"Pod"}}',
        RemovedDocument(file=FILE, document=2, previous={"kind": "Pod"}),
        id="a removed document",
    ),
]


@pytest.mark.parametrize(("text", "record"), RECORDS)
def test_a_record_is_read_as_its_kind(text: str, record: UndoRecord) -> None:
    assert undo_record.load(text) == record


@pytest.mark.parametrize(("text", "record"), RECORDS)
def test_a_record_is_written_as_it_is_read(text: str, record: UndoRecord) -> None:
    assert undo_record.dump(record) == text


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('{"file":"../x","document":0,"path":["a"]}', id="a file outside of the checkout"),
        pytest.param('{"file":"/etc/x","document":0,"path":["a"]}', id="an absolute file"),
        pytest.param('{"file":"x","document":0,"path":["a",true]}', id="a step that is a boolean"),
        pytest.param('{"file":"x","document":0,"path":["a"],"inside":[{}]}', id="a step in a text that is no step"),
        pytest.param('{"file":"x","document":-1,"path":["a"]}', id="a document before the first"),
        pytest.param('{"file":"x","document":true,"path":["a"]}', id="a document that is a boolean"),
        pytest.param('{"file":"x","path":["a"]}', id="no document"),
        pytest.param('{"file":"x\\u0000","document":0,"path":["a"]}', id="a file with a null character"),
        pytest.param('{"file":"\\ud800","document":0,"path":["a"]}', id="a file with half a character"),
        pytest.param('{"file":"x","document":0,"path":["a",-1]}', id="an item before the first"),
        pytest.param("[", id="no JSON"),
        pytest.param("[" * 100_000, id="endless JSON"),
    ],
)
def test_what_the_action_does_not_write_is_not_believed(text: str) -> None:
    with pytest.raises(BadHistory):
        undo_record.load(text)
