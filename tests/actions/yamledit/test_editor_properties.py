"""What holds for every edit of every manifest: generated ones, in all styles that people and tools write."""

from collections.abc import Sequence
from itertools import takewhile
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from responder.errors import EditRefused
from responder.yamledit import editor
from responder.yamledit.edit import EditedFile, RemoveValue, SetValue
from responder.yamledit.values import ABSENT
from tests.soak import examples

KEYS = st.sampled_from(["spec", "replicas", "a", "b", "labels", "app.kubernetes.io/name", "x-y"])
PLAIN = st.sampled_from(["web", "2", "true", "a:b", "${N}", "a#b", "~", "1.5"])
QUOTED = st.sampled_from(["'2'", '"2"', "'it''s'", '"a: b # c"', '"\\u00e9"', "''"])
COMMENTS = st.sampled_from(["", "", "  # why", "\t# tab", ' # {"$imagepolicy": "a:b"}'])
# "verification" is none of them: that would be an edit that went wrong, and was noticed.
REASONS = {"not-a-mapping", "not-a-scalar", "block-scalar"}
Lines = list[str]


@st.composite
def flow(draw: st.DrawFn, depth: int = 2) -> str:
    kind = draw(st.sampled_from(["scalar", "scalar", "map", "list"] if depth else ["scalar"]))
    if kind == "scalar":
        return draw(st.sampled_from(["web", "2", "'a'", '"b"']))
    space = draw(st.sampled_from(["", " "]))
    inner = [draw(flow(depth - 1)) for _ in range(draw(st.integers(0, 2)))]
    if kind == "list":
        return f"[{space}{', '.join(inner)}{space}]"
    keys = draw(st.lists(KEYS, min_size=len(inner), max_size=len(inner), unique=True))
    return f"{{{space}{', '.join(f'{key}: {value}' for key, value in zip(keys, inner, strict=True))}{space}}}"


@st.composite
def mapping(draw: st.DrawFn, depth: int, indent: int) -> Lines:
    """The lines of a block mapping, each indented already."""
    lines: Lines = []
    for key in draw(st.lists(KEYS, min_size=1, max_size=3, unique=True)):
        if draw(st.integers(0, 4)) == 0:
            lines.append(" " * indent + "# of the next one")
        written = draw(st.sampled_from([key, f'"{key}"', key]))
        lines += draw(entry(" " * indent + written + ":", depth, indent))
    return lines


@st.composite
def entry(draw: st.DrawFn, start: str, depth: int, indent: int) -> Lines:
    """The lines of one entry of a mapping, whose key and colon are `start`."""
    kind = draw(st.sampled_from(["plain", "plain", "quoted", "empty", "block", "flow", "list", "map", "map", "map"]))
    comment = draw(COMMENTS)
    step = draw(st.sampled_from([2, 4, 1]))
    if kind == "map" and depth:
        return [start + comment, *draw(mapping(depth - 1, indent + step))]
    if kind == "list" and depth:
        inside = indent + draw(st.sampled_from([0, 2]))
        items = [draw(mapping(depth - 1, inside + 2)) for _ in range(draw(st.integers(1, 2)))]
        lines = [start + comment]
        for item in items:
            first = next(number for number, line in enumerate(item) if not line.lstrip().startswith("#"))
            lines += [f"{' ' * inside}- {item[first].lstrip()}", *item[first + 1 :]]
        return lines
    if kind == "block":
        header = draw(st.sampled_from(["|", ">-", "|+", "|-"]))
        return [f"{start} {header}", *(" " * (indent + step) + text for text in ("replicas: 7", "# no comment"))]
    if kind == "empty":
        return [start + comment]
    written = draw({"plain": PLAIN, "quoted": QUOTED}.get(kind, flow()))
    tag = draw(st.sampled_from(["", "", "", "!!str ", "&anchor "])) if kind == "plain" and written != "~" else ""
    return [f"{start} {tag}{written}{comment}"]


