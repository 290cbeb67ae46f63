"""Decides whether a checkout is all of the desired state: in a part of it, an edit could reach what is not seen."""

import os
import posixpath
from collections.abc import Sequence
from pathlib import PurePosixPath

from ..errors import BadInput
from ..escape import one_line
from ..gitops.checkout import Checkout, is_ignored_folder, is_manifest
from ..plan import absent_clusters
from ..publish.git import Git
from ..rules.model import Rules

_FOLDER_LIMIT = 5  # folders, in a message
_SYMBOLIC_LINK = "120000"
_SOURCE_IGNORE = ".sourceignore"


def require_rules(git: Git, name: str) -> None:
    """Raise BadInput if the repository has the rules file `name`, but the checkout lacks it."""
    path = posixpath.normpath(name)
    if os.path.lexists(git.top() / name) or path.startswith(".."):
        return
    if git.run("ls-tree", "--full-tree", "HEAD", "--", path):
        raise BadInput(f"the checkout lacks {one_line(name)}, which the repository has: check it out too")


def require_all(git: Git) -> None:
    """Raise BadInput if the checkout lacks files of the desired state."""
    if missing := missing_files(git):
        raise BadInput(_describe(missing))


def find_problems(git: Git, ruleset: Rules, checkout: Checkout) -> list[str]:
    """Return in which ways the checkout lacks a part of the desired state."""
    missing = missing_files(git)
    absent = absent_clusters.find(ruleset, checkout).items()
    return [*([_describe(missing)] if missing else []), *(absent_clusters.describe(*entry) for entry in absent)]


def missing_files(git: Git) -> list[PurePosixPath]:
    """Return the files of the checked-out commit that Flux reads and the work tree lacks."""
    return [
        path
        for path, entry in git.entries().items()
        if (entry.mode == _SYMBOLIC_LINK or is_manifest(path.name) or path.name == _SOURCE_IGNORE)
        and not any(map(is_ignored_folder, path.parts))
        and not entry.is_submodule
        and not os.path.lexists(git.root / path)
    ]


def _describe(missing: Sequence[PurePosixPath]) -> str:
    folders = list(dict.fromkeys(path.parts[0] + "/" if len(path.parts) > 1 else str(path) for path in missing))
    names = ", ".join(one_line(folder, limit=80) for folder in folders[:_FOLDER_LIMIT])
    others = " and others" if len(folders) > _FOLDER_LIMIT else ""
    return (
        f"the checkout lacks {len(missing)} files of the desired state, in {names}{others}: what they share with the "
        "rest could be changed for them too. Check out everything that Flux reads (without `sparse-checkout:`, or with "
        "these folders in it), or set the input `directory` to the folder that holds all of it"
    )
