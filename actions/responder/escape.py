"""Makes text of an attacker harmless for where it is printed: commits, Markdown, annotations, JSON, errors, logs.

Every field of an event is such text: pod names, command lines, rule names. GitHub acts on text: it links addresses,
references and commits, notifies people, closes issues, skips workflows, credits authors. `one_line` alone is for text
that another function here encodes later, or that GitHub never reads.
"""

import html
import json
import re

_LIMIT = 500
# What GitHub acts on in plain text. Each match is the one character that, encoded, takes the effect away; a commit's
# name is matched as a whole.
# https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/autolinked-references-and-urls
# https://docs.github.com/en/actions/how-tos/manage-workflow-runs/skip-workflow-runs
# https://docs.github.com/en/issues/tracking-your-work-with-issues/using-issues/linking-a-pull-request-to-an-issue
# https://github.github.com/gfm/#autolinks-extension-
_ACTIVE = re.compile(
    r"""
    %(?=[0-9a-f]{2})                                 # our own mark, so that the text can be decoded
    | @(?=\w) | \#(?=\w)                             # mentions and references
    | \[(?!bot\])(?=\s*[a-z]) | \*(?=\*)              # [skip ci] and ***NO_CI***
    | <(?=[a-z!/?])                                  # HTML
    | :(?=//)                                        # an address
    | (?<=\bmailto)(?-i::) | (?<=\bxmpp)(?-i::)
    | (?<=\bwww)\.                                   # an address without a scheme
    | (?<=\bGH)-(?=\d) | (?-i:(?<=[A-Z]{2})-(?=\d))  # GH-1, and what looks like a reference to another tracker
    | (?<=\bGHSA)-
    | (?<=-by)\s*: | (?<=-of)\s*: | (?<=-checks)\s*: # trailers that credit people or skip checks
    | :(?=(?:[a-z+-][\w+-]*|100|1234|8ball):)        # the name of an emoji
    | (?<![\w-])[0-9a-f]{7,64}(?![\w-])              # a commit
    """,
    re.VERBOSE | re.IGNORECASE,
)
_MARKUP = re.compile(rf"{_ACTIVE.pattern}|[^\w /-]|_", _ACTIVE.flags)
_COMMIT_PART = 5  # characters of a commit's name of which one is encoded: no seven in a row are left


def one_line(text: object, *, limit: int = _LIMIT) -> str:
    """Return one printable line of at most `limit` characters, for error messages and for the functions below.

    Control, format and line-separating characters (they can also reverse or hide text) become escapes.
    """
    line = "".join(char if char.isprintable() else _escape(char) for char in str(text))
    return line if len(line) <= limit else line[: limit - 3] + "..."


def plain(text: object, *, limit: int = _LIMIT) -> str:
    """Return one line for a commit message, a title, an annotation or a log, on which GitHub does not act.

    Characters that would make it act are percent-encoded, as in an address: `[skip ci]` becomes `%5Bskip ci]`.
    """
    line = _ACTIVE.sub(lambda match: _encode(match[0], "%{:02X}"), one_line(text, limit=limit))
    return line if len(line) <= limit else re.sub("%[0-9A-F]?$", "", line[: limit - 3]) + "..."


def json_text(value: object) -> str:
    """Return compact JSON in which GitHub acts on nothing if somebody prints it; it is decoded to the same value."""
    text = json.dumps(value, separators=(",", ":"))
    return re.sub(r'"(?:[^"\\]|\\.)*"', lambda match: _ACTIVE.sub(_json_escape, match[0]), text)


def markdown_code(text: object, *, limit: int = _LIMIT) -> str:
    """Return a code span for GitHub Markdown and its tables, in which nothing is markup, a mention or a link.

    Its source does nothing either: a squash merge can make it the message of a commit. Thus no decimal entities, which
    look like references.
    """
    encoded = _MARKUP.sub(lambda match: _encode(match[0], "&#x{:x};"), one_line(text, limit=limit))
    return f"<code>{encoded}</code>"


def html_text(text: object, *, limit: int = _LIMIT) -> str:
    """Return text for an element or a quoted attribute of an HTML page, in which nothing is markup."""
    return html.escape(one_line(text, limit=limit))


def markdown_text(text: object, *, limit: int = _LIMIT) -> str:
    """Return a sentence of ours with names in it, for GitHub Markdown, in which nothing is markup or acted on."""
    return _MARKUP.sub(lambda match: _encode(match[0], "&#x{:x};"), plain(text, limit=limit))


def fenced(text: str, language: str) -> str:
    """Return a fenced block of GitHub Markdown that `text` cannot close."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}\n"


def command_data(text: object) -> str:
    """Return the message of a workflow command, encoded as the toolkit of GitHub Actions does."""
    return str(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def command_property(text: object) -> str:
    """Return an encoded property (file, line, title) of a workflow command."""
    return command_data(text).replace(":", "%3A").replace(",", "%2C")


def _encode(text: str, form: str) -> str:
    """Return text with its last character encoded; of a commit's name, every fifth one."""
    if not text.isalnum():
        return text[:-1] + form.format(ord(text[-1]))
    return "".join(
        form.format(ord(char)) if index % _COMMIT_PART == _COMMIT_PART - 1 else char for index, char in enumerate(text)
    )


def _json_escape(match: re.Match[str]) -> str:
    return _encode(match[0], "\\u{:04x}")


def _escape(char: str) -> str:
    return char.encode("unicode_escape", "backslashreplace").decode()
