"""The four Flux controllers, and the objects that make them apply a repository. Does not start a cluster."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from . import processes, programs
from .kubectl import Kubectl

NAMESPACE = "flux-system"
SOURCE, KUSTOMIZE = "source.toolkit.fluxcd.io/v1", "kustomize.toolkit.fluxcd.io/v1"
NOTIFICATION = "notification.toolkit.fluxcd.io/v1"


@dataclass(frozen=True, kw_only=True)
class Flux:
    """The running controllers. `receivers` is the address that Receivers answer at."""

    kubectl: Kubectl
    receivers: str

    def hook(self, receiver: str) -> str:
        """Return the address of a Receiver, once it is ready."""
        self.kubectl.wait_until_ready("receiver", receiver, namespace=NAMESPACE)
        status = self.kubectl.get("receiver", receiver, namespace=NAMESPACE)["status"]
        return f"{self.receivers}{status['webhookPath']}"


@contextmanager
def start(folder: Path, kubectl: Kubectl, *, feature_gates: str = "") -> Iterator[Flux]:
    """Install the custom resources and start the controllers."""
    logs = folder / "logs"
    kubectl.run("apply", "--server-side", f"--filename={programs.MANIFESTS / 'flux'}")
    kubectl.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    events, receivers, storage = (f"127.0.0.1:{processes.free_port()}" for _ in range(3))
    artifacts = folder / "artifacts"
    artifacts.mkdir()
    emits = [f"--events-addr=http://{events}/"]
    arguments = {
        "notification-controller": [f"--events-addr={events}", f"--receiverAddr={receivers}"],
        "source-controller": [
            *emits,
            f"--storage-path={artifacts}",
            f"--storage-addr={storage}",
            f"--storage-adv-addr={storage}",
        ],
        "kustomize-controller": [
            *emits,
            "--requeue-dependency=1s",
            *([f"--feature-gates={feature_gates}"] if feature_gates else []),
        ],
        "helm-controller": emits,
    }
    with ExitStack() as stack:
        for name, special in arguments.items():
            stack.enter_context(_controller(name, special, logs, kubectl))
        yield Flux(kubectl=kubectl, receivers=f"http://{receivers}")


@contextmanager
def _controller(name: str, arguments: list[str], logs: Path, kubectl: Kubectl) -> Iterator[None]:
    health, metrics = processes.free_port(), processes.free_port()
    temporary = logs / f"{name}.tmp"
    temporary.mkdir()
    environ = {"KUBECONFIG": str(kubectl.kubeconfig), "RUNTIME_NAMESPACE": NAMESPACE, "TMPDIR": str(temporary)}
    common = ["--enable-leader-election=false", f"--health-addr=127.0.0.1:{health}"]
    common += [f"--metrics-addr=127.0.0.1:{metrics}"]
    is_ready = lambda: processes.listens(health)  # noqa: E731
    with processes.start(name, *arguments, *common, logs=logs, environ=environ, is_ready=is_ready):
        yield


def git_repository(name: str, *, url: str) -> dict[str, Any]:
    """Return the GitRepository of a desired state; Secret `name` has the credential."""
    spec = {"interval": "10m", "url": url, "ref": {"branch": "main"}, "secretRef": {"name": name}}
    return {"apiVersion": SOURCE, "kind": "GitRepository", "metadata": _metadata(name), "spec": spec}


def credential(name: str, token: str) -> dict[str, Any]:
    """Return the Secret that a GitRepository reads its credential from."""
    return secret(name, username="git", password=token)


def secret(name: str, **data: str) -> dict[str, Any]:
    """Return a Secret."""
    return {"apiVersion": "v1", "kind": "Secret", "metadata": _metadata(name), "stringData": data}


def kustomization(name: str, *, source: str, path: str = "./", **spec: Any) -> dict[str, Any]:
    """Return the Kustomization that applies a folder of a GitRepository."""
    reference = {"kind": "GitRepository", "name": source}
    content = {"interval": "10m", "retryInterval": "2s", "path": path, "prune": True, "sourceRef": reference, **spec}
    return {"apiVersion": KUSTOMIZE, "kind": "Kustomization", "metadata": _metadata(name), "spec": content}


def receiver(name: str, *, source: str, kustomizations: list[str], **spec: Any) -> dict[str, Any]:
    """Return a Receiver that makes Flux fetch the source and apply the Kustomizations."""
    resources = [{"apiVersion": SOURCE, "kind": "GitRepository", "name": source}]
    resources += [{"apiVersion": KUSTOMIZE, "kind": "Kustomization", "name": item} for item in kustomizations]
    content = {"type": "generic-hmac", "secretRef": {"name": f"{name}-token"}, "resources": resources, **spec}
    return {"apiVersion": NOTIFICATION, "kind": "Receiver", "metadata": _metadata(name), "spec": content}


def shipped(file: str) -> list[dict[str, Any]]:
    """Return the objects of a manifest in deploy/flux."""
    text = (programs.ROOT / "deploy" / "flux" / file).read_text()
    return list(yaml.safe_load_all(text))


def _metadata(name: str) -> dict[str, str]:
    return {"name": name, "namespace": NAMESPACE}
