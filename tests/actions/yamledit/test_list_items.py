"""What appending, inserting and removing does to the bytes of a list or a mapping, and what is refused."""

import pytest

from responder.errors import EditRefused
from responder.yamledit import editor
from responder.yamledit.edit import AppendItem, Edit, InsertItem, RemoveValue, SetValue
from responder.yamledit.values import Value, YamlPath

LIST = ("a",)


@pytest.mark.parametrize(
    ("original", "value", "content"),
    [
        pytest.param(b"a:\n  - x\n", "w", b"a:\n  - x\n  - w\n", id="block"),
        pytest.param(b"a:\n- x\nb: 1\n", "w", b"a:\n- x\n- w\nb: 1\n", id="block without indentation"),
        pytest.param(b"a:\r\n- x\r\nb: 1\r\n", "w", b"a:\r\n- x\r\n- w\r\nb: 1\r\n", id="CRLF"),
        pytest.param(b"a:\n- x", "w", b"a:\n- x\n- w", id="no final newline"),
        pytest.param(b"a:\n- x # of x\nb: 1\n", "w", b"a:\n- x # of x\n- w\nb: 1\n", id="comment behind the last item"),
        pytest.param(
            b"a:\n- x\n  # of x\n# of b\nb: 1\n",
            "w",
            b"a:\n- x\n  # of x\n- w\n# of b\nb: 1\n",
            id="a deeper comment belongs to the last item, another one to the next key",
        ),
        pytest.param(
            b"a:\n- k: 1\n  l: 2\n",
            {"k": 3, "m": [1, 2]},
            b"a:\n- k: 1\n  l: 2\n- k: 3\n  m:\n  - 1\n  - 2\n",
            id="mapping as block, its list without indentation like the first of the document",
        ),
        pytest.param(b"a:\n- |\n  x\nb: 1\n", "w", b"a:\n- |\n  x\n- w\nb: 1\n", id="behind a block of text"),
        pytest.param(b"a: [x]\n", "w", b"a: [x, w]\n", id="flow"),
        pytest.param(b"a: [x,y]\n", "w", b"a: [x,y,w]\n", id="flow without spaces"),
        pytest.param(b"a: [ x, y ]\n", "w", b"a: [ x, y, w ]\n", id="flow with spaces inside of the brackets"),
        pytest.param(b"a: [\n  x,\n  y\n]\n", "w", b"a: [\n  x,\n  y,\n  w\n]\n", id="flow over lines"),
        pytest.param(
            b"a: [\n  x,\n  y,\n]\n", "w", b"a: [\n  x,\n  y,\n  w,\n]\n", id="flow over lines, comma at the end"
        ),
        pytest.param(
            b"a: [\n  x # of x\n]\n", "w", b"a: [\n  x, # of x\n  w\n]\n", id="flow over lines, comment behind the item"
        ),
        pytest.param(b"a: [x, # of x\n  y]\n", "w", b"a: [x, # of x\n  y, w]\n", id="a comment is not written twice"),
        pytest.param(b"a: []\n", "w", b"a: [w]\n", id="empty"),
        pytest.param(b"b: 1\na: []\n", {"k": 1}, b"b: 1\na:\n  - k: 1\n", id="empty, unfolded for a mapping"),
        pytest.param(b"a: [{k: 1}]\n", {"k": 2}, b"a: [{k: 1}, {k: 2}]\n", id="mapping in flow"),
        pytest.param(b'{"a":[1,2]}', 3, b'{"a":[1,2,3]}', id="JSON"),
        pytest.param(b'{"a": [1]}', "w", b'{"a": [1, "w"]}', id="JSON with spaces"),
        pytest.param(b'{\n "a": [\n  1\n ]\n}\n', "w", b'{\n "a": [\n  1,\n  "w"\n ]\n}\n', id="JSON over lines"),
        pytest.param(b"b: 1\n", "w", b"b: 1\na:\n  - w\n", id="missing list"),
        pytest.param(b"a:\nb: 1\n", "w", b"a:\n  - w\nb: 1\n", id="empty value"),
        pytest.param(b"a: null\nb: 1\n", "w", b"a: [w]\nb: 1\n", id="null"),
        pytest.param(b"a: [w]\n", "w", b"a: [w]\n", id="the list has an equal item"),
        pytest.param(b"a: ['1']\n", 1, b"a: ['1', 1]\n", id="text is not a number"),
    ],
)
def test_an_item_is_appended(original: bytes, value: Value, content: bytes) -> None:
    assert editor.apply(original, 0, AppendItem(path=LIST, value=value)).content == content


