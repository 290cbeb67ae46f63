"""Messages name the line of a value, or of the nearest value around it."""

import pytest

from responder.gitops.placement.line_numbers import line_of
from responder.yamledit.values import YamlPath
from tests.actions.gitops.resources import resource

TEXT = """\
kind: Deployment
metadata:
  name: web
spec:
  ignore:
    - paths: [/a]
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("metadata", "name"), 3),
        (("spec", "ignore", 0), 6),
        (("spec", "ignore", 1), 6),
        (("spec", "ignore", "text"), 6),
        (("spec", "other"), 5),
        (("other",), 1),
        (("kind", "deeper"), 1),
    ],
)
def test_the_line_is_that_of_the_value_or_of_what_is_around_it(path: YamlPath, line: int) -> None:
    assert line_of(TEXT.encode(), resource(TEXT), path) == line


def test_the_object_itself_is_named_where_an_anchor_is_defined_twice() -> None:
    text = "kind: &a A\nmetadata: &a {name: web}\n"
    assert line_of(text.encode(), resource(text), ("metadata", "name")) == 1
