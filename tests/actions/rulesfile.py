"""Response rules as text."""

from pathlib import Path

from responder import rules
from responder.rules import Rules

DATA = Path(__file__).parents[1] / "data" / "rules"
RULE = "version: 1\nrules:\n  - {name: a, match: %s, respond: %s}\n"


def load(text: str) -> Rules:
    return rules.load(text.encode(), name="rules.yaml")


def matching(match: str) -> str:
    return RULE % (match, "[stop]")


def responding(entry: str) -> str:
    return RULE % ('{rules: ["*"]}', f"[{entry}]")
