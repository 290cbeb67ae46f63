"""Links to what a report names: commits, files, runs, workflows. Plain names where GitHub's address is not known.

Decides nothing about what is linked.
"""

from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from urllib.parse import quote, urlsplit

from ..escape import markdown_code

RESTORE = "restore.yml"
_SHORT = 12  # characters of a commit's name
_GITHUB = "github.com"


@dataclass(frozen=True, kw_only=True)
class Links:
    """Where a run is on GitHub. Files are shown as of `revision`; the desired state is in `folder`."""

    repository: str | None = None  # the address of its page
    revision: str = ""
    folder: str = ""
    run_id: str = ""
    workflow: str = "respond.yml"

    def at(self, revision: str | None) -> "Links":
        """Return the links that show files as of another commit, or these if there is none."""
        return replace(self, revision=revision) if revision else self

    @property
    def run(self) -> str:
        """Return a link to the run, empty if its address is not known."""
        return self._link("this run", f"actions/runs/{self.run_id}") if self.repository and self.run_id else ""

    @property
    def restore(self) -> str:
        """Return a link to the workflow that undoes responses."""
        return self._link("the restore workflow", f"actions/workflows/{RESTORE}")

    @property
    def respond(self) -> str:
        """Return a link to the workflow of this run."""
        return self._link("the workflow", f"actions/workflows/{quote(self.workflow)}")

    @property
    def history(self) -> str:
        """Return a link to the commits of the repository."""
        return self._link("the history", "commits")

    @property
    def gh_option(self) -> str:
        """Return the option that names the repository to GitHub's command line, empty if it is not known."""
        if not self.repository:
            return ""
        address = urlsplit(self.repository)
        host = "" if address.netloc == _GITHUB else f"{address.netloc}/"
        return f" --repo {host}{address.path.strip('/')}"

    def commit(self, sha: str) -> str:
        """Return a link to a commit."""
        return self._link(markdown_code(sha[:_SHORT]), f"commit/{quote(sha)}")

    def file(self, name: object, line: int | None = None) -> str:
        """Return a link to a file of the desired state, or to a line of it."""
        return self._blob(str(PurePosixPath(self.folder, str(name))), str(name), line)

    def top_file(self, name: object, line: int | None = None, *, text: object = "") -> str:
        """Return a link to a file of the repository, or to a line of it, with a text of its own."""
        return self._blob(str(name), str(text or name), line)

    def _blob(self, path: str, text: str, line: int | None) -> str:
        is_path = path.endswith(text)
        label = markdown_code(text, limit=300) + (f" line {line}" if line and is_path else "")
        if not self.revision or path.startswith(("/", "..")):
            return label
        return self._link(label, f"blob/{quote(self.revision)}/{quote(path)}" + (f"#L{line}" if line else ""))

    def _link(self, text: str, path: str) -> str:
        return f"[{text}]({self.repository}/{path})" if self.repository else text
