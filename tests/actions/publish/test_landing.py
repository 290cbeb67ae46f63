"""When a commit reached the branch."""

from datetime import UTC, datetime

import pytest

from responder.publish.commit_object import Commit
from responder.publish.landing import landings

HISTORIES = {
    # newest first, with the parents of each, and (commit, carrier) from the oldest
    "one after the other": ({"c": "b", "b": "a", "a": ""}, "aa bb cc"),
    "a merge": ({"m": "bt", "b": "a", "t": "a", "a": ""}, "aa bb tm mm"),
    "an old topic": ({"m": "ct", "c": "b", "b": "a", "t": "a", "a": ""}, "aa bb cc tm mm"),
    "a topic with a merge of the branch": ({"m": "bu", "u": "tb", "b": "a", "t": "a", "a": ""}, "aa bb tm um mm"),
    "nothing": ({}, ""),
    "a parent that is missing": ({"c": "b", "b": "a"}, "bb cc"),
}


def commit(sha: str, parents: str) -> Commit:
    time = datetime.fromtimestamp(0, UTC)
    return Commit(sha=sha, parents=tuple(parents), author="", committer="", time=time, is_signed=False, message="")


@pytest.mark.parametrize("name", HISTORIES)
def test_a_commit_lands_with_its_own_push_or_with_the_first_merge_that_has_it(name: str) -> None:
    history, expected = HISTORIES[name]
    commits = [commit(sha, parents) for sha, parents in history.items()]
    assert " ".join(f"{landed.commit.sha}{landed.carrier.sha}" for landed in landings(commits)) == expected
