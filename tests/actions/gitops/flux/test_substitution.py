"""Variables are replaced as Flux replaces them, and left alone where their value cannot be known."""

from typing import Any

import pytest

from responder.gitops.flux.substitution import expand, substitute

VARIABLES = {"app": "ledger", "count": "3", "EMPTY": "", "path": "a/b/c"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${app}-web", "ledger-web"),
        ("${ app }", "ledger"),
        ("$app", "$app"),
        ("$${app}", "${app}"),
        ("${app:-other}", "ledger"),
        ("${gone:-other}", "other"),
        ("${gone:=other}-x", "other-x"),
        ("${EMPTY:-other}", "other"),
        ("${gone:-${app}}", "ledger"),
        ("${app^^}", "LEDGER"),
        ("${app:0:2}", "le"),
        ("${app:4}", "er"),
        ("${path//\\//-}", "${path//\\//-}"),
        ("${app//e/o}", "lodgor"),
        ("${gone}", ""),
        ("${app", "${app"),
        ("${1}", "${1}"),
        ("${app:?needed}", "${app:?needed}"),
        ("a ${app} b ${count}", "a ledger b 3"),
    ],
)
def test_text_is_expanded_as_bash_would(text: str, expected: str) -> None:
    assert expand(text, VARIABLES, complete=True) == expected


@pytest.mark.parametrize(("text", "expected"), [("${gone}-${app}", "${gone}-ledger"), ("${gone:-x}", "x")])
def test_a_variable_that_an_unknown_source_may_define_stays(text: str, expected: str) -> None:
    assert expand(text, VARIABLES, complete=False) == expected


def test_a_number_comes_out_of_a_variable_as_a_number() -> None:
    data = {"spec": {"replicas": "${count}", "list": ["${app}"], "${app}": True}, "metadata": {"name": "${app}"}}
    assert substitute(data, VARIABLES, complete=True) == {
        "spec": {"replicas": 3, "list": ["ledger"], "ledger": True},
        "metadata": {"name": "ledger"},
    }


@pytest.mark.parametrize("kind", ["labels", "annotations"])
def test_an_object_that_opts_out_stays_as_it_is(kind: str) -> None:
    meta: dict[str, Any] = {"name": "${app}", kind: {"kustomize.toolkit.fluxcd.io/substitute": "disabled"}}
    assert substitute({"metadata": meta}, VARIABLES, complete=True) == {"metadata": meta}
