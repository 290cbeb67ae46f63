"""Escapes text of an attacker for where it is printed: logs, commit messages, Markdown, workflow commands.

Every field of an event is such text: pod names, command lines, rule names.
"""

import re

_LIMIT = 500


def one_line(text: object, *, limit: int = _LIMIT) -> str:
    """Return one printable line of at most `limit` characters, for logs, commit messages and error messages.

    Control, format and line-separating characters (they can also reverse or hide text) become escapes.
    """
    line = "".join(char if char.isprintable() else _escape(char) for char in str(text))
    return line if len(line) <= limit else line[: limit - 3] + "..."


def markdown_code(text: object, *, limit: int = _LIMIT) -> str:
    """Return a code span for GitHub Markdown and its tables, in which nothing is markup, a mention or a link."""
    encoded = re.sub(r"[^\w /-]|_", lambda match: f"&#{ord(match[0])};", one_line(text, limit=limit))
    return f"<code>{encoded}</code>"


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


def _escape(char: str) -> str:
    return char.encode("unicode_escape", "backslashreplace").decode()
