"""Text of an attacker, made safe for logs, Markdown and workflow commands."""

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from responder import escape
from tests.actions.active_text import EXAMPLES, acts_in_markdown
from tests.actions.report import pages

MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
markup = st.text("`~*_|<>&;#[]()!@\\\n\r\t -+=:/aA1") | st.text()
HOSTILE = [
    pytest.param("Terminal\nshell", "Terminal\\nshell", id="line break"),
    pytest.param("a\r\x1b[31mred", "a\\r\\x1b[31mred", id="terminal escape"),
    pytest.param("a\u202egnp.exe", "a\\u202egnp.exe", id="text turned around"),
    pytest.param("a\u2028b\u2029c", "a\\u2028b\\u2029c", id="line separators of Unicode"),
    pytest.param("\ud800", "\\ud800", id="lone surrogate"),
    pytest.param("Règle ünïcode 100% 🦅", "Règle ünïcode 100% 🦅", id="letters stay"),
]


@pytest.mark.parametrize(("text", "expected"), HOSTILE)
def test_one_line_shows_what_does_not_print_as_an_escape(text: str, expected: str) -> None:
    assert escape.one_line(text) == expected


def test_one_line_is_bounded() -> None:
    assert escape.one_line("x" * 1000, limit=10) == "xxxxxxx..."


@given(st.text())
def test_one_line_is_one_printable_line_of_any_text(text: str) -> None:
    line = escape.one_line(text)
    assert line.isprintable()
    assert len(line.splitlines()) <= 1
    line.encode()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("[ skip ci]", "%5B skip ci]", id="a blank in the brackets"),
        pytest.param("[1] a[0]", "[1] a[0]", id="brackets around numbers"),
        pytest.param("Signed-off-by : M", "Signed-off-by %3A M", id="a blank before the colon"),
        pytest.param("xmpp:a b", "xmpp%3Aa b", id="an address of a chat"),
        pytest.param("100% %41", "100% %2541", id="what looks encoded"),
    ],
)
def test_plain_text_loses_what_github_acts_on_and_nothing_else(text: str, expected: str) -> None:
    assert escape.plain(text) == expected


@pytest.mark.parametrize("limit", [7, 8, 9])
def test_plain_text_is_not_cut_within_what_is_encoded(limit: int) -> None:
    assert escape.plain("@a@a@a", limit=limit) == "%40a..."


@given(st.lists(st.sampled_from(["%", "41", "@a", "[skip ci]", "29fec22c1f5e", "#1", "é", " ", "x"]), max_size=12))
def test_plain_text_can_be_decoded(parts: list[str]) -> None:
    text = "".join(parts)
    assert unquote(escape.plain(text)) == text


@given(st.text())
def test_markdown_code_leaves_no_character_that_markdown_or_html_reads(text: str) -> None:
    inside = escape.markdown_code(text).removeprefix("<code>").removesuffix("</code>")
    assert not set(inside) & set("<>`|*[]()!@\\\n\r\"'~{}:$")


def test_markdown_code_does_not_close_its_table_cell_or_code_span() -> None:
    assert escape.markdown_code("a|b`</code>@x") == "<code>a&#x7c;b&#x60;&#x3c;/code&#x3e;&#x40;x</code>"


@given(st.text(alphabet="`\n a"))
def test_a_fenced_block_cannot_be_closed_from_inside(text: str) -> None:
    block = escape.fenced(text, "diff").splitlines()
    fence = block[-1]
    assert block[0] == f"{fence}diff"
    assert not any(line.strip().startswith(fence) for line in block[1:-1])


def test_command_data_and_properties_are_encoded_as_the_toolkit_does() -> None:
    assert escape.command_data("50%\r\n::error::x") == "50%25%0D%0A::error::x"
    assert escape.command_property("a:b,c\n") == "a%3Ab%2Cc%0A"


@given(markup, st.integers(10, 100))
def test_a_code_span_is_rendered_as_the_text_in_one_line_and_nothing_else(text: str, limit: int) -> None:
    [opened, inline, closed] = MARKDOWN.parse(f"x {escape.markdown_code(text, limit=limit)} y")
    assert (opened.type, closed.type) == ("paragraph_open", "paragraph_close")
    children = inline.children or []
    tags = [child.content for child in children if child.type == "html_inline"]
    texts = [child.content for child in children if child.type in ("text", "text_special")]
    assert tags == ["<code>", "</code>"]
    assert len(tags) + len(texts) == len(children)
    assert "".join(texts) == f"x {escape.one_line(text, limit=limit)} y"


@given(markup)
def test_a_code_span_stays_in_its_table_cell(text: str) -> None:
    tokens = MARKDOWN.parse(f"| a | b |\n| --- | --- |\n| {escape.markdown_code(text)} | end |\n")
    cells = [tokens[index + 1].content for index, token in enumerate(tokens) if token.type == "td_open"]
    assert len(cells) == 2
    assert cells[1] == "end"


@given(markup)
def test_a_fenced_block_is_one_block_to_a_markdown_parser(text: str) -> None:
    tokens = MARKDOWN.parse(f"{escape.fenced(text, 'diff')}\nend\n")
    assert [token.type for token in tokens] == ["fence", "paragraph_open", "inline", "paragraph_close"]
    assert tokens[0].info == "diff"
    assert tokens[2].content == "end"


@given(markup)
def test_a_workflow_command_stays_one_line(text: str) -> None:
    line = f"::error file={escape.command_property(text)},line=1::{escape.command_data(text)}"
    properties, _, data = line.removeprefix("::error ").partition("::")
    assert not {"\r", "\n"} & set(line)
    assert properties.count(",") == 1
    assert data.replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%") == text


@pytest.mark.parametrize("text", [*EXAMPLES.values(), *pages.HOSTILE])
def test_text_outside_of_code_is_neither_markup_nor_acted_on(text: str) -> None:
    markdown = escape.markdown_text(text)
    assert acts_in_markdown(f"| a |\n| --- |\n| {markdown} |", links="none") == []
    assert pages.Page(f"a {markdown}").elements == {"p": 1}


@pytest.mark.parametrize("text", ["a | b *c* _d_ `e` <f", "rule 'shells': apps/prod/kustomization.yaml line 8 (new)"])
def test_text_outside_of_code_stays_readable(text: str) -> None:
    assert pages.Page(escape.markdown_text(text)).text == text.replace("<f", "%3Cf")