@pytest.mark.parametrize(
    ("original", "index", "value", "content"),
    [
        pytest.param(b"a:\n  - x\n  - y\n", 0, "w", b"a:\n  - w\n  - x\n  - y\n", id="first"),
        pytest.param(b"a:\n  - x\n  - y\n", 1, "w", b"a:\n  - x\n  - w\n  - y\n", id="between"),
        pytest.param(b"a:\n  - x\n  - y\n", 2, "w", b"a:\n  - x\n  - y\n  - w\n", id="last"),
        pytest.param(b"a:\r\n- x\r\n- y\r\n", 1, "w", b"a:\r\n- x\r\n- w\r\n- y\r\n", id="CRLF"),
        pytest.param(b"a:\r- x\r- y\r", 0, "w", b"a:\r- w\r- x\r- y\r", id="lone CR, first"),
        pytest.param(
            b"a: # top\n# of x\n- x\n",
            0,
            "w",
            b"a: # top\n- w\n# of x\n- x\n",
            id="first, above the comment of the next",
        ),
        pytest.param(
            b"a:\n- x # of x\n  # of x too\n# of y\n- y\n",
            1,
            "w",
            b"a:\n- x # of x\n  # of x too\n- w\n# of y\n- y\n",
            id="between the comments of two items",
        ),
        pytest.param(
            b"a:\n- k: 1\n- k: 2\n",
            1,
            {"k": 3, "l": 4},
            b"a:\n- k: 1\n- k: 3\n  l: 4\n- k: 2\n",
            id="mapping as block",
        ),
        pytest.param(b"a:\n- x\n", 0, "1\n2\n", b"a:\n- |\n    1\n    2\n- x\n", id="block of text"),
        pytest.param(b"a:\n- x\n", 0, "x", b"a:\n- x\n- x\n", id="equal to another item"),
        pytest.param(b"a:\n- |\n  t\n\n- y\n", 1, "w", b"a:\n- |\n  t\n- w\n\n- y\n", id="behind a block of text"),
        pytest.param(b"a:\n- |+\n  t\n\n- y\n", 1, "w", b"a:\n- |+\n  t\n\n- w\n- y\n", id="behind kept empty lines"),
        pytest.param(b"a:\n-\n- y\n", 1, "w", b"a:\n-\n- w\n- y\n", id="behind an empty item"),
        pytest.param(b"a: &l\n- y\n", 0, "w", b"a: &l\n- w\n- y\n", id="list with an anchor"),
        pytest.param(b"a: [x, y]\n", 0, "w", b"a: [w, x, y]\n", id="flow, first"),
        pytest.param(b"a: [x,y]\n", 1, "w", b"a: [x,w,y]\n", id="flow without spaces"),
        pytest.param(b"a: [x, y]\n", 2, "w", b"a: [x, y, w]\n", id="flow, last"),
        pytest.param(b"a: []\n", 0, "w", b"a: [w]\n", id="flow, empty"),
        pytest.param(b"a: [\n  x,\n  y\n]\n", 0, "w", b"a: [\n  w,\n  x,\n  y\n]\n", id="flow over lines, first"),
        pytest.param(
            b"a: [\n  x, # of x\n  # of y\n  y\n]\n",
            1,
            "w",
            b"a: [\n  x, # of x\n  w,\n  # of y\n  y\n]\n",
            id="flow over lines, between comments",
        ),
        pytest.param(b"a: [x # of x\n  , y]\n", 1, "w", b"a: [x # of x\n  , w, y]\n", id="comma on the next line"),
        pytest.param(
            b"a: [x, # of x\n y, z]\n", 1, "w", b"a: [x, # of x\n w,\n y, z]\n", id="line begins with the item"
        ),
        pytest.param(b"a: [x, y: 1]\n", 1, "w", b"a: [x, w, y: 1]\n", id="before a pair"),
        pytest.param(b"a: [x, &k y]\n", 1, "w", b"a: [x, w, &k y]\n", id="before an anchor"),
        pytest.param(b'{"a":[1,2]}', 1, {"k": 1}, b'{"a":[1,{"k":1},2]}', id="JSON"),
        pytest.param(b'{"a": [\n 1\n]}', 0, "w", b'{"a": [\n "w",\n 1\n]}', id="JSON over lines"),
    ],
)
def test_an_item_is_inserted_at_an_index(original: bytes, index: int, value: Value, content: bytes) -> None:
    edited = editor.apply(original, 0, InsertItem(path=LIST, index=index, value=value))
    assert edited.content == content


