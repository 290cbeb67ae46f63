"""Which Flux receivers hear of a commit, and what came of each call. How a receiver is called is `receiver`'s."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Self

import yaml

from ..errors import BadInput, NoIdentity
from ..github.inputs import Inputs
from ..rules.model import Rules
from .receiver import DEFAULT_AUDIENCE, TYPES, CallResult, Receiver, ReceiverCaller


@dataclass(frozen=True, kw_only=True)
class Notification:
    """The call of one receiver: the cluster that it is for (None: for all), and how the call ended."""

    cluster: str | None
    result: CallResult

    def __str__(self) -> str:
        name = "Flux" if self.cluster is None else f"Flux in cluster {self.cluster}"
        if self.result.is_delivered:
            return f"{name} was told, and answered 200"
        status = "no answer" if self.result.status is None else f"answer {self.result.status}"
        return f"{name} could not be told ({status}: {self.result.detail}): it finds the commit at its next interval"


@dataclass(frozen=True, kw_only=True)
class Receivers:
    """The receivers that the inputs name: one for all clusters (under None), or one for each cluster."""

    type: str
    urls: Mapping[str | None, str]
    tokens: Mapping[str | None, str]
    audience: str

    @classmethod
    def from_inputs(cls, inputs: Inputs) -> Self:
        """Read the receivers from the inputs. Raises BadInput, so that nothing is committed before a mistake shows."""
        receivers = cls(
            type=inputs.choice("receiver-type", *TYPES),
            urls=by_name(inputs, "receiver-url"),
            tokens=by_name(inputs, "receiver-token"),
            audience=inputs.text("receiver-audience", DEFAULT_AUDIENCE),
        )
        for cluster in receivers.urls:
            receivers.receiver(cluster)
        return receivers

    @classmethod
    def from_inputs_or_none(cls, inputs: Inputs) -> tuple[Self, BadInput | None]:
        """Read the receivers from the inputs; if they have a mistake, return no receivers and the mistake."""
        try:
            return cls.from_inputs(inputs), None
        except BadInput as error:
            return cls(type="", urls={}, tokens={}, audience=""), error

    def receiver(self, cluster: str | None) -> Receiver:
        """Return the receiver that the inputs name for a cluster. Raises BadInput."""
        return Receiver(url=self.urls[cluster], type=self.type, token=self._token(cluster), audience=self.audience)

    def for_clusters(self, clusters: Iterable[str], ruleset: Rules) -> Iterator[tuple[str | None, Receiver]]:
        """Yield the receivers to call when a commit touches clusters; those of the rules come before the inputs'."""
        for cluster in sorted(set(clusters)):
            settings = ruleset.clusters.get(cluster)
            if settings and (endpoint := settings.receiver):
                token = self._token(cluster)
                receiver = Receiver(url=endpoint.url, type=endpoint.type, token=token, audience=endpoint.audience)
                yield cluster, receiver
            elif cluster in self.urls:
                yield cluster, self.receiver(cluster)
        if None in self.urls:
            yield None, self.receiver(None)

    def _token(self, cluster: str | None) -> str:
        return self.tokens.get(cluster, self.tokens.get(None, ""))


@dataclass(frozen=True, kw_only=True)
class Notifier:
    """Calls receivers. `mint_identity` gives a token for an audience, or raises NoIdentity."""

    caller: ReceiverCaller
    mint_identity: Callable[[str], str]

    def notify(
        self, receivers: Iterable[tuple[str | None, Receiver]], *, repository: str, commit: str
    ) -> list[Notification]:
        """Call all receivers about a commit. Never raises for what the other side does."""
        payload = {"repository": repository, "commit": commit}
        return [Notification(cluster=cluster, result=self._call(receiver, payload)) for cluster, receiver in receivers]

    def _call(self, receiver: Receiver, payload: Mapping[str, object]) -> CallResult:
        identity = ""
        if receiver.type == "generic-oidc":
            try:
                identity = self.mint_identity(receiver.audience)
            except NoIdentity as error:
                return CallResult(status=None, detail=str(error))
        return self.caller.call(receiver, payload, identity=identity)


def by_name(inputs: Inputs, name: str) -> dict[str | None, str]:
    """Return an input that is one value for all (under None), or a map of names to values in YAML or JSON."""
    text = inputs.text(name)
    if not text:
        return {}
    if not text.startswith("{") and "\n" not in text and ": " not in text:
        return {None: text}
    try:
        values = yaml.safe_load(text)
    except yaml.YAMLError:
        values = None
    if not isinstance(values, dict) or not all(isinstance(item, str) for pair in values.items() for item in pair):
        raise BadInput(f"input {name} is neither one value nor a map of names to values")
    return dict(values)
