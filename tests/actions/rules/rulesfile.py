"""Response rules as text."""

from pathlib import Path

from responder.rules import parser
from responder.rules.model import Rules

DATA = Path(__file__).parents[2] / "data" / "rules"
RULE = "version: 1\nrules:\n  - {name: a, match: %s, respond: %s}\n"


def load(text: str) -> Rules:
    return parser.parse(text.encode(), name="rules.yaml")


def matching(match: str) -> str:
    return RULE % (match, "[stop]")


def responding(entry: str) -> str:
    return RULE % ('{rules: ["*"]}', f"[{entry}]")
