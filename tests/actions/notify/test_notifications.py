"""Which receivers hear of a commit, how each type proves who calls, and what the result says where that fails."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from responder.errors import BadInput
from responder.github.inputs import Inputs
from responder.github.oidc import IdentityProvider
from responder.http_client import HttpClient
from responder.notify import receiver as flux
from responder.notify.notifications import Notification, Notifier, Receivers
from responder.notify.receiver import CallResult, ReceiverCaller
from responder.rules import parser
from responder.rules.model import Rules
from tests.issuer import Issuer
from tests.receiver import FluxReceiver

NO_RULES = parser.built_in(name="rules")


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with Issuer().serve() as issuer:
        yield issuer


@dataclass
class Run:
    """A run with these inputs, and the identity that an issuer gives it, if there is one."""

    inputs: Mapping[str, str]
    issuer: Issuer | None = None
    identities: list[str] = field(default_factory=list)

    def notify(self, *clusters: str, ruleset: Rules = NO_RULES) -> list[Notification]:
        receivers = Receivers.from_inputs(Inputs(values=self.inputs)).for_clusters(clusters, ruleset)
        caller = ReceiverCaller(http=HttpClient(), sleep=lambda _: None)
        notifier = Notifier(caller=caller, mint_identity=self._mint)
        return notifier.notify(receivers, repository="acme/desired-state", commit="2cad872")

    def _mint(self, audience: str) -> str:
        url, bearer = (self.issuer.url, self.issuer.bearer) if self.issuer else ("", "")
        identity = IdentityProvider(url=url, bearer=bearer, http=HttpClient()).mint(audience)
        self.identities.append(identity)
        return identity


def statuses(notifications: list[Notification]) -> list[tuple[str | None, int | None]]:
    return [(notification.cluster, notification.result.status) for notification in notifications]


def test_the_runs_identity_is_enough_for_flux(issuer: Issuer) -> None:
    with FluxReceiver.start(type="generic-oidc", token="path", issuer=issuer) as receiver:
        run = Run({"receiver-url": receiver.url, "receiver-type": "generic-oidc"}, issuer)
        assert statuses(run.notify("prod")) == [(None, 200)]
    assert run.identities == issuer.minted


@pytest.mark.parametrize(
    ("issuer", "audience"),
    [
        pytest.param(Issuer(repository="acme/other"), "notification-controller", id="another repository"),
        pytest.param(Issuer(ref="refs/heads/dev"), "notification-controller", id="another branch"),
        pytest.param(Issuer(lifetime=-60), "notification-controller", id="expired"),
        pytest.param(Issuer(), "somebody-else", id="another audience"),
    ],
)
def test_the_result_says_that_flux_did_not_accept_the_identity(issuer: Issuer, audience: str) -> None:
    with issuer.serve(), FluxReceiver.start(type="generic-oidc", token="path", issuer=issuer) as receiver:
        inputs = {"receiver-url": receiver.url, "receiver-type": "generic-oidc", "receiver-audience": audience}
        (notification,) = Run(inputs, issuer).notify("prod")
    assert notification.result.status == 400
    assert "oidcProviders" in notification.result.detail


def test_a_job_without_the_permission_learns_what_to_give_it() -> None:
    inputs = {"receiver-url": "http://127.0.0.1:9/hook/1", "receiver-type": "generic-oidc"}
    (notification,) = Run(inputs).notify("prod")
    assert "id-token: write" in str(notification)


def test_each_cluster_has_its_receiver_and_only_those_of_touched_clusters_are_called() -> None:
    with ExitStack() as stack:
        receivers = {
            name: stack.enter_context(FluxReceiver.start(type="generic-hmac", token=f"token-of-{name}"))
            for name in ("prod", "staging", "dev")
        }
        urls = "\n".join(f"{name}: {receiver.url}" for name, receiver in receivers.items())
        tokens = "{" + ", ".join(f'"{name}": "{receiver.token}"' for name, receiver in receivers.items()) + "}"
        run = Run({"receiver-url": urls, "receiver-token": tokens})
        assert statuses(run.notify("prod", "dev", "prod")) == [("dev", 200), ("prod", 200)]
        calls = {name: len(receiver.calls) for name, receiver in receivers.items()}
    assert calls == {"prod": 1, "staging": 0, "dev": 1}


def test_one_token_is_for_the_receivers_of_all_clusters() -> None:
    with FluxReceiver.start(type="generic-hmac", token="shared") as receiver:
        run = Run({"receiver-url": f"{{prod: '{receiver.url}'}}", "receiver-token": "shared"})
        assert statuses(run.notify("prod")) == [("prod", 200)]


def test_the_receiver_in_the_rules_comes_before_that_of_the_inputs(issuer: Issuer) -> None:
    with (
        FluxReceiver.start(type="generic-oidc", token="path", issuer=issuer) as in_rules,
        FluxReceiver.start(type="generic-hmac", token="the-token") as in_inputs,
    ):
        ruleset = parser.parse(
            f"""
