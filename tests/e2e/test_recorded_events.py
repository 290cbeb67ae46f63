"""Every recorded Falco event through a real relay and the action: what becomes of each, and why.

The relay runs as its own process and posts to the local GitHub, in which no workflow listens; the action is then given
the payload that arrived there, in a checkout of a repository that declares the workloads of all the events.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests import sidekick, stack
from tests.actions.conftest import Remote
from tests.actions.runs import Responder

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

EVERY_RULE = b"version: 1\nrules: [{name: any, match: {rules: ['*']}, respond: [stop]}]\n"
DEPLOYMENTS = {
    "alpine-deployment": "default",
    "falco-pod-delete": "openfaas-fn",
    "poolmgr-go-default-516098": "fission-function",
    "nginx": "hello-app",
    "hostnetwork-deployment": "falco-event-generator",
}

AT_ONCE = {"RELAY_COALESCE_SECONDS": "0", "RELAY_MIN_INTERVAL_SECONDS": "0"}
NO_POD = "it names no pod"
# For each event: what the relay answers (accepted or ignored), what the action makes of it with a rule that matches
# everything, and why. E and D as in the file: recorded, and derived from Falco's sources.
EXPECTED = {
    "E01": ("accepted", "refused", "no declared workload owns pod default/alpine"),
    "E02": ("accepted", "contained", "alpine-deployment.yaml"),
    "E03": ("accepted", "contained", "falco-pod-delete.yaml"),
    "E04": ("accepted", "contained", "poolmgr-go-default-516098.yaml"),
    "E05": ("accepted", "refused", NO_POD),
    "E06": ("accepted", "refused", "no declared workload owns pod default/kubecon"),
    "E09": ("accepted", "contained", "nginx.yaml"),
    "E10": ("accepted", "refused", "it is about volumeattachments"),
    "E11": ("accepted", "refused", "it is about serviceaccounts default/default"),
    "E12": ("accepted", "contained", "hostnetwork-deployment.yaml"),
    "E13": ("ignored", None, ""),
    "D16": ("accepted", "contained", "alpine-deployment.yaml"),
    "D17": ("accepted", "refused", "on the node itself"),
    "D18": ("accepted", "contained", "alpine-deployment.yaml"),
    "D19": ("ignored", None, ""),
}
BUILT_IN_MATCHES = {"E01", "E02", "E06", "D16", "D18"}


def files(rules: Mapping[str, bytes]) -> dict[str, bytes]:
    manifest = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {}, namespace: {}}}\nspec: {{replicas: 2}}\n"
    manifests = {f"{name}.yaml": manifest.format(name, namespace).encode() for name, namespace in DEPLOYMENTS.items()}
    return {**manifests, **rules}


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stack.Stack]:
    with stack.start(tmp_path_factory.mktemp("stack"), files={"a": b""}, settings=AT_ONCE) as parts:
        yield parts


def dispatch_event(parts: stack.Stack, name: str) -> tuple[str, dict[str, Any] | None]:
    """Post the event; what the relay made of it, and the payload that reached GitHub."""
    earlier = len(parts.hub.requests)
    status, answer = sidekick.post(sidekick.falco_events()[name], address=parts.relay.address, event_id=name)
    assert status == 202
    (counted,) = [word for word, count in json.loads(answer).items() if count]
    if counted == "ignored":
        return counted, None
    parts.wait_for_requests(earlier + 1)
    request = parts.hub.requests[-1]
    assert request.status == 204
    return counted, json.loads(request.body)


def test_the_table_has_every_complete_event() -> None:
    assert set(EXPECTED) == set(sidekick.falco_events())


@pytest.mark.parametrize("name", EXPECTED)
def test_an_event_ends_as_it_should_and_says_why(parts: stack.Stack, tmp_path: Path, name: str) -> None:
    relayed, verdict, reason = EXPECTED[name]
    counted, payload = dispatch_event(parts, name)
    assert counted == relayed
    assert (payload is None) == (verdict is None)
    if payload is None:
        return
    (event,) = payload["client_payload"]["events"]
    assert (event["id"], event["cluster"]) == (name, stack.CLUSTER)
    assert event["data"] == sidekick.falco_events()[name]

    remote = Remote(tmp_path / "remote.git")
    remote.commit(files({".github/falco-response.yaml": EVERY_RULE}))
    (response,) = Responder(remote, tmp_path).run(payload).responses
    assert response["verdict"] == verdict
    assert reason in response["reason"]


@pytest.mark.parametrize("name", [name for name, (relayed, *_) in EXPECTED.items() if relayed == "accepted"])
def test_without_rules_only_a_terminal_shell_is_responded_to(tmp_path: Path, name: str) -> None:
    remote = Remote(tmp_path / "remote.git")
    remote.commit(files({}))
    event = sidekick.cloudevent(sidekick.falco_events()[name], event_id=name)
    (response,) = Responder(remote, tmp_path).dispatch(event).responses
    assert (response["verdict"] != "ignored") == (name in BUILT_IN_MATCHES)
