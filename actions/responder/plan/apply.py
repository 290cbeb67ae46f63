"""Applies what a rule asks for a workload in a checkout held in memory: the edits, and what they claim to do."""

from collections.abc import Iterable
from dataclasses import dataclass

from ..errors import Unsupported
from ..gitops.checkout import Checkout
from ..gitops.placement import caveats, choose
from ..gitops.source_tree import SourceTree
from ..gitops.workloads.locate import Target
from ..proof.claim import AddedObject, Claim, EditedObject
from ..rules.actions import Action, Isolate
from . import changes as change
from . import effects, network_policy
from .changes import Change
from .effects import Aim
from .network_policy import Policy


@dataclass(frozen=True, kw_only=True)
class Made:
    """A checkout with responses in it: the edits they took, what they claim, what a person should know of them."""

    checkout: Checkout
    changes: tuple[Change, ...] = ()
    claims: tuple[Claim, ...] = ()
    notes: tuple[str, ...] = ()

    def and_then(
        self,
        checkout: Checkout,
        changes: Iterable[Change],
        claims: Iterable[Claim],
        notes: Iterable[str] = (),
    ) -> "Made":
        """With more of all that."""
        return Made(
            checkout=checkout, changes=(*self.changes, *changes), claims=(*self.claims, *claims),
            notes=tuple(dict.fromkeys([*self.notes, *notes])),
        )  # fmt: skip


def make(checkout: Checkout, actions: Iterable[Action], target: Target) -> Made:
    """All that is demanded; what is in place already takes no edit. Raises Refused if one of the actions cannot be."""
    made = Made(checkout=checkout)
    for action in actions:
        if isinstance(action, Isolate):
            made = _isolated(made, network_policy.policy(action, target), target)
            continue
        for aim in effects.aims(action, target):
            if not aim.wanted.holds(aim.applied.object):
                made = _aimed(made, aim, target, effects.warnings(action, target))
    return made


def _aimed(made: Made, aim: Aim, target: Target, notes: list[str]) -> Made:
    placement = choose.place(target.desired, aim.applied, aim.wanted)
    found = caveats.find_all(target.desired, aim.applied, aim.wanted, placement)
    if aim.wanted.is_removal:
        _refuse_what_stays(aim)
    checkout, changes = change.make(made.checkout, placement)
    _refuse_an_empty_folder(aim, checkout)
    return made.and_then(
        checkout, changes, [EditedObject(applied=aim.applied, wanted=aim.wanted)], [*notes, *map(str, found)]
    )


def _refuse_what_stays(aim: Aim) -> None:
    sync = aim.applied.sync
    if sync and sync.as_sync.spec.get("prune") is not True:
        where = f"{sync.object.file}:{sync.object.line}"
        raise Unsupported(f"Flux Kustomization {sync.object.id.name} ({where}) does not prune: what is removed stays")


def _refuse_an_empty_folder(aim: Aim, checkout: Checkout) -> None:
    sync = aim.applied.sync
    folder = sync.as_sync.folder if sync else None
    if sync and folder and aim.wanted.is_removal and not SourceTree(checkout).below(folder):
        raise Unsupported(
            f"it is the last file in {folder}: Flux Kustomization {sync.object.id.name} would fail, and prune nothing"
        )


def _isolated(made: Made, policy: Policy, target: Target) -> Made:
    """With the policy in its file, and listed."""
    checkout, changes = change.add(made.checkout, policy.file, policy.data)
    if policy.listing:
        checkout, listed = change.make(checkout, policy.listing)
        changes = [*changes, *listed]
    is_rendered = policy.listing or target.applied.sync  # a file that nothing here applies is rendered by itself
    added = [AddedObject(cluster=target.applied.cluster, content=policy.content)] if changes and is_rendered else []
    return made.and_then(checkout, changes, added)
