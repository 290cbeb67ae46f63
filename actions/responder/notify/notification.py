"""Whom to tell of a commit: the Flux receiver of each cluster that it touched, and what came of it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import yaml

from ..errors import BadInput, NoIdentity
from ..github import oidc
from ..github.run import Run
from ..rules.model import Rules
from . import receiver as flux
from .receiver import Notice, Receiver

AUDIENCE = "notification-controller"  # what Flux expects if a Receiver does not say


@dataclass(frozen=True, kw_only=True)
class Told:
    """One receiver, by the cluster that it is for (None: for all), and how the call ended."""

    cluster: str | None
    notice: Notice

    def __str__(self) -> str:
        name = "Flux" if self.cluster is None else f"Flux in cluster {self.cluster}"
        if self.notice.delivered:
            return f"{name} was told, and answered 200"
        status = "no answer" if self.notice.status is None else f"answer {self.notice.status}"
        return f"{name} could not be told ({status}: {self.notice.detail}): it finds the commit at its next interval"


@dataclass(frozen=True, kw_only=True)
class Receivers:
    """The receivers that the inputs name: one for all, or one for each cluster."""

    kind: str
    urls: Mapping[str | None, str]
    tokens: Mapping[str | None, str]
    audience: str

    @classmethod
    def read(cls, run: Run) -> "Receivers":
        """From the inputs. Raises BadInput, before anything is committed."""
        found = cls(
            kind=run.choice("receiver-type", *flux.TYPES), urls=_by_cluster(run, "receiver-url"),
            tokens=_by_cluster(run, "receiver-token"), audience=run.input("receiver-audience", AUDIENCE),
        )  # fmt: skip
        for cluster, url in found.urls.items():
            found.receiver(cluster, url)
        return found

    def receiver(self, cluster: str | None, url: str) -> Receiver:
        """The receiver of a cluster at an address. Raises BadInput."""
        token = self.tokens.get(cluster, self.tokens.get(None, ""))
        return Receiver(url=url, type=self.kind, token=token, audience=self.audience)

    def of(self, clusters: Iterable[str], ruleset: Rules) -> Iterator[tuple[str | None, Receiver]]:
        """The receivers to call when these clusters were touched: those of the rules before those of the inputs."""
        for cluster in sorted(set(clusters)):
            named = ruleset.clusters.get(cluster)
            if named and named.receiver:
                token = self.tokens.get(cluster, self.tokens.get(None, ""))
                about = named.receiver
                yield cluster, Receiver(url=about.url, type=about.type, token=token, audience=about.audience)
            elif cluster in self.urls:
                yield cluster, self.receiver(cluster, self.urls[cluster])
        if None in self.urls:
            yield None, self.receiver(None, self.urls[None])


def tell(run: Run, found: Iterable[tuple[str | None, Receiver]], commit: str) -> list[Told]:
    """Call them all. Never raises for what the other side does."""
    payload = {"repository": run.repository, "commit": commit}
    return [Told(cluster=cluster, notice=_call(run, receiver, payload)) for cluster, receiver in found]


def _call(run: Run, receiver: Receiver, payload: Mapping[str, object]) -> Notice:
    identity = ""
    if receiver.type == "generic-oidc":
        try:
            identity = oidc.mint(run.environ, receiver.audience)
        except NoIdentity as error:
            return Notice(status=None, detail=str(error))
        run.mask(identity)
    return flux.notify(receiver, payload, identity=identity)


def _by_cluster(run: Run, name: str) -> dict[str | None, str]:
    """An input that is one value for all clusters, or a map with a value for each, in YAML or JSON."""
    given = run.input(name)
    if not given:
        return {}
    if not given.startswith("{") and "\n" not in given and ": " not in given:
        return {None: given}
    try:
        found = yaml.safe_load(given)
    except yaml.YAMLError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(each, str) for pair in found.items() for each in pair):
        raise BadInput(f"input {name} is neither one value nor a map of cluster names to values")
    return dict(found)
