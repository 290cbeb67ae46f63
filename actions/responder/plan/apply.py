"""Applies what rules action for a workload to a checkout in memory.

Decides which edits it takes and what they claim to do; where each edit belongs is for gitops/placement to say.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ..errors import Refused, Unsupported
from ..gitops.checkout import Checkout
from ..gitops.placement.caveats import find_caveats
from ..gitops.placement.choice import choose_placement
from ..gitops.placement.desired_edit import RemoveResource, is_fulfilled
from ..gitops.source_tree import SourceTree
from ..gitops.workloads.target import Target
from ..proof.claim import AddedObject, Claim, EditedObject
from ..rules.actions import Action, Isolate, Remove, Stop
from .change import Change
from .edits import add_file, apply_placement
from .effects import Effect, effects_of, warnings_about
from .immutable_fields import require_mutable
from .network_policy import Policy, policy_for


@dataclass(frozen=True, kw_only=True)
class AppliedChanges:
    """A checkout with responses in it: the changes, what they claim to do, and what a person should know of them.

    `unreached` says why the pods that run now run on, empty if the changes reach them.
    """

    checkout: Checkout
    changes: tuple[Change, ...] = ()
    claims: tuple[Claim, ...] = ()
    warnings: tuple[str, ...] = ()
    unreached: str = ""

    def followed_by(
        self, checkout: Checkout, changes: Iterable[Change], claims: Iterable[Claim], warnings: Iterable[str] = ()
    ) -> "AppliedChanges":
        """Return these changes and further ones, which lead to another checkout. No warning is repeated."""
        return replace(
            self,
            checkout=checkout,
            changes=(*self.changes, *changes),
            claims=(*self.claims, *claims),
            warnings=tuple(dict.fromkeys([*self.warnings, *warnings])),
        )


def apply(checkout: Checkout, actions: Iterable[Action], target: Target) -> AppliedChanges:
    """Apply all that is demanded; what is in place already takes no edit. Raise Refused if one of them cannot be."""
    applied = AppliedChanges(checkout=checkout)
    for action in actions:
        if isinstance(action, Isolate):
            applied = _isolate(applied, policy_for(action, target), target)
        elif isinstance(action, Stop) and target.workload.kind == "CronJob":
            applied = _stop_cron_job(applied, target)
        else:
            applied = _apply_effects(applied, action, target)
    return applied


def _stop_cron_job(applied: AppliedChanges, target: Target) -> AppliedChanges:
    """Take a CronJob out, so that its Jobs and their pods end; suspend it if that cannot be.

    A suspended CronJob starts no Jobs, but the Jobs that it has started run on.
    https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-suspension
    """
    try:
        if target.object.applier is None:
            raise Unsupported("the repository does not show whether Flux prunes")
        return _apply_effects(applied, Remove(), target)
    except Refused as error:
        return replace(_apply_effects(applied, Stop(), target), unreached=f"it cannot be taken out: {error}")


def _apply_effects(applied: AppliedChanges, action: Action, target: Target) -> AppliedChanges:
    for effect in effects_of(action, target):
        if not is_fulfilled(effect.edit, effect.object.resource):
            applied = _apply_effect(applied, effect, target, warnings_about(action, target))
    return applied


def _apply_effect(applied: AppliedChanges, effect: Effect, target: Target, warnings: list[str]) -> AppliedChanges:
    require_mutable(effect.object, effect.edit)
    placement = choose_placement(target.desired_state, effect.object, effect.edit)
    caveats = find_caveats(target.desired_state, effect.object, effect.edit, placement)
    is_removal = isinstance(effect.edit, RemoveResource)
    if is_removal:
        _refuse_without_pruning(effect)
    checkout, changes = apply_placement(applied.checkout, placement)
    if is_removal:
        _refuse_empty_folder(effect, checkout)
    claim = EditedObject(object=effect.object, edit=effect.edit)
    return applied.followed_by(checkout, changes, [claim], [*warnings, *map(str, caveats)])


def _refuse_without_pruning(effect: Effect) -> None:
    """Raise Unsupported where Flux would leave a removed object in the cluster."""
    applier = effect.object.applier
    if applier and applier.as_flux_kustomization.spec.get("prune") is not True:
        position = f"{applier.resource.file}:{applier.resource.line}"
        raise Unsupported(
            f"Flux Kustomization {applier.resource.id.name} ({position}) does not prune: what is removed stays"
        )


def _refuse_empty_folder(effect: Effect, checkout: Checkout) -> None:
    """Raise Unsupported where the folder of a Flux Kustomization would have no file left."""
    applier = effect.object.applier
    folder = applier.as_flux_kustomization.folder if applier else None
    if applier and folder and not SourceTree(checkout).below(folder):
        name = applier.resource.id.name
        raise Unsupported(f"it is the last file in {folder}: Flux Kustomization {name} would fail, and prune nothing")


def _isolate(applied: AppliedChanges, policy: Policy, target: Target) -> AppliedChanges:
    """Add the policy in a file of its own, and list that file in a kustomization where one lists files."""
    checkout, changes = add_file(applied.checkout, policy.file, policy.data)
    if policy.listing:
        checkout, listing_changes = apply_placement(checkout, policy.listing)
        changes = [*changes, *listing_changes]
    is_rendered = policy.listing or target.object.applier  # a file that nothing here applies is rendered by itself
    is_claimed = changes and is_rendered
    claims = [AddedObject(cluster=target.object.cluster, content=policy.content)] if is_claimed else []
    return applied.followed_by(checkout, changes, claims)
