"""What a credential can do at GitHub: all that an attacker who has it could do, and not only what the relay does.

The README shows the same, row by row; `python -m relay check` prints what its settings lead to.
https://docs.github.com/en/rest/authentication/permissions-required-for-fine-grained-personal-access-tokens
"""

from relay.settings import Settings

CONTENTS = (
    "push any file but workflows to any branch that no ruleset protects; merge pull requests; delete branches; create "
    "tags and releases; send any event, for every cluster without `dispatched-by` in the rules"
)
ACTIONS = (
    "start any workflow that has `workflow_dispatch`, restore too, and run old ones again; send any event, for every "
    "cluster without `dispatched-by`; cancel runs; delete logs, artifacts and caches; disable workflows; approve "
    "runs of forks. It cannot push, and cannot approve a restore"
)
KEYLESS = "for one hour, what its trust policy permits: as above, by the dispatch"


def reach(settings: Settings) -> str:
    """Return what the credential of these settings can do."""
    permitted = CONTENTS if settings.dispatch == "repository_dispatch" else ACTIONS
    return f"for one hour: {permitted}" if settings.sts_url else permitted
