"""Which Falco events ask for no response."""

from typing import Any

import pytest

from relay import falco


@pytest.mark.parametrize(
    ("fields", "min_priority", "reason"),
    [
        pytest.param({}, None, None, id="no lower limit"),
        pytest.param({}, "Notice", None, id="exactly the lower limit"),
        pytest.param({}, "Informational", None, id="above the lower limit"),
        pytest.param({}, "Warning", "priority", id="below the lower limit"),
        pytest.param({"priority": "notice"}, "WARNING", "priority", id="in another case"),
        pytest.param({"priority": "INFO"}, "Notice", "priority", id="the older word for Informational"),
        pytest.param({"priority": " info "}, "Informational", None, id="the older word in another case, with spaces"),
        pytest.param({"priority": "Severe"}, "Emergency", None, id="an unknown priority"),
        pytest.param({"rule": "Test rule"}, None, "test", id="Falcosidekick's test"),
        pytest.param({"source": "internal"}, None, "internal", id="Falco about itself"),
    ],
)
def test_an_event_is_ignored_for_a_reason_or_not_at_all(
    fields: dict[str, Any], min_priority: str | None, reason: str | None
) -> None:
    event = {"rule": "Terminal shell in container", "priority": "Notice", "output_fields": {}, **fields}
    assert falco.reason_to_ignore(event, min_priority=min_priority) == reason


@pytest.mark.parametrize(
    ("priority", "grave"),
    [("Emergency", True), ("ALERT", True), ("critical", True), ("Error", False), ("INFO", False), ("Severe", False)],
)
def test_critical_and_above_is_grave(priority: str, *, grave: bool) -> None:
    assert falco.is_grave({"rule": "A rule", "priority": priority, "output_fields": {}}) is grave
