"""The trees of tests/data/trees: files, the entry paths of clusters, and what becomes of pods."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from responder.gitops.checkout import Checkout

DATA = Path(__file__).parents[2] / "data" / "trees"


@dataclass(frozen=True, kw_only=True)
class Tree:
    """One tree; `entries` maps clusters to entry paths and is empty where the tree itself has to show them."""

    name: str
    contents: Mapping[str, str]
    entries: Mapping[str, str]
    cases: tuple[Mapping[str, Any], ...]
    skipped: tuple[str, ...] | None
    clusters: tuple[str, ...] | None
    rendered: bool

    def __str__(self) -> str:
        return self.name

    @property
    def checkout(self) -> Checkout:
        return Checkout.from_contents({path: content.encode() for path, content in self.contents.items()})

    def write(self, root: Path) -> None:
        for path, content in self.contents.items():
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content)


def read() -> Iterator[Tree]:
    """All trees, in order."""
    for path in sorted(DATA.glob("*.yaml")):
        data = yaml.safe_load(path.read_text())
        yield Tree(
            name=path.stem,
            contents=data["files"],
            entries=data.get("entries", {}),
            cases=tuple(data["cases"]),
            skipped=tuple(data["skipped"]) if "skipped" in data else None,
            clusters=tuple(data["clusters"]) if "clusters" in data else None,
            rendered="unrendered" not in data,
        )


TREES = {tree.name: tree for tree in read()}
