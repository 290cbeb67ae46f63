"""The formats of texts in the rules file, at their limits."""

import pytest
from jsonschema.exceptions import FormatError

from responder.rules import formats

CHECKER = formats.checker()


def is_valid(text: object, name: str) -> bool:
    try:
        CHECKER.check(text, name)
    except FormatError:
        return False
    return True


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("priority", ">=Notice", True),
        ("priority", ">=Notise", False),
        ("regex", "a+", True),
        ("regex", "a++", False),
        ("pattern", "!a", True),
        ("pattern", "!", False),
        ("glob", "a!", True),
        ("glob", "!a", False),
        ("tag", "T1059", True),
        ("tag", "a,b", False),
        ("tag", "a*", False),
        ("inner-path", "apps/web", True),
        ("inner-path", ".", True),
        ("inner-path", "apps/..web", True),
        ("inner-path", "", False),
        ("inner-path", "/apps", False),
        ("inner-path", "apps/../../etc", False),
        ("inner-path", "apps\\web", False),
        ("receiver-url", "https://flux.example/hook/a", True),
        ("receiver-url", "http://10.0.0.1:9292/hook/a", True),
        ("receiver-url", "ftp://flux.example/hook", False),
        ("receiver-url", "flux.example/hook", False),
        ("receiver-url", "https:///hook", False),
        ("receiver-url", "https://flux.example/ hook", False),
        ("receiver-url", "https://flux.example/\nhook", False),
        ("namespace", "a" * 63, True),
        ("namespace", "a" * 64, False),
        ("namespace", "kube.system", False),
        ("metadata-key", "quarantine", True),
        ("metadata-key", "example.com/quarantine", True),
        ("metadata-key", "a" * 63, True),
        ("metadata-key", "a" * 64, False),
        ("metadata-key", "a/b/c", False),
        ("metadata-key", "/a", False),
        ("metadata-key", "Example.com/a", False),
        ("metadata-key", "", False),
        ("label-value", "", True),
        ("label-value", "a_b.c-d", True),
        ("label-value", "a" * 63, True),
        ("label-value", "a" * 64, False),
        ("label-value", "-a", False),
        ("label-value", "a b", False),
        ("pointer", "", True),
        ("pointer", "/spec/replicas", True),
        ("pointer", "/a~1b/c~0d", True),
        ("pointer", "/a~2b", False),
        ("pointer", "spec", False),
    ],
)
def test_whether_a_text_has_a_format(name: str, text: str, expected: bool) -> None:
    assert is_valid(text, name) is expected


@pytest.mark.parametrize("name", sorted(CHECKER.checkers))
@pytest.mark.parametrize("value", [None, 7, True, ["a"], {"a": 1}], ids=repr)
def test_a_format_accepts_what_is_not_text(name: str, value: object) -> None:
    """The schema's `type` decides about these."""
    assert is_valid(value, name)
