"""What Falco saw as a paragraph and a tree, and which tags are links."""

from typing import Any

import pytest

from responder.falco.event import Event
from responder.falco.priority import Priority
from responder.report import attack
from responder.report.story import Story
from tests.actions.report.pages import Page

FIELDS: dict[str, Any] = {
    "k8s.ns.name": "shop",
    "k8s.pod.name": "checkout-1",
    "container.name": "app",
    "container.image.repository": "registry.example/checkout",
    "container.image.tag": "1.4",
    "user.name": "root",
    "proc.cmdline": "bash -i",
    "proc.name": "bash",
}


def story(fields: dict[str, Any] = FIELDS, **options: Any) -> Story:
    values = {"hostname": "node-1", "time": "2026-07-01T12:20:36.5Z", **options}
    return Story.of_event(
        Event(id="1", source="s", rule="A shell", priority=Priority.CRITICAL, fields=fields, **values)
    )


def test_the_paragraph_says_who_did_what_where() -> None:
    assert Page(story(coalesced=12).paragraph).text == (
        "Falco's rule A shell (Critical) fired in pod shop/checkout-1 on node node-1 at 2026-07-01 12:20:36 UTC. "
        "User root ran bash -i in container app (image registry.example/checkout:1.4). "
        "This event stands for 12 more of the same."
    )


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        pytest.param({"fd.name": "/etc/shadow"}, "The file: /etc/shadow.", id="a file"),
        pytest.param(
            {"fd.name": "10.0.0.1:5->10.96.0.1:443"}, "The connection: 10.0.0.1:5->10.96.0.1:443.", id="network"
        ),
        pytest.param({"fd.name": "<NA>"}, "User root ran bash -i in container app", id="nothing"),
        pytest.param({"proc.cmdline": None, "proc.name": None}, "User root did it in container app", id="no command"),
        pytest.param({"user.name": None}, "Somebody ran bash -i", id="nobody"),
        pytest.param({"container.image.tag": None}, "(image registry.example/checkout)", id="no tag"),
    ],
)
def test_what_falco_does_not_know_is_left_out(fields: dict[str, Any], text: str) -> None:
    paragraph = Page(story({**FIELDS, **fields}).paragraph).text
    assert text in paragraph
    assert "None" not in paragraph
    assert "NA" not in paragraph


def test_an_event_of_the_audit_log_tells_its_user_and_command() -> None:
    fields = {"ka.target.namespace": "shop", "ka.target.name": "web-1", "ka.target.resource": "pods"}
    text = Page(story({**fields, "ka.user.name": "alice", "ka.uri.param[command]": "cat"}).paragraph).text
    assert "in pod shop/web-1" in text
    assert "User alice ran cat." in text


def test_the_processes_are_a_tree_from_the_oldest_to_the_one_that_acted() -> None:
    ancestors = {"proc.aname[3]": "tini", "proc.aname[2]": "node", "proc.pname": "sh", "proc.aname[9]": None}
    assert story({**FIELDS, **ancestors}).tree == ("```text\ntini\n└─ node\n   └─ sh\n      └─ bash -i\n```\n")


def test_without_an_ancestor_there_is_no_tree() -> None:
    assert story().tree == ""


def test_a_hostile_process_stays_in_its_line() -> None:
    tree = story({**FIELDS, "proc.pname": "```\n# Heading", "proc.cmdline": "````"}).tree
    page = Page(tree)
    assert page.elements == {"pre": 1, "code": 1}
    assert len(tree.splitlines()) == 4


@pytest.mark.parametrize(
    ("tag", "link"),
    [
        ("T1059", "[T1059](https://attack.mitre.org/techniques/T1059/)"),
        ("T1059.004", "[T1059.004](https://attack.mitre.org/techniques/T1059/004/)"),
        ("TA0011", "[TA0011](https://attack.mitre.org/tactics/TA0011/)"),
        ("mitre_execution", "[Execution](https://attack.mitre.org/tactics/TA0002/)"),
        ("mitre_nothing", None),
        ("T1059.4", None),
        ("T10590", None),
        ("T1059\n", None),
        ("T1\N{ARABIC-INDIC DIGIT ZERO}59", None),
        ("shell", None),
        ("](https://evil.example)", None),
    ],
)
def test_a_tag_is_a_link_only_if_it_is_a_technique_or_a_tactic(tag: str, link: str | None) -> None:
    assert attack.links([tag]) == ([link] if link else [])


def test_a_tactic_is_linked_once_however_it_is_named() -> None:
    assert len(attack.links(["mitre_execution", "TA0002", "T1059", "T1059"])) == 2
