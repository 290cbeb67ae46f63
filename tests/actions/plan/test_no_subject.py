"""Why nothing can be contained for an event that names neither a pod nor a workload."""

import pytest

from responder.falco import cloudevent
from responder.plan import no_subject
from tests import sidekick


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"container.id": "host"}, "it happened on the node itself"),
        ({"container.id": "788861c3cf83"}, "Falco did not know the container's pod"),
        ({"ka.target.resource": "clusterroles", "ka.target.name": "admin"}, "it is about clusterroles admin, and"),
        ({"ka.target.resource": "secrets", "ka.target.namespace": "a", "ka.resp.name": "b"}, "about secrets a/b, and"),
        ({"ka.target.resource": "deployments", "ka.target.namespace": "a"}, "it is about deployments a, and"),
    ],
)
def test_the_reason_names_what_the_event_is_about(fields: dict[str, str], words: str) -> None:
    event = cloudevent.parse({**sidekick.falco_events()["E02"], "output_fields": fields})
    assert words in no_subject.reason(event)


def test_text_of_the_event_is_bounded_and_escaped_in_the_reason() -> None:
    fields = {"ka.target.resource": "\x1b[2J" * 500, "ka.target.name": "::error::\n" * 500}
    reason = no_subject.reason(cloudevent.parse({**sidekick.falco_events()["E02"], "output_fields": fields}))
    assert reason.isprintable()
    assert len(reason) < 400
