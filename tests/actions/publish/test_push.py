"""Carrying a plan out against a real remote, with clock, sleep and chance handed in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

import pytest

from responder.errors import PushLost, PushRefused, RecordLost
from responder.publish import push
from responder.publish.git import Git
from responder.publish.patience import Patience
from tests.actions.conftest import NewRemote, Remote, command

WEB = PurePosixPath("web.yaml")


@dataclass(frozen=True, kw_only=True)
class Plan:
    files: Mapping[PurePosixPath, bytes | None]
    message: str = "Stop web\n"
    is_confirmed: bool = True

    def confirm(self, message: str) -> None:
        if message != self.message or not self.is_confirmed:
            raise RecordLost("the message is another one")


@dataclass
class Time:
    """A clock that only sleeping moves, and the pauses that were slept."""

    now: float = 1000.0
    pauses: list[float] = field(default_factory=list)

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    def patience(self, *, limit: float = 600, chance: float = 0.5) -> Patience:
        return Patience(limit=limit, clock=self.clock, sleep=self.sleep, chance=lambda: chance)


@pytest.fixture
def remote(new_remote: NewRemote) -> Remote:
    return new_remote({"web.yaml": b"replicas: 2\n", "other.yaml": b"a: 1\n"})


@pytest.fixture
def git(remote: Remote) -> Git:
    return remote.checkout()


@pytest.fixture
def time() -> Time:
    return Time()


def stop(git: Git) -> Plan:
    """Plan on what is checked out, as the action does."""
    content = (git.root / WEB).read_bytes()
    edited = content.replace(b"replicas: 2", b"replicas: 0")
    return Plan(files={WEB: edited} if edited != content else {})


def racing(remote: Remote, git: Git, losses: int) -> Callable[[], Plan]:
    """Return a planner that lets somebody else push before each of its first plans is carried out."""
    plans = iter(range(losses))

    def make_plan() -> Plan:
        plan = stop(git)
        if (number := next(plans, None)) is not None:
            remote.commit({"other.yaml": f"a: {number + 2}\n".encode()}, f"Somebody else's change {number}")
        return plan

    return make_plan


def test_a_plan_becomes_one_commit_with_its_message_and_diff(remote: Remote, git: Git, time: Time) -> None:
    published = push.push(lambda: stop(git), git, branch="main", patience=time.patience())
    assert remote.show("main:web.yaml") == b"replicas: 0\n"
    assert remote.log("%H %s")[0] == f"{published.commit} Stop web"
    assert "-replicas: 2\n+replicas: 0\n" in published.diff
    assert time.pauses == []


def test_a_plan_that_changes_nothing_pushes_nothing(remote: Remote, git: Git, time: Time) -> None:
    published = push.push(lambda: Plan(files={}), git, branch="main", patience=time.patience())
    assert (published.commit, published.diff, len(remote.log("%H"))) == (None, "", 1)


def test_a_file_that_goes_is_deleted_by_the_commit(remote: Remote, git: Git, time: Time) -> None:
    push.push(lambda: Plan(files={WEB: None}), git, branch="main", patience=time.patience())
    assert remote.git_files() == ["other.yaml"]


def test_a_lost_race_is_planned_again_on_what_somebody_else_pushed(remote: Remote, git: Git, time: Time) -> None:
    published = push.push(racing(remote, git, 2), git, branch="main", patience=time.patience())
    assert remote.log("%s") == [
        "Stop web",
        "Somebody else's change 1",
        "Somebody else's change 0",
        "Describe the desired state",
    ]
    assert remote.show("main:other.yaml") == b"a: 3\n"
    assert published.commit == remote.log("%H")[0]
    assert len(time.pauses) == 2


def test_a_race_lost_to_the_same_edit_ends_with_nothing_to_push(remote: Remote, git: Git, time: Time) -> None:
    def make_plan() -> Plan:
        plan = stop(git)
        if not time.pauses:
            remote.commit({"web.yaml": b"replicas: 0\n"}, "Somebody else's stop")
        return plan

    published = push.push(make_plan, git, branch="main", patience=time.patience())
    assert (published.commit, remote.log("%s")[0]) == (None, "Somebody else's stop")


def test_a_run_gives_up_after_minutes_however_many_races_it_loses(remote: Remote, git: Git, time: Time) -> None:
    with pytest.raises(PushLost):
        push.push(racing(remote, git, 1000), git, branch="main", patience=time.patience(limit=40))
    assert 1000 + 40 <= time.now < 1000 + 40 + 60
    assert remote.show("main:web.yaml") == b"replicas: 2\n"


def test_a_run_does_not_give_up_before_its_time(remote: Remote, git: Git, time: Time) -> None:
    patience = time.patience(limit=600, chance=0.0)
    assert push.push(racing(remote, git, 20), git, branch="main", patience=patience).commit
    assert time.pauses == [0.0] * 20


def test_nothing_is_pushed_if_the_commit_does_not_record_what_it_does(remote: Remote, git: Git, time: Time) -> None:
    with pytest.raises(RecordLost):
        push.push(lambda: replace(stop(git), is_confirmed=False), git, branch="main", patience=time.patience())
    assert remote.log("%s") == ["Describe the desired state"]


def test_a_refused_push_is_not_tried_again(remote: Remote, git: Git, time: Time) -> None:
    remote.refuse_pushes("GH013: Repository rule violations found")
    with pytest.raises(PushRefused, match="GH013"):
        push.push(lambda: stop(git), git, branch="main", patience=time.patience())
    assert time.pauses == []


def test_a_preview_shows_the_diff_and_leaves_the_work_tree_as_it_was(git: Git) -> None:
    new = PurePosixPath("new.yaml")
    published = push.preview(lambda: Plan(files={WEB: b"replicas: 0\n", new: b"b: 1\n"}), git)
    assert "+replicas: 0\n" in published.diff
    assert "+b: 1\n" in published.diff
    assert published.commit is None
    assert (git.root / WEB).read_bytes() == b"replicas: 2\n"
    assert not (git.root / new).exists()
    assert command("git", "status", "--short", cwd=git.root) == b""


@pytest.mark.parametrize(
    ("losses", "race", "waited", "pause"),
    [
        pytest.param(1, 0.1, 0, 1.0, id="a fast race"),
        pytest.param(1, 4, 0, 8.0, id="a slow race is waited for longer"),
        pytest.param(2, 4, 0, 16.0, id="twice as long after the second loss"),
        pytest.param(9, 4, 0, 60.0, id="a minute at most"),
        pytest.param(9999, 4, 0, 60.0, id="after any number of losses"),
        pytest.param(9, 4, 60, 30.0, id="half as long after a minute"),
        pytest.param(9, 4, 300, 10.0, id="a late loser goes first"),
    ],
)
def test_the_window_grows_with_the_losses_and_shrinks_with_the_time(
    losses: int, race: float, waited: float, pause: float
) -> None:
    patience = Patience(chance=lambda: 1.0)
    assert patience.pause(losses=losses, race=race, waited=waited) == pytest.approx(pause)


def test_the_pause_is_a_random_part_of_the_window() -> None:
    assert Patience(chance=lambda: 0.25).pause(losses=1, race=4, waited=0) == pytest.approx(2.0)


def test_a_run_has_minutes_but_less_than_its_job() -> None:
    assert 300 <= Patience().limit < 600
