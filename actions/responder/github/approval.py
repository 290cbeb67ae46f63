"""Whether a person approved a run: the history of its reviews, and the rules of its environment, as GitHub tells them.

Decides nothing about what an unapproved run may do.
https://docs.github.com/en/rest/actions/workflow-runs#get-the-review-history-for-a-workflow-run
https://docs.github.com/en/rest/deployments/environments#get-an-environment
"""

from typing import Any
from urllib.parse import quote

from ..errors import ApiRefused
from .api import Api

_CLICKS = "open Settings, Environments, {name}, tick Required reviewers, name people, and save the protection rules"


def missing_approval(api: Api, run_id: str, environment: str) -> str:
    """Return why no person is known to have approved the run and what helps, or an empty text if somebody did."""
    try:
        if run_id and any(
            _is_approval(review, environment) for review in _list(api.get(f"actions/runs/{run_id}/approvals"))
        ):
            return ""
        rules = _protection_rules(api, environment)
    except ApiRefused as error:
        return (
            f"whether a person approved this run could not be checked ({error}): give the job `permissions: actions: "
            f"read`, and look at Settings, Environments, {environment}: it needs required reviewers"
        )
    if any(rule.get("type") == "required_reviewers" for rule in rules):
        return (
            f"environment {environment} has required reviewers, but nobody approved this run: write `environment: "
            f"{environment}` below `runs-on` of the job"
        )
    clicks = _CLICKS.format(name=environment)
    return f"environment {environment} has no required reviewers, so that no second person guards this: {clicks}"


def _is_approval(review: Any, environment: str) -> bool:
    """Return whether a review approved the environment; GitHub compares names of environments without their case."""
    if not isinstance(review, dict) or review.get("state") != "approved":
        return False
    names = [str(entry.get("name")).lower() for entry in _list(review.get("environments")) if isinstance(entry, dict)]
    return environment.lower() in names


def _protection_rules(api: Api, environment: str) -> list[dict[str, Any]]:
    """Return the protection rules of an environment; one that does not exist has none. Raises ApiRefused."""
    try:
        content = api.get(f"environments/{quote(environment, safe='')}")
    except ApiRefused as error:
        if error.status == 404:
            return []
        raise
    rules = content.get("protection_rules") if isinstance(content, dict) else None
    return [rule for rule in _list(rules) if isinstance(rule, dict)]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
