"""Which receivers are told of a commit, how each type proves who calls, and what is said where that fails."""

import io
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from responder.errors import BadInput, NoIdentity
from responder.github import oidc
from responder.github.run import Run
from responder.notify import notification
from responder.notify import receiver as flux
from responder.notify.notification import Receivers
from responder.rules import parser
from responder.rules.model import Rules
from tests.issuer import Issuer
from tests.receiver import Receiver

NO_RULES = parser.built_in(name="rules")


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with Issuer().serve() as started:
        yield started


def run(inputs: Mapping[str, str], environ: Mapping[str, str] | None = None, out: io.StringIO | None = None) -> Run:
    given = {f"INPUT_{name.upper()}": value for name, value in inputs.items()}
    return Run(
        environ={**(environ or {}), **given, "GITHUB_REPOSITORY": "acme/desired-state"}, out=out or io.StringIO()
    )


def tell(current: Run, clusters: list[str], ruleset: Rules = NO_RULES) -> list[notification.Told]:
    return notification.tell(current, Receivers.read(current).of(clusters, ruleset), "2cad872")


def test_the_runs_identity_is_enough_for_flux_and_is_masked(issuer: Issuer) -> None:
    out = io.StringIO()
    with Receiver.start(type="generic-oidc", token="path", issuer=issuer) as receiver:
        current = run({"receiver_url": receiver.url, "receiver_type": "generic-oidc"}, issuer.environ, out)
        (told,) = tell(current, ["prod"])
    assert told.notice.status == 200
    assert out.getvalue() == f"::add-mask::{issuer.minted[0]}\n"


@pytest.mark.parametrize(
    ("issuer", "audience"),
    [
        pytest.param(Issuer(repository="acme/other"), "", id="another repository"),
        pytest.param(Issuer(ref="refs/heads/dev"), "", id="another branch"),
        pytest.param(Issuer(lifetime=-60), "", id="expired"),
        pytest.param(Issuer(), "somebody-else", id="another audience"),
    ],
)
def test_an_identity_that_flux_does_not_want_is_said(issuer: Issuer, audience: str) -> None:
    with issuer.serve(), Receiver.start(type="generic-oidc", token="path", issuer=issuer) as receiver:
        inputs = {"receiver_url": receiver.url, "receiver_type": "generic-oidc", "receiver_audience": audience}
        (told,) = tell(run(inputs, issuer.environ), ["prod"])
    assert told.notice.status == 400
    assert "oidcProviders" in told.notice.detail


def test_a_job_without_the_permission_is_told_what_to_give_it() -> None:
    inputs = {"receiver_url": "http://127.0.0.1:9/hook/1", "receiver_type": "generic-oidc"}
    (told,) = tell(run(inputs), ["prod"])
    assert "id-token: write" in str(told)


@pytest.mark.parametrize("issuer", [Issuer(status=500), Issuer(status=403)])
def test_an_issuer_that_gives_nothing_is_said(issuer: Issuer) -> None:
    with issuer.serve(), pytest.raises(NoIdentity, match=f"answer {issuer.status}"):
        oidc.mint(issuer.environ, "x")


def test_an_issuer_that_is_away_is_said() -> None:
    away = {"ACTIONS_ID_TOKEN_REQUEST_URL": "http://127.0.0.1:9/x", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "b"}
    with pytest.raises(NoIdentity, match="ConnectionRefusedError"):
        oidc.mint(away, "x")


def test_each_cluster_has_its_receiver_and_only_those_that_were_touched_are_told() -> None:
    with ExitStack() as stack:
        found = {
            name: stack.enter_context(Receiver.start(type="generic-hmac", token=f"token-of-{name}"))
            for name in ("prod", "staging", "dev")
        }
        urls = "\n".join(f"{name}: {receiver.url}" for name, receiver in found.items())
        tokens = "{" + ", ".join(f'"{name}": "{receiver.token}"' for name, receiver in found.items()) + "}"
        told = tell(run({"receiver_url": urls, "receiver_token": tokens}), ["prod", "dev", "prod"])
        assert [(each.cluster, each.notice.status) for each in told] == [("dev", 200), ("prod", 200)]
        assert {name: len(receiver.calls) for name, receiver in found.items()} == {"prod": 1, "staging": 0, "dev": 1}


def test_the_receiver_in_the_rules_comes_before_that_of_the_inputs(issuer: Issuer) -> None:
    with (
        Receiver.start(type="generic-oidc", token="path", issuer=issuer) as named,
        Receiver.start(type="generic-hmac", token="the-token") as other,
    ):
        ruleset = parser.parse(
            f"""
version: 1
clusters: {{prod: {{path: clusters/prod, receiver: {{url: '{named.url}', type: generic-oidc}}}}}}
rules: [{{name: all, match: {{rules: ['*']}}, respond: [stop]}}]
""".encode(),
            name="rules",
        )
        inputs = {"receiver_url": f"{{prod: '{other.url}', dev: '{other.url}'}}", "receiver_token": "the-token"}
        told = tell(run(inputs, issuer.environ), ["prod", "dev"], ruleset)
        assert [(each.cluster, each.notice.status) for each in told] == [("dev", 200), ("prod", 200)]
        assert (len(named.calls), len(other.calls)) == (1, 1)


def test_one_receiver_for_all_is_told_once() -> None:
    with Receiver.start(type="generic", token="path") as receiver:
        told = tell(run({"receiver_url": receiver.url, "receiver_type": "generic"}), ["a", "b"])
        assert [(each.cluster, each.notice.status) for each in told] == [(None, 200)]


def test_nobody_is_told_where_nobody_is_named() -> None:
    assert tell(run({}), ["prod"]) == []


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"receiver_url": "{prod: 1}"}, "receiver-url is neither"),
        ({"receiver_url": "{prod"}, "receiver-url is neither"),
        ({"receiver_url": "ftp://x"}, "no http or https address|not an http"),
        ({"receiver_url": "{prod: 'ftp://x'}", "receiver_type": "generic"}, "not an http"),
        ({"receiver_url": "https://x"}, "needs receiver-token"),
        ({"receiver_url": "https://x", "receiver_type": "github"}, "needs receiver-token"),
        ({"receiver_url": "https://x", "receiver_type": "gitlab"}, "receiver-type"),
    ],
)
def test_receivers_that_cannot_be_called_are_bad_input_before_anything_is_done(
    inputs: dict[str, str], said: str
) -> None:
    with pytest.raises(BadInput, match=said):
        Receivers.read(run(inputs))


def test_every_type_is_described() -> None:
    readme = (Path(flux.__file__).parents[2] / "respond" / "README.md").read_text()
    section = readme.partition("## Telling Flux\n")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    assert [row.split("|")[1].strip(" `") for row in rows] == list(flux.TYPES)
