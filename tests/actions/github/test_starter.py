"""Who started a run, from its event and the runner's variables."""

from typing import Any

import pytest

from responder.github.starter import Starter

ALICE = {"login": "alice", "type": "User"}
RELAY = {"login": "relay-of-prod[bot]", "type": "Bot"}


def starter(sender: Any, **environ: str) -> Starter:
    return Starter.from_event({"sender": sender} if sender is not None else {}, environ)


@pytest.mark.parametrize(
    ("sender", "environ", "expected"),
    [
        pytest.param(ALICE, {}, True, id="a person"),
        pytest.param(RELAY, {}, False, id="an App"),
        pytest.param({"login": "relay", "type": "Bot"}, {}, False, id="a bot without its suffix"),
        pytest.param({"login": "relay[bot]"}, {}, False, id="an App by its login alone"),
        pytest.param({"login": "acme", "type": "Organization"}, {}, False, id="an organization"),
        pytest.param({"login": "alice"}, {}, True, id="Forgejo, which gives no type"),
        pytest.param(None, {"GITHUB_ACTOR": "alice"}, True, id="an event without a sender"),
        pytest.param(None, {"GITHUB_ACTOR": "relay[bot]"}, False, id="an App in the runner's variables"),
        pytest.param(None, {}, False, id="nobody"),
        pytest.param("alice", {}, False, id="a sender that is no account"),
        pytest.param(ALICE, {"GITHUB_TRIGGERING_ACTOR": "relay-of-prod[bot]"}, False, id="run again by an App"),
        pytest.param(ALICE, {"GITHUB_TRIGGERING_ACTOR": "bob"}, True, id="run again by a person"),
        pytest.param(RELAY, {"GITHUB_TRIGGERING_ACTOR": "bob"}, False, id="of an App, run again by a person"),
    ],
)
def test_only_accounts_of_people_make_a_person(sender: Any, environ: dict[str, str], expected: bool) -> None:
    assert starter(sender, **environ).is_person is expected


@pytest.mark.parametrize(
    ("sender", "environ", "expected"),
    [
        pytest.param(RELAY, {}, True, id="who is listed"),
        pytest.param({"login": "Relay-Of-Prod[bot]"}, {}, True, id="in another case"),
        pytest.param({"login": "relay-of-staging[bot]"}, {}, False, id="another relay"),
        pytest.param({"login": "relay-of-prod"}, {}, False, id="a person with the App's name"),
        pytest.param(None, {}, False, id="nobody"),
        pytest.param(RELAY, {"GITHUB_TRIGGERING_ACTOR": "alice"}, True, id="run again by a person"),
        pytest.param(RELAY, {"GITHUB_TRIGGERING_ACTOR": "relay-of-staging[bot]"}, False, id="again by another relay"),
    ],
)
def test_only_who_is_listed_is_among_them(sender: Any, environ: dict[str, str], expected: bool) -> None:
    assert starter(sender, **environ).is_among(["relay-of-prod[bot]"]) is expected


def test_the_rules_may_write_a_login_in_any_case() -> None:
    assert starter(RELAY).is_among(["Relay-Of-Prod[bot]"])
    assert starter(ALICE, GITHUB_TRIGGERING_ACTOR="relay[bot]").is_among(["alice", "Relay[bot]"])


def test_both_accounts_are_named() -> None:
    assert str(starter(ALICE)) == "alice"
    assert str(starter(ALICE, GITHUB_TRIGGERING_ACTOR="bob")) == "alice (and again by bob)"
    assert str(starter(None)) == "nobody that GitHub names"