@st.composite
def manifests(draw: st.DrawFn) -> tuple[bytes, int]:
    """A file of one to three documents, and how many they are."""
    documents = [draw(mapping(3, 0)) for _ in range(draw(st.integers(1, 3)))]
    lines = [*documents[0], *(line for document in documents[1:] for line in ["---", *document])]
    if draw(st.booleans()):
        lines = ["# A licence", "---", *lines]
    text = draw(st.sampled_from(["\n", "\n", "\r\n", "\r"])).join([*lines, ""])
    if draw(st.integers(0, 3)) == 0:
        text = text.rstrip("\r\n")
    return draw(st.sampled_from([b"", b"", b"\xef\xbb\xbf"])) + text.encode(), len(documents)


def load(data: bytes) -> list[Any]:
    """What PyYAML's composer, which has no part in the edit's own check, reads; every scalar as text."""
    text = data.decode("utf-8-sig").replace("&anchor ", "")  # the composer takes no name twice; Flux does
    return list(yaml.load_all(text, yaml.CBaseLoader))


def put(value: Any, path: Sequence[str], new: Any) -> Any:
    """`value` with what the path leads to replaced."""
    below = value if isinstance(value, dict) else {}
    return {**below, path[0]: put(below.get(path[0], {}), path[1:], new)} if path else new


def common(first: bytes, second: bytes) -> int:
    """How many bytes two texts have in common at their start."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=False)))


def edit_or_none(data: bytes, document: int, path: tuple[str, ...]) -> EditedFile | None:
    """The edit, None where it is refused by name."""
    try:
        return editor.apply(data, document, SetValue(path=path, value=0))
    except EditRefused as refused:
        if refused.reason in REASONS:
            return None
        raise


paths = st.lists(KEYS, min_size=1, max_size=3).map(tuple)


@settings(max_examples=examples(120))
@given(manifest=manifests(), document=st.integers(0, 2), path=paths)
def test_the_value_is_set_and_no_other_document_or_field_changes(
    manifest: tuple[bytes, int], document: int, path: tuple[str, ...]
) -> None:
    data, count = manifest
    edited = edit_or_none(data, document % count, path)
    if edited and edited.content != data:
        expected = load(data)
        expected[document % count] = put(expected[document % count], path, "0")
        assert load(edited.content) == expected


@settings(max_examples=examples(120))
@given(manifest=manifests(), document=st.integers(0, 2), path=paths)
def test_every_byte_outside_of_the_value_stays(
    manifest: tuple[bytes, int], document: int, path: tuple[str, ...]
) -> None:
    data, count = manifest
    edited = edit_or_none(data, document % count, path)
    if edited is None:
        return
    prefix = common(data, edited.content)
    suffix = common(data[prefix:][::-1], edited.content[prefix:][::-1])
    removed = data[prefix : len(data) - suffix]
    if edited.previous is ABSENT and not edited.filled:
        assert removed.strip() in (b"", b"{}"), "an insertion takes nothing away but the braces of an empty mapping"
    elif not isinstance(edited.previous, dict | list) and b"\n" not in str(edited.previous).encode():
        assert not {b"\n"[0], b"\r"[0]}.intersection(removed), "the value of one line is all that goes"


@settings(max_examples=examples(120))
@given(manifest=manifests(), document=st.integers(0, 2), path=paths)
def test_setting_it_twice_is_setting_it_once(manifest: tuple[bytes, int], document: int, path: tuple[str, ...]) -> None:
    data, count = manifest
    edited = edit_or_none(data, document % count, path)
    if edited:
        again = editor.apply(edited.content, document % count, SetValue(path=path, value=0))
        assert again.content == edited.content


@settings(max_examples=examples(120))
@given(manifest=manifests(), document=st.integers(0, 2), path=paths)
def test_removing_what_was_inserted_gives_the_bytes_back(
    manifest: tuple[bytes, int], document: int, path: tuple[str, ...]
) -> None:
    data, count = manifest
    edited = edit_or_none(data, document % count, path)
    if edited and edited.previous is ABSENT:
        back = editor.apply(
            edited.content,
            document % count,
            RemoveValue(path=path, parents=edited.created, leave_null=edited.filled),
        )
        # An empty value may have been written as ~ and comes back as null.
        assert back.content.replace(b"null", b"~") == data if edited.filled else back.content == data
