"""The hourly limit, counted in the history of a real remote repository."""

from pathlib import Path

from tests.actions.conftest import NewRemote
from tests.actions.runs import ALPINE, Responder, shell

LIMITED = b"""\
version: 1
limits: {responses-per-hour: 1}
rules: [{name: all, match: {rules: ['*']}, respond: [stop]}]
"""
OTHER = ALPINE.replace(b"alpine-deployment", b"other")


def test_over_the_hourly_limit_nothing_is_committed_and_the_event_is_there_to_paste(
    new_remote: NewRemote, tmp_path: Path
) -> None:
    remote = new_remote({"alpine.yaml": ALPINE, "other.yaml": OTHER, ".github/falco-response.yaml": LIMITED})
    responder = Responder(remote, tmp_path)
    assert responder.dispatch(shell()).code == 0
    again = shell(**{"k8s.pod.name": "other-77789455d6-m7flp"})
    result = responder.dispatch(again)
    assert (result.code, result.responses[0]["verdict"]) == (1, "refused")
    assert "limits.responses-per-hour is 1" in result.responses[0]["reason"]
    assert remote.show("main:other.yaml") == OTHER
    pasted = result.summary.partition("### To run by hand")[2].partition("```json\n")[2].partition("\n```")[0]
    remote.commit({".github/falco-response.yaml": LIMITED.replace(b"hour: 1", b"hour: 2")})
    assert responder.run({"inputs": {"event": pasted}}).code == 0
    assert remote.show("main:other.yaml") == OTHER.replace(b"replicas: 2  #", b"replicas: 0  #")


def test_the_limit_counts_within_a_batch_too_and_in_place_costs_nothing(new_remote: NewRemote, tmp_path: Path) -> None:
    remote = new_remote({"alpine.yaml": ALPINE, "other.yaml": OTHER, ".github/falco-response.yaml": LIMITED})
    others = shell(**{"k8s.pod.name": "other-77789455d6-m7flp"})
    result = Responder(remote, tmp_path).dispatch(shell(), {**shell(), "id": "2"}, {**others, "id": "3"})
    assert [response["verdict"] for response in result.responses] == ["contained", "in place", "refused"]
    assert result.code == 1


def test_a_limit_of_nothing_stops_all_responses(new_remote: NewRemote, tmp_path: Path) -> None:
    rules = LIMITED.replace(b"hour: 1", b"hour: 0")
    remote = new_remote({"alpine.yaml": ALPINE, ".github/falco-response.yaml": rules})
    assert Responder(remote, tmp_path).dispatch(shell()).code == 1
    assert remote.show("main:alpine.yaml") == ALPINE