@pytest.mark.parametrize(
    ("original", "path", "index", "content"),
    [
        pytest.param(b"# top\n- x\n- y\n", (), 0, b"# top\n- w\n- x\n- y\n", id="root, first"),
        pytest.param(b"- x\n- y\n", (), 1, b"- x\n- w\n- y\n", id="root, between"),
        pytest.param(b"- - x\n  - y\n", (0,), 0, b"- - w\n  - x\n  - y\n", id="list in a list, first"),
        pytest.param(b"- - x\n  - y\n", (0,), 1, b"- - x\n  - w\n  - y\n", id="list in a list, between"),
        pytest.param(b"- - x\n  - y\n- z\n", (0,), 2, b"- - x\n  - y\n  - w\n- z\n", id="list in a list, last"),
        pytest.param(b"-\n  - x\n", (0,), 0, b"-\n  - w\n  - x\n", id="list below a dash"),
    ],
)
def test_an_item_is_inserted_into_a_list_that_is_no_field(
    original: bytes, path: YamlPath, index: int, content: bytes
) -> None:
    assert editor.apply(original, 0, InsertItem(path=path, index=index, value="w")).content == content


@pytest.mark.parametrize(
    ("original", "path", "content"),
    [
        pytest.param(b"a:\n- x\n- y\n", ("a", 0), b"a:\n- y\n", id="first item"),
        pytest.param(b"a:\n- x\n- y\nb: 1\n", ("a", 1), b"a:\n- x\nb: 1\n", id="last item"),
        pytest.param(b"a:\r\n- x\r\n- y\r\n", ("a", 0), b"a:\r\n- y\r\n", id="CRLF"),
        pytest.param(b"a:\n- x\n- y", ("a", 1), b"a:\n- x", id="last item, no final newline"),
        pytest.param(b"a:\n- x\n# of y\n- y\n", ("a", 1), b"a:\n- x\n# of y\n", id="the comment above stays"),
        pytest.param(b"a:\n- k: 1\n  l: 2\n- y\n", ("a", 0), b"a:\n- y\n", id="item over lines"),
        pytest.param(b"a:\n- x\n", ("a", 0), b"a: []\n", id="only item"),
        pytest.param(b"a: # why\n  - x\nb: 1\n", ("a", 0), b"a: [] # why\nb: 1\n", id="only item, comment on the key"),
        pytest.param(b"a: &l\n- x\n", ("a", 0), b"a: &l []\n", id="only item of a list with an anchor"),
        pytest.param(b"- - x\n  - y\n", (0, 0), b"- - y\n", id="first item of a list in a list"),
        pytest.param(b"- - x\n", (0, 0), b"- []\n", id="only item of a list in a list"),
        pytest.param(b"- x\n", (0,), b"[]\n", id="only item of the document"),
        pytest.param(b"a: [x, y, z]\n", ("a", 0), b"a: [y, z]\n", id="flow, first item"),
        pytest.param(b"a: [x, y, z]\n", ("a", 1), b"a: [x, z]\n", id="flow, item between"),
        pytest.param(b"a: [x, y, z]\n", ("a", 2), b"a: [x, y]\n", id="flow, last item"),
        pytest.param(b"a: [x]\n", ("a", 0), b"a: []\n", id="flow, only item"),
        pytest.param(b"a: [\n  x,\n  y\n]\n", ("a", 0), b"a: [\n  y\n]\n", id="flow over lines, first item"),
        pytest.param(b"a: [\n  x,\n  y\n]\n", ("a", 1), b"a: [\n  x\n]\n", id="flow over lines, last item"),
        pytest.param(b"a: [\n  x,\n  y,\n]\n", ("a", 1), b"a: [\n  x,\n]\n", id="flow over lines, comma at the end"),
        pytest.param(b"a: [x, # of x\n y]\n", ("a", 1), b"a: [x, # of x\n ]\n", id="flow, a comment stays"),
        pytest.param(b"a: {k: 1, l: 2}\n", ("a", "k"), b"a: {l: 2}\n", id="flow, first entry"),
        pytest.param(b"a: {k: 1, l: 2}\n", ("a", "l"), b"a: {k: 1}\n", id="flow, last entry"),
        pytest.param(b"a:\n  k: 1\n  l: 2\n", ("a", "l"), b"a:\n  k: 1\n", id="entry"),
        pytest.param(b"a:\n  k: 1\n", ("a", "k"), b"a: {}\n", id="only entry"),
        pytest.param(b"- k: 1\n  l: 2\n", (0, "k"), b"- l: 2\n", id="entry behind a dash"),
        pytest.param(b'{"a":[1,2]}', ("a", 0), b'{"a":[2]}', id="JSON"),
        pytest.param(b'{\n "a": [\n  1,\n  2\n ]\n}\n', ("a", 1), b'{\n "a": [\n  1\n ]\n}\n', id="JSON over lines"),
        pytest.param(b"a: [x]\n", ("a", 1), b"a: [x]\n", id="no such item"),
        pytest.param(b"a: [x]\n", ("b", "c"), b"a: [x]\n", id="no such field"),
    ],
)
def test_an_entry_or_item_is_removed(original: bytes, path: YamlPath, content: bytes) -> None:
    assert editor.apply(original, 0, RemoveValue(path=path)).content == content


