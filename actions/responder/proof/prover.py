"""Proves responses with `kustomize build`: renders every target that the edited files reach, before and after.

Decides what is rendered and how often. Whether a difference is the response is for comparison.py to say.
"""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from ..errors import NotRendered
from ..gitops.checkout import changed_files
from ..gitops.flux.desired_state import DesiredState
from .claim import Claim
from .comparison import compare
from .kustomize_build import Copy, Renderer
from .render_target import RenderTarget, reached_targets
from .rendered import Objects
from .standing import Proof, Standing

_STATE_BEFORE, _STATE_AFTER = "before", "after"


class KustomizeProver:
    """Proves responses in copies of the sources below `folder`. Without `kustomize` no proof is possible.

    `copy` copies a file of the checkout that is no manifest. Without it, the content that the checkout has is written.
    """

    def __init__(self, kustomize: str | None, folder: Path, *, required: bool, copy: Copy | None = None) -> None:
        self.required = required
        self._copy = copy
        self._kustomize = kustomize
        self._folder = folder
        self._renderers: dict[tuple[str, str], Renderer] = {}
        self._failures: dict[RenderTarget, NotRendered] = {}

    def prove(self, desired_before: DesiredState, desired_after: DesiredState, claims: Sequence[Claim]) -> Proof:
        """Return how the claims of a response stand against both renderings."""
        if self._kustomize is None:
            return Proof(standing=Standing.NOT_POSSIBLE, reason="there is no kustomize on the PATH")
        files = {str(path) for path in changed_files(desired_before.checkout, desired_after.checkout)}
        targets = dict(reached_targets(desired_before, desired_after, files))
        if not targets:
            return Proof(standing=Standing.NOT_POSSIBLE, reason=f"no folder reads {', '.join(sorted(files))}")
        render_after = partial(self._render, _STATE_AFTER, kustomize=self._kustomize)
        render_before = partial(self._render_before, kustomize=self._kustomize)
        return compare(targets, claims, render_before=render_before, render_after=render_after)

    def _render_before(self, target: RenderTarget, *, kustomize: str) -> Objects:
        """Render a target as it is before. What has failed is not tried again: a fetch that fails can take a minute."""
        if target in self._failures:
            raise self._failures[target]
        try:
            return self._render(_STATE_BEFORE, target, kustomize=kustomize)
        except NotRendered as error:
            self._failures[target] = error
            raise

    def _render(self, state: str, target: RenderTarget, *, kustomize: str) -> Objects:
        """Render a target; each source has a copy of its own for each of both states."""
        key = state, target.source
        if key not in self._renderers:
            root = self._folder / f"{state}-{len(self._renderers)}"
            root.mkdir()
            self._renderers[key] = Renderer(root, kustomize, copy=self._copy)
        return self._renderers[key].render_target(target)


@contextmanager
def kustomize_prover(*, required: bool, copy: Copy | None = None) -> Iterator[KustomizeProver]:
    """Yield a prover with the kustomize that is on the PATH, if there is one."""
    with tempfile.TemporaryDirectory(prefix="falco-dispatch-") as folder:
        yield KustomizeProver(shutil.which("kustomize"), Path(folder), required=required, copy=copy)
