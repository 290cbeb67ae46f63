"""What Flux's statuses of a commit come to."""

import pytest

from responder.github.commit_statuses import CommitStatus
from responder.notify.confirmation import State, judge


def status(name: str, state: str = "success", context: str = "kustomization/{}/0c9c2e41") -> CommitStatus:
    return CommitStatus(context=context.format(name), state=state, description="")


APPS, INFRA = status("apps"), status("infra")


@pytest.mark.parametrize(
    ("statuses", "names", "state"),
    [
        pytest.param([], [], State.UNKNOWN, id="nothing yet"),
        pytest.param([APPS], [], State.APPLIED, id="one is enough"),
        pytest.param([APPS], ["apps", "infra"], State.UNKNOWN, id="one of two"),
        pytest.param([APPS, INFRA], ["apps", "Infra"], State.APPLIED, id="two of two"),
        pytest.param([APPS, status("infra", "failure")], [], State.FAILED, id="one failed"),
        pytest.param([APPS, status("infra", "error")], ["apps", "infra"], State.FAILED, id="one is broken"),
        pytest.param([APPS, status("infra", "failure")], ["apps"], State.APPLIED, id="another one failed"),
        pytest.param([status("apps", "pending")], ["apps"], State.UNKNOWN, id="pending"),
        pytest.param([status("apps", "failure", "ci/{}")], [], State.UNKNOWN, id="another program's"),
        pytest.param([status("apps", "success", "helmrelease/{}/1")], [], State.UNKNOWN, id="a HelmRelease's"),
    ],
)
def test_a_commit_is_applied_when_every_kustomization_says_so(
    statuses: list[CommitStatus], names: list[str], state: State
) -> None:
    assert judge(statuses, names).state is state


def test_what_is_missing_is_named() -> None:
    assert judge([APPS], ["apps", "infra"]).missing == ("infra",)
