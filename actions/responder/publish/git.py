"""The few git operations that a response needs, on the checkout of the desired-state repository.

Commits are made from objects, beside the index and the work tree: what is staged, ignored or read-only there is no part
of them. A question that git cannot answer raises GitFailed; an empty answer always means that there is nothing.
"""

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from ..errors import EditRefused, GitFailed, PushLost, PushRefused
from ..escape import one_line
from .process import GitProcess
from .tree_entry import Draft, TreeEntry, find_obstacle, parse_entries

# What git says when the branch moved under a push, or another push holds it just now: worth planning again.
_LOST_RACE = (
    "fetch first",
    "non-fast-forward",
    "stale info",
    "cannot lock ref",
    "failed to update ref",
    "incorrect old value",
)
_DIFF = ("--no-color", "--no-ext-diff", "--no-textconv", "--no-renames", "--text", "--src-prefix=a/", "--dst-prefix=b/")
_MOST_CONFLICTS = 127  # that `git merge-file` counts in its exit code; a higher code is an error


@dataclass(frozen=True, kw_only=True)
class Git(GitProcess):
    """A checkout, its remote `origin` and the credential for it."""

    def top(self) -> Path:
        """Return the root of the checkout that `root` lies in."""
        return Path(self.run("rev-parse", "--show-toplevel").rstrip("\n"))

    def head(self) -> str:
        """Return the SHA of the commit that is checked out."""
        return self.run("rev-parse", "HEAD").strip()

    def entries(self, commit: str = "HEAD") -> dict[PurePosixPath, TreeEntry]:
        """Return the files, links and submodules below `root` that a commit has."""
        return parse_entries(self.read("ls-tree", "-r", "-z", commit))

    def draft(self, files: Mapping[PurePosixPath, bytes | None]) -> Draft:
        """Return the checked-out commit's tree with the content of some files replaced; None removes a file.

        Raises EditRefused where a path cannot be committed.
        """
        entries = self.entries()
        blobs: dict[PurePosixPath, str | None] = {}
        lines: list[str] = []
        for path, data in files.items():
            if obstacle := self.find_obstacle(path, entries):
                raise EditRefused("not-committable", obstacle)
            entry = entries.get(path)
            blobs[path] = None if data is None else self._write_blob(path, data, entry)
            mode = "0" if data is None else entry.mode if entry else "100644"
            lines.append(f"{mode} {blobs[path] or '0' * 40}\t{self.path_in_repository(path)}\0")
        with tempfile.TemporaryDirectory() as folder:
            environ = {"GIT_INDEX_FILE": f"{folder}/index"}
            self.run("read-tree", "HEAD", environ=environ)
            self.read("update-index", "-z", "--index-info", stdin=os.fsencode("".join(lines)), environ=environ)
            # A partial clone lacks most blobs, and none of them matters here.
            tree = self.run("write-tree", "--missing-ok", environ=environ).strip()
        return Draft(tree=tree, blobs=blobs)

    def diff(self, draft: Draft) -> str:
        """Return how a draft differs from the checked-out commit, as a unified diff."""
        return self.run("diff-tree", "-r", "-p", *_DIFF, "HEAD", draft.tree)

    def commit(self, draft: Draft, message: str) -> str:
        """Make a commit of a draft on top of the checked-out one, and return its SHA. No branch moves."""
        return self.run("commit-tree", draft.tree, "-p", "HEAD", stdin=message).strip()

    def blob(self, sha: str) -> bytes:
        """Return the content of a file as git stores it. Attributes can make it differ from that in the work tree."""
        return self.read("cat-file", "blob", sha)

    def path_in_repository(self, path: PurePosixPath) -> str:
        """Return a path below `root` as a path below the root of the repository."""
        return f"{self._prefix}{path}"

    def has_branch(self, branch: str) -> bool:
        """Return whether the remote has the branch now."""
        return bool(self.run("ls-remote", "--heads", "origin", f"refs/heads/{branch}"))

    def push(self, commit: str, branch: str) -> None:
        """Push a commit to `branch`, never by force, and check it out.

        Raises PushLost if the branch has moved on, PushRefused if the remote does not want the commit at all.
        """
        result = self.attempt("push", "--porcelain", "origin", f"{commit}:refs/heads/{branch}")
        output = (result.stdout + result.stderr).decode(errors="replace")
        if result.returncode == 0:
            # The commit is pushed: a file that cannot be written here, or has changes of its own, is no reason to fail.
            self.attempt("reset", "--quiet", "--keep", commit)
            return
        if any(reason in output for reason in _LOST_RACE):
            raise PushLost(branch)
        raise PushRefused(branch, one_line(self.without_token(output), limit=2000))

    def show(self, commit: str, path: PurePosixPath) -> bytes | None:
        """Return a file as of a commit, None if the commit does not have it."""
        listing = self.read("ls-tree", "-z", "--full-tree", commit, "--", self.path_in_repository(path))
        entry = parse_entries(listing).get(PurePosixPath(self.path_in_repository(path)))
        return self.blob(entry.sha) if entry and entry.is_file else None

    def renames(self, commit: str) -> dict[PurePosixPath, PurePosixPath]:
        """Return the files below `root` that have another path now than in a commit, by the path that they had."""
        output = self.read(
            "diff-tree", "-r", "-z", "-M", "--name-status", "--diff-filter=R", "--relative", commit, "HEAD"
        )
        fields = list(map(os.fsdecode, output.split(b"\0")))  # status, old path, new path, and again
        pairs = zip(fields[1::3], fields[2::3], strict=True)
        return {PurePosixPath(old): PurePosixPath(new) for old, new in pairs}

    def merge(self, current: bytes, ancestor: bytes, other: bytes) -> bytes | None:
        """Return two texts with the same ancestor as one, None if their changes touch."""
        with tempfile.TemporaryDirectory() as folder:
            names = []
            for name, data in (("current", current), ("ancestor", ancestor), ("other", other)):
                Path(folder, name).write_bytes(data)
                names.append(str(Path(folder, name)))
            result = self.attempt("merge-file", "--stdout", *names)
        if not 0 <= result.returncode <= _MOST_CONFLICTS:
            raise GitFailed("merge-file", one_line(result.stderr.decode(errors="replace"), limit=2000))
        return result.stdout if result.returncode == 0 else None

    def reset_to_tip(self, branch: str) -> None:
        """Check out the tip of `branch` as the remote has it now."""
        is_shallow = self.is_shallow()
        depth = ["--depth=1"] if is_shallow else []  # the branch may have left this one long ago
        self.fetch(*depth, branch=branch)
        self.run("reset", "--quiet", "--hard", "FETCH_HEAD")

    def is_shallow(self) -> bool:
        """Return whether the checkout lacks commits before a certain one."""
        return self.run("rev-parse", "--is-shallow-repository").strip() == "true"

    def fetch(self, *options: str, branch: str = "") -> None:
        """Fetch a branch, or what the configuration of the remote names."""
        refs = [f"refs/heads/{branch}"] if branch else []
        self.run("fetch", "--quiet", "--no-tags", "--no-recurse-submodules", *options, "origin", *refs)

    @cached_property
    def _prefix(self) -> str:
        return self.run("rev-parse", "--show-prefix").rstrip("\n")

    def find_obstacle(self, path: PurePosixPath, entries: Mapping[PurePosixPath, TreeEntry]) -> str | None:
        """Return why an edit of a path cannot be committed, or None. `entries` are those of the checked-out commit."""
        if obstacle := find_obstacle(path, entries):
            return obstacle
        entry, is_present = entries.get(path), (self.root / path).is_file()
        if entry is None:
            return f"{path} is not part of the commit that is checked out" if is_present else None
        if not is_present:
            return f"{path} is part of the commit that is checked out, but missing in the checkout"
        if entry.sha not in (self._hash(path, "--no-filters"), self._hash(path, f"--path={path}")):
            return f"{path} has changes in the checkout that are not committed"
        return None

    def _write_blob(self, path: PurePosixPath, data: bytes, entry: TreeEntry | None) -> str:
        """Store the content of a file and return its SHA, converted only if the checkout has converted the file."""
        is_converted = entry is not None and self._hash(path, "--no-filters") != entry.sha
        conversion = f"--path={path}" if is_converted else "--no-filters"
        return self.read("hash-object", "-w", conversion, "--stdin", stdin=data).decode().strip()

    def _hash(self, path: PurePosixPath, conversion: str) -> str:
        """Return the SHA that a file of the work tree would have in a commit."""
        data = (self.root / path).read_bytes()
        return self.read("hash-object", conversion, "--stdin", stdin=data).decode().strip()
