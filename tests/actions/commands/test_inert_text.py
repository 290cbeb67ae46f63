"""Text of an event does nothing on GitHub: every output of every action, with hostile text in every field."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests import sidekick
from tests.actions.active_text import ACTS, EXAMPLES, HOSTILE, acts, acts_in_markdown
from tests.actions.commands.contained import make_older
from tests.actions.conftest import NewRemote, Remote
from tests.actions.hosted import Hosted, HostedResponder
from tests.actions.runs import ALPINE, SHELL, Responder, RunResult, shell
from tests.localhub import Hub

ROOT = Path(__file__).parents[3]
RULES = b"version: 1\nrules: [{name: all, match: {rules: ['*']}, respond: [stop]}]\n"
FILES = {"alpine.yaml": ALPINE, ".github/falco-response.yaml": RULES}
ID_LIMIT = 300  # characters of an attribute
SERVER = ("https://github.example/acme/desired-state", "https://attack.mitre.org/")


def contained(text: str) -> dict[str, Any]:
    """Return an event that is responded to, whose every field has this text, or does not take it."""
    fields = {**SHELL["output_fields"], text: text, "list": [text], "map": {text: text}, "proc.cmdline": text}
    falco = {**SHELL, "rule": text, "output": text, "hostname": text, "tags": [text], "source": text}
    event = sidekick.cloudevent({**falco, "output_fields": fields}, event_id=text[:ID_LIMIT])
    event["data"]["time"] = text
    return {**event, "source": text[:ID_LIMIT], "cluster": text[:ID_LIMIT], "time": text[:ID_LIMIT]}


def refused(text: str) -> list[object]:
    """Return events that are refused because of a text in them."""
    pods = [{"k8s.pod.name": text}, {"k8s.ns.name": text}, {"k8s.pod.name": "unknown-77789455d6-m7flp"}]
    values: dict[str, object] = {"priority": text, "rule": [text], "uuid": {text: 1}, "tags": {text: text}}
    broken = [{**shell(), "data": {**shell()["data"], name: value}} for name, value in values.items()]
    attributes = ("specversion", "type", "coalesced")
    return [
        *[{**shell(**pod), "id": text[:ID_LIMIT]} for pod in pods],
        *broken,
        *[{**shell(), name: text} for name in attributes],
        {text: text},
        text,
    ]


def all_events() -> list[object]:
    """Return events with each example in every field: those that are responded to, then those that are refused."""
    examples = EXAMPLES.values()
    return [*map(contained, examples), *(event for text in examples for event in refused(text))]


def texts(result: RunResult) -> Iterator[str]:
    """Yield what a run wrote besides Markdown: the annotations, the log, the outputs."""
    log = re.sub(
        r"(?m)^::(?:stop-commands::m4rker|m4rker::)$|^index [0-9a-f.]+|\(commit [0-9a-f]{12}\)", "", result.log
    )
    yield re.sub(r"(?m)^::(?:notice|warning|error) ?(?:file=[\w./]+,line=\d+)?::", "", log).replace("%25", "%")
    yield from (value for name, value in result.outputs.items() if name != "commit")


def assert_inert(result: RunResult) -> None:
    assert [act for text in texts(result) for act in acts(text)] == []
    commit = result.outputs.get("commit") or "no commit"
    assert acts_in_markdown(result.summary.replace(commit[:12], "ours"), links=SERVER) == []


@pytest.fixture
def remote(new_remote: NewRemote) -> Remote:
    return new_remote(FILES)


@pytest.fixture
def responder(remote: Remote, tmp_path: Path) -> Responder:
    return Responder(remote, tmp_path)


def commit_text(remote: Remote) -> str:
    """Return the last commit message, without commits of this repository and without the source of Falcosidekick."""
    return re.sub(
        r"(?m)^Restored-Commit: .*|commit [0-9a-f]{12} did|: https://falco.org$", "", "\n".join(remote.log("%B")[:20])
    )


@pytest.mark.parametrize("kind", ACTS)
def test_what_github_acts_on_is_detected_here(kind: str) -> None:
    assert any(act.startswith(kind) for act in acts(EXAMPLES[kind]))


def test_what_markdown_makes_of_the_text_is_detected_here() -> None:
    problems = " ".join(acts_in_markdown(HOSTILE, links=SERVER))
    assert all(word in problems for word in ("link https://evil", "image", "strong_open", "s_open", "html_inline"))


@pytest.mark.parametrize("text", [pytest.param(text, id=kind) for kind, text in EXAMPLES.items()])
def test_a_commit_message_has_the_text_but_does_nothing(remote: Remote, responder: Responder, text: str) -> None:
    assert responder.dispatch(contained(text)).code == 0
    message = commit_text(remote)
    assert message.startswith("Stop Deployment default/alpine-deployment in ")
    assert acts(message) == []
    assert "Falco's rule" in message


def test_every_output_of_a_response_is_inert(remote: Remote, responder: Responder) -> None:
    result = responder.dispatch(*all_events())
    verdicts = [response["verdict"] for response in result.responses]
    assert verdicts[: len(EXAMPLES)] == ["contained"] + ["in place"] * (len(EXAMPLES) - 1)
    assert set(verdicts[len(EXAMPLES) :]) == {"refused", "invalid"}
    assert result.code == 1
    assert_inert(result)
    assert acts(commit_text(remote)) == []


def test_the_outputs_have_the_exact_text(responder: Responder) -> None:
    (response,) = responder.dispatch(contained(HOSTILE)).responses
    assert (response["id"], response["falco-rule"]) == (HOSTILE[:ID_LIMIT], HOSTILE)


def test_the_text_stays_readable_and_the_time_is_left_out(remote: Remote, responder: Responder) -> None:
    case = json.loads((ROOT / "tests" / "data" / "commit-text.json").read_bytes())
    result = responder.run({"inputs": {"event": json.dumps(case)}})
    assert result.code == 0
    message = commit_text(remote)
    assert r'CloudEvent-Id: "x \u005bskip ci\u005d closes \u00231"' in message
    assert "fired in pod default/alpine-deployment-77789455d6-m7flp.\n" in message
    assert acts(message) == []
    assert "evil.example" not in result.summary


def test_every_output_of_a_restore_is_inert(remote: Remote, responder: Responder) -> None:
    responder.dispatch(contained(HOSTILE))
    result = responder.restore(event=HOSTILE[:ID_LIMIT])
    assert result.code == 0
    assert remote.show("main:alpine.yaml") == ALPINE
    assert_inert(result)
    message = commit_text(remote)
    assert r'Restored-Event: "\u005bskip ci\u005d' in message
    assert acts(message) == []


def test_a_restore_that_finds_nothing_is_inert(responder: Responder) -> None:
    result = responder.restore(event=HOSTILE)
    assert result.code == 1
    assert [act for text in texts(result) for act in acts(text)] == []


def test_every_output_of_a_check_is_inert(remote: Remote, responder: Responder) -> None:
    events = {f"events/{number}.json": json.dumps(event).encode() for number, event in enumerate(all_events())}
    remote.commit(events)
    result = responder.check(events="events")
    assert result.code == 1
    assert_inert(result)


def test_every_part_of_a_pull_request_is_inert(tmp_path: Path) -> None:
    with Hub.start(tmp_path / "hub", action_source=ROOT) as hub:
        hosted, url = Hosted(hub, FILES), hub.api_url
        result = HostedResponder(hub, hosted, tmp_path / "runner").dispatch(*all_events(), mode="pull-request")
        (pull,) = hosted.repository.pull_requests
        (branch,) = hosted.branches()
        message = hosted.git("log", "-1", "--format=%B", branch)
    assert [act for text in (pull.title, branch, message) for act in acts(text)] == []
    assert acts_in_markdown(pull.body, links=SERVER) == []
    # A squash merge can make the body, as it is written, the message of a commit.
    outside_of_fences = re.sub(r"(?ms)^(`{3,})\w*\n.*?^\1$|<!-- falco-dispatch event \w+ -->", "", pull.body)
    assert [act for act in acts(outside_of_fences) if not act.startswith("HTML")] == []
    summary = result.summary.replace("pull request #1", "ours")
    assert acts_in_markdown(summary, links=(f"{url}/acme/desired-state/pull/", *SERVER)) == []


def test_every_output_of_a_status_is_inert(remote: Remote, responder: Responder) -> None:
    rules = RULES.replace(b"version: 1", b"version: 1\nlimits: {contained-days: 1}")
    remote.commit({".github/falco-response.yaml": rules})
    responder.dispatch(contained(HOSTILE))
    make_older(remote, days=2)
    remote.commit({"x": b"y"}, f"x\n\nFalco-Rule: {HOSTILE}\n")
    result = responder.status()
    assert (result.code, result.outputs["overdue"]) == (1, "1")
    ours = re.sub(r"commit [0-9a-f]{12} is passed over", "ours", result.log)
    assert_inert(replace(result, log=ours))
    assert json.loads(result.outputs["responses"])[0]["falco-rule"] == HOSTILE
