"""Whether rendered clusters differ in a response and in nothing else.

In the cluster of a response its object has to become what is claimed; every other object of every cluster has to stay
the same. Decides nothing about how targets are rendered: that is handed in.
"""

from collections.abc import Callable, Mapping, Sequence

from ..errors import BrokenFolder, NotRendered
from .claim import Claim, explains, is_rendering_of
from .render_target import RenderTarget
from .rendered import ObjectKey, Objects, diff, differing_keys, label
from .standing import Proof, Standing

Render = Callable[[RenderTarget], Objects]


def compare(
    targets: Mapping[RenderTarget, RenderTarget],
    claims: Sequence[Claim],
    *,
    render_before: Render,
    render_after: Render,
) -> Proof:
    """Return how the claims stand. `targets` maps each target as it is before to what it is after.

    A target that does not render before leaves no proof; if the repository's own content is why, the edit does not mend
    that, and no other target shows the response, the folder is not built. A target that does not render only after
    disproves.
    """
    confirmed: list[Claim] = []
    diffs: list[str] = []
    unrendered: list[str] = []
    broken: dict[str, list[str]] = {}  # reasons by cluster
    for target, successor in targets.items():
        try:
            objects_before = render_before(target)
        except NotRendered as error:
            unrendered.append(str(error))
            if isinstance(error, BrokenFolder) and not _renders(render_after, successor):
                broken.setdefault(target.cluster, []).append(str(error))
            continue
        try:
            objects_after = render_after(successor)
        except NotRendered as error:
            return Proof(standing=Standing.DISPROVED, reason=f"{target} does not render any more: {error}")
        for key in differing_keys(objects_before, objects_after):
            content_before, content_after = objects_before.get(key), objects_after.get(key)
            diffs.append(diff(f"{label(key)} of {target}", content_before, content_after))
            if _is_followed(targets, target.cluster, key):
                continue
            relevant = [claim for claim in claims if claim.is_about(target, key)]
            if not explains(relevant, content_before, content_after):
                reason = f"{label(key)} of {target} would change, which is not the response"
                return Proof(standing=Standing.DISPROVED, reason=reason, diff="\n".join(diffs))
            confirmed += relevant
    unconfirmed = [claim for claim in claims if claim not in confirmed]
    reasons = [reason for claim in unconfirmed for reason in broken.get(claim.cluster, ())]
    if reasons:
        reason = f"Flux cannot build it, and applies nothing until that is mended: {'; '.join(dict.fromkeys(reasons))}"
        return Proof(standing=Standing.NOT_BUILT, reason=reason, diff="\n".join(diffs))
    return _conclusion(targets, list(map(str, unconfirmed)), unrendered, "\n".join(diffs))


def _conclusion(
    targets: Mapping[RenderTarget, RenderTarget], unconfirmed: list[str], unrendered: list[str], differences: str
) -> Proof:
    if unrendered:
        reason = "; ".join(dict.fromkeys(unrendered))
        return Proof(standing=Standing.NOT_POSSIBLE, reason=reason, diff=differences)
    if unconfirmed:
        reason = f"the commit would do nothing to {', '.join(unconfirmed)}: its rendering stays the same"
        return Proof(standing=Standing.DISPROVED, reason=reason, diff=differences)
    folders = "; ".join(map(str, targets))
    reason = f"the response is the only difference in {folders}"
    return Proof(standing=Standing.PROVED, reason=reason, diff=differences)


def _renders(render: Render, target: RenderTarget) -> bool:
    """Return whether a target renders: an edit can mend a folder."""
    try:
        render(target)
    except NotRendered:
        return False
    return True


def _is_followed(targets: Mapping[RenderTarget, RenderTarget], cluster: str, key: ObjectKey) -> bool:
    """Return whether an object is a Flux Kustomization whose own folder is compared, which shows what it leads to."""
    syncs = [target.applier for target in targets if target.applier]
    return any(is_rendering_of(sync, cluster, key) for sync in syncs)