@pytest.mark.parametrize(
    ("original", "removal", "content"),
    [
        pytest.param(
            b"a:\n  b:\n    c: 1\nd: 1\n",
            RemoveValue(path=("a", "b", "c"), parents=1),
            b"a: {}\nd: 1\n",
            id="one parent",
        ),
        pytest.param(
            b"a:\n  b:\n    c: 1\nd: 1\n", RemoveValue(path=("a", "b", "c"), parents=2), b"d: 1\n", id="two parents"
        ),
        pytest.param(
            b"a:\n  b:\n    c: 1\n    e: 1\n",
            RemoveValue(path=("a", "b", "c"), parents=2),
            b"a:\n  b:\n    e: 1\n",
            id="a parent with another entry stays",
        ),
        pytest.param(
            b"a:\n  b:\n    c: 1\n",
            RemoveValue(path=("a", "b", "c"), leave_null=True),
            b"a:\n  b:\n",
            id="null in block",
        ),
        pytest.param(b"a: {b: 1}\n", RemoveValue(path=("a", "b"), leave_null=True), b"a: null\n", id="null in flow"),
        pytest.param(
            b"a: {b: 1, c: 2}\n", RemoveValue(path=("a", "b"), leave_null=True), b"a: {c: 2}\n", id="not the only entry"
        ),
    ],
)
def test_parents_that_are_left_empty_are_removed_or_become_null(
    original: bytes, removal: RemoveValue, content: bytes
) -> None:
    assert editor.apply(original, 0, removal).content == content


@pytest.mark.parametrize(
    ("original", "change", "reason"),
    [
        pytest.param(b"a: {b: 1}\n", AppendItem(path=LIST, value=1), "not-a-list", id="append to a mapping"),
        pytest.param(b"a: x\n", AppendItem(path=LIST, value=1), "not-a-list", id="append to text"),
        pytest.param(b"b: &b [1]\na: *b\n", AppendItem(path=LIST, value=2), "alias", id="append to an alias"),
        pytest.param(
            b"b: &b {a: [1]}\n<<: *b\n", AppendItem(path=LIST, value=2), "merge-key", id="append to a merged list"
        ),
        pytest.param(
            b"a: &b [1]\nb: *b\n", AppendItem(path=LIST, value=2), "shared-anchor", id="append to a shared list"
        ),
        pytest.param(
            b"a:\n- |\n  x",
            AppendItem(path=LIST, value=2),
            "block-scalar",
            id="append behind a block of text with no end",
        ),
        pytest.param(b"a: [1]\n", InsertItem(path=LIST, index=2, value=1), "no-such-item", id="insert behind the end"),
        pytest.param(b"a: [1]\n", InsertItem(path=LIST, index=-1, value=1), "no-such-item", id="insert at -1"),
        pytest.param(b"b: 1\n", InsertItem(path=LIST, index=0, value=1), "not-a-list", id="insert into a missing list"),
        pytest.param(
            b"a: &b [1]\nb: *b\n", InsertItem(path=LIST, index=0, value=2), "shared-anchor", id="insert, shared"
        ),
        pytest.param(
            b"a: [1]\n", InsertItem(path=LIST, index=0, value=float("inf")), "value", id="not a number of JSON"
        ),
        pytest.param(b"a: [1]\n", RemoveValue(path=()), "not-a-mapping", id="remove the document"),
        pytest.param(b"b: &b {a: 1}\n<<: *b\n", RemoveValue(path=("a",)), "merge-key", id="remove a merged value"),
        pytest.param(b"b: &b [1, 2]\na: *b\n", RemoveValue(path=("a", 0)), "alias", id="remove from an alias"),
        pytest.param(b"a: [1]\n", SetValue(path=("a", 1), value=2), "no-such-item", id="set an item that is missing"),
        pytest.param(b"a: [1]\n", SetValue(path=("a", 0, "b"), value=2), "not-a-mapping", id="set a field of a number"),
        pytest.param(b"a: 1\n", SetValue(path=(), value=2), "not-a-scalar", id="set the document"),
    ],
)
def test_what_cannot_be_edited_safely_is_refused_by_name(original: bytes, change: Edit, reason: str) -> None:
    with pytest.raises(EditRefused) as refused:
        editor.apply(original, 0, change)
    assert refused.value.reason == reason


def test_an_edit_of_a_document_that_does_not_exist_is_refused() -> None:
    with pytest.raises(EditRefused, match="the file has 1 documents"):
        editor.apply(b"a: 1\n", 1, SetValue(path=("a",), value=2))
