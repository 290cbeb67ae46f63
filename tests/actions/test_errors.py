"""The errors: the tree in the docstring is the tree of the classes, and messages say what would help."""

import inspect
import re

import pytest

from responder import errors
from responder.errors import Ambiguous, BadRules, EditRefused, Mistake, NotFound, ResponderError

CLASSES = {name: class_ for name, class_ in vars(errors).items() if inspect.isclass(class_)}


def test_the_docstring_draws_the_tree_of_the_classes() -> None:
    tree: dict[str, str] = {}
    parents: list[str] = []
    for indent, name in re.findall(r"^([│├└─ ]*)(\w+)(?=  |\n|$)", errors.__doc__ or "", re.MULTILINE):
        if name not in CLASSES:
            continue
        depth = len(indent) // 4
        parents[depth:] = [name]
        tree[name] = parents[depth - 1] if depth else "Exception"
    expected = {name: class_.__mro__[1].__name__ for name, class_ in CLASSES.items() if issubclass(class_, Exception)}
    assert tree == expected


def test_every_error_is_a_responder_error() -> None:
    assert all(issubclass(class_, ResponderError) for class_ in CLASSES.values() if issubclass(class_, Exception))


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (NotFound("pod shop/web-0"), "no declared workload owns pod shop/web-0"),
        (
            NotFound("pod shop/web-0", reason="no folder", near=["a", "b"]),
            "no declared workload owns pod shop/web-0: no folder; the nearest: a, b",
        ),
        (Ambiguous("pod shop/web-0", ["a:1", "b:2"]), "several declared workloads could own pod shop/web-0: a:1, b:2"),
        (
            Ambiguous("pod shop/web-0", ["a:1", "b:2"], settle=["x", "y"]),
            "several declared workloads could own pod shop/web-0: a:1, b:2; to settle it, write into the rules x or y",
        ),
        (EditRefused("alias", "an alias", line=3), "an alias (alias, line 3)"),
        (EditRefused("alias", "an alias"), "an alias (alias)"),
        (
            BadRules([Mistake("r.yaml", 1, 2, "wrong", "write right"), Mistake("r.yaml", 3, 4, "bad")]),
            "r.yaml:1:2: wrong; write right\nr.yaml:3:4: bad",
        ),
        (Mistake("a\nb", 1, 1, "c\nd"), "a\\nb:1:1: c\\nd"),
    ],
)
def test_what_an_error_says(error: object, message: str) -> None:
    assert str(error) == message