version: 1
clusters: {{prod: {{path: clusters/prod, receiver: {{url: '{in_rules.url}', type: generic-oidc}}}}}}
rules: [{{name: all, match: {{rules: ['*']}}, respond: [stop]}}]
""".encode(),
            name="rules",
        )
        urls = f"{{prod: '{in_inputs.url}', dev: '{in_inputs.url}'}}"
        run = Run({"receiver-url": urls, "receiver-token": "the-token"}, issuer)
        assert statuses(run.notify("prod", "dev", ruleset=ruleset)) == [("dev", 200), ("prod", 200)]
        assert (len(in_rules.calls), len(in_inputs.calls)) == (1, 1)


def test_one_receiver_for_all_is_called_once() -> None:
    with FluxReceiver.start(type="generic", token="path") as receiver:
        run = Run({"receiver-url": receiver.url, "receiver-type": "generic"})
        assert statuses(run.notify("a", "b")) == [(None, 200)]
        assert receiver.calls[0].body == b'{"repository": "acme/desired-state", "commit": "2cad872"}'


def test_no_receiver_is_called_where_none_is_named() -> None:
    assert Run({}).notify("prod") == []


@pytest.mark.parametrize(
    ("cluster", "result", "sentence"),
    [
        pytest.param(None, CallResult(status=200, detail="x"), "Flux was told, and answered 200", id="200"),
        pytest.param(
            "prod",
            CallResult(status=404, detail="no path"),
            "Flux in cluster prod could not be told (answer 404: no path): it finds the commit at its next interval",
            id="another answer",
        ),
        pytest.param(
            None,
            CallResult(status=None, detail="down"),
            "Flux could not be told (no answer: down): it finds the commit at its next interval",
            id="no answer",
        ),
    ],
)
def test_a_person_reads_what_came_of_a_call(cluster: str | None, result: CallResult, sentence: str) -> None:
    assert str(Notification(cluster=cluster, result=result)) == sentence


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        pytest.param({"receiver-url": "{prod: 1}"}, "receiver-url is neither", id="a number"),
        pytest.param({"receiver-url": "{prod"}, "receiver-url is neither", id="broken YAML"),
        pytest.param({"receiver-url": "ftp://x"}, "not an http", id="another scheme"),
        pytest.param(
            {"receiver-url": "{prod: 'ftp://x'}", "receiver-type": "generic"}, "not an http", id="one of a map"
        ),
        pytest.param({"receiver-url": "https://x"}, "needs receiver-token", id="generic-hmac without a token"),
        pytest.param(
            {"receiver-url": "https://x", "receiver-type": "github"},
            "needs receiver-token",
            id="github without a token",
        ),
        pytest.param({"receiver-url": "https://x", "receiver-type": "gitlab"}, "receiver-type", id="another type"),
    ],
)
def test_receivers_that_cannot_be_called_are_bad_input_before_anything_is_done(
    inputs: dict[str, str], message: str
) -> None:
    with pytest.raises(BadInput, match=message):
        Receivers.from_inputs(Inputs(values=inputs))


def test_every_type_is_described() -> None:
    readme = (Path(flux.__file__).parents[2] / "respond" / "README.md").read_text()
    section = readme.partition("## Notifying Flux\n")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    assert [row.split("|")[1].strip(" `") for row in rows] == list(flux.TYPES)
