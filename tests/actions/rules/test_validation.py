"""Messages about broken rules files: every mistake with its position, and no rules."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from responder.errors import BadInput, BadRules
from responder.rules import parser
from tests.actions.rules.rulesfile import DATA, load, matching, responding


def messages_for(data: bytes) -> list[str]:
    with pytest.raises(BadRules) as caught:
        parser.parse(data, name="rules.yaml")
    return str(caught.value).splitlines()


def test_all_mistakes_of_a_file_are_reported_together() -> None:
    with pytest.raises(BadRules) as caught:
        parser.parse((DATA / "mistakes.yaml").read_bytes(), name="mistakes.yaml")
    assert str(caught.value).splitlines() == (DATA / "mistakes.txt").read_text().splitlines()
    assert isinstance(caught.value, BadInput)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("§", "the file is empty; write rules, or delete the file", id="empty"),
        pytest.param("§# nothing yet\n", "the file is empty", id="comments only"),
        pytest.param("§[]", "the file is []; expected a mapping", id="list"),
        pytest.param("version: 1§\x00", r"character '\x00' is not allowed", id="control character"),
        pytest.param("version: 1\nrules: >§=Notice", 'needs quotes, as in ">=Notice"', id="unquoted >="),
        pytest.param("version: 1\nrules: [*§]", 'needs quotes, as in "*"', id="unquoted *"),
        pytest.param("version: 1\nrules: [§*-prod]", 'needs quotes, as in "*-prod"', id="unquoted glob"),
        pytest.param("version: 1\nrules: §@x", "quote the text", id="sign that YAML keeps for itself"),
        pytest.param("version: 1\n§\trules: x", "with spaces, not with tabs", id="tab"),
        pytest.param("version: 1\nrules: a§: b", "text with a colon and a space in it needs quotes", id="colon"),
        pytest.param("version: 1\n§---\nrules: []", "keep one document", id="two documents"),
        pytest.param("§{a: &a [*a]}", "remove the alias that contains itself", id="alias of itself"),
        pytest.param("version: 1\n? §[a]\n: b\nrules: [x]", "a key must be text", id="list as a key"),
        pytest.param("version: §!!int x\nrules: [x]", "quote it", id="wrong standard tag"),
        pytest.param(
            "version: §!v 1\nrules: [x]", '`!v` is read as a YAML tag; to write text, quote it: "!v"', id="tag"
        ),
        pytest.param("version: 1\nrules: §!!set {a}", "is read as a YAML tag", id="standard tag of another kind"),
        pytest.param("version: 1\n§version: 1\nrules: [x]", "occurs twice; the first is in line 1", id="twice"),
        pytest.param(matching("§{}"), 'is empty; to match every event, write rules: ["*"]', id="empty match"),
        pytest.param(
            "version: 1\nrules:\n  - match:§\n", "is null; expected a mapping; to match every event", id="no match"
        ),
        pytest.param(matching("{rules: §[]}"), "is an empty list", id="empty list"),
        pytest.param(matching("{priority:§ }"), "is null; expected text or a list", id="Talon's empty priority"),
        pytest.param(matching("{§name_spaces: [a]}"), "did you mean `namespaces`?", id="typo"),
        pytest.param(responding("§{stop: {}, remove: {}}"), "write one entry for each", id="two in one"),
        pytest.param(responding("§scale"), "did you mean `scale: {replicas: 0}`?", id="no parameters"),
        pytest.param(responding("{§terminate: {}}"), "did you mean `stop`?", id="Talon's word"),
        pytest.param(responding("{scale: {replicas: §33%}}"), "expected a whole number", id="percentage"),
        pytest.param(responding("{scale: {replicas: §1.5}}"), "is 1.5; expected a whole number", id="half"),
        pytest.param(
            "limits: {§responses_per_hour: 1}\n" + responding("stop"),
            "did you mean `responses-per-hour`?",
            id="underscore",
        ),
        pytest.param(
            "kinds: [{group: a.b, kind: C, pods: [§'{nam}-{number}']}]\n" + responding("stop"),
            "{nam} is not one of {name}, ",
            id="unknown part of a pod's name",
        ),
        pytest.param(
            "kinds: [{group: a.b, kind: C, pods: ['{name}'], stop: {§spec.pause: true}}]\n" + responding("stop"),
            "pointer",
            id="path that is no pointer",
        ),
        pytest.param(
            "clusters: {a: {path: §/etc}}\n" + responding("stop"), "must be below the root", id="absolute path"
        ),
        pytest.param(
            "clusters: {a: {path: §a/../../b}}\n" + responding("stop"),
            "must be below the root",
            id="path that leads out",
        ),
    ],
)
def test_a_mistake_is_reported_with_its_position_and_a_suggestion(text: str, message: str) -> None:
    """The § marks the position of the mistake."""
    prefix = text[: text.index("§")]
    position = f"rules.yaml:{prefix.count(chr(10)) + 1}:{len(prefix) - prefix.rfind(chr(10))}: "
    lines = messages_for(text.replace("§", "").encode())
    assert [line for line in lines if line.startswith(position) and message in line], lines


def test_of_very_many_mistakes_only_some_are_explained() -> None:
    keys = "".join(f"key{number}: 1\n" for number in range(2000))
    assert len(messages_for(f"version: 1\nrules: []\n{keys}".encode())) == 100


def test_bytes_that_are_not_utf8_are_reported_with_their_position() -> None:
    [line] = messages_for("version: 1\nrulés: ".encode() + b"\xff")
    assert line == "rules.yaml:2:8: character '\\udcff' is not allowed; save the file as UTF-8 without it"


def test_a_byte_order_mark_does_not_shift_positions() -> None:
    assert messages_for(b"\xef\xbb\xbf{verson: 1}")[1].startswith("rules.yaml:1:2: `verson` is not a valid key")


def test_text_of_the_file_is_bounded_and_escaped_in_messages() -> None:
    [line, *_] = messages_for(f'version: 1\nrules: ["{"x" * 5000}\\e[31m\\n::error::"]'.encode())
    assert line.isprintable()
    assert len(line) < 600


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(b" " * (parser.LIMIT + 1), "1,048,577 bytes; the limit is 1,048,576", id="large"),
        pytest.param(b"[" * 10_000, "nested too deeply", id="deep"),
        pytest.param(
            b"a: &a [x,x,x,x,x,x,x,x,x,x]\n"
            + b"".join(
                b"%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]\n" % (i + 1, i + 1, *[i] * 10)
                for i in range(97, 106)
            ),
            "more than 100,000 values",
            id="aliases of aliases",
        ),
    ],
)
def test_a_hostile_file_is_refused(data: bytes, message: str) -> None:
    assert [line for line in messages_for(data) if message in line]


TEXT = (DATA / "everything.yaml").read_text()


@given(st.integers(0, len(TEXT)), st.integers(0, 12), st.text("[]{}:,-#&*!|>'\"\n\t §ab1?", max_size=4))
@example(TEXT.index("match:"), len("match:"), "")
def test_a_damaged_file_is_read_or_refused_with_positions(start: int, length: int, insertion: str) -> None:
    damaged = TEXT[:start] + insertion + TEXT[start + length :]
    try:
        load(damaged)
    except BadRules as error:
        positions = [(mistake.line, mistake.column) for mistake in error.mistakes]
    else:
        positions = [(1, 1)]
    assert positions
    assert all(1 <= line <= damaged.count("\n") + 1 and column >= 1 for line, column in positions)
