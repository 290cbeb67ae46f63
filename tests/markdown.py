"""Finds the commands in Markdown: the blocks that a shell reads, and the mark before each, a comment."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
_BLOCK = re.compile(r"(?:^<!-- (.*?) -->\n)?^( *)```(\w*)\n(.*?)^\2```", re.MULTILINE | re.DOTALL)
_SHELLS = {"sh", "bash", "shell", "console"}


@dataclass(frozen=True, kw_only=True)
class Block:
    """A block of commands; `console` shows their output, too."""

    file: str
    mark: str
    language: str
    text: str

    @property
    def commands(self) -> list[tuple[str, str]]:
        """Return the commands of a session, each with what it prints."""
        text = self.text.replace("\\\n", "")
        parts = re.split(r"^\$ (.*)\n", text, flags=re.MULTILINE)
        return list(zip(parts[1::2], parts[2::2], strict=True))

    def __str__(self) -> str:
        return f"{self.file}: {self.text.splitlines()[0][:50]}"


def documents() -> list[str]:
    """Return the paths of all Markdown files, without those that are data."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()
    return sorted(name for name in set(names) if not name.startswith("tests/data/") and (ROOT / name).exists())


def blocks(file: str) -> Iterator[Block]:
    """Yield the blocks of commands in a file."""
    for mark, _, language, text in _BLOCK.findall((ROOT / file).read_text()):
        if language in _SHELLS:
            yield Block(file=file, mark=mark, language=language, text=text)
