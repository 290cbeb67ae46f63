"""etcd, the API server, its controllers, the scheduler, and kwok for the node: a cluster without containers."""

import ssl
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from . import processes, programs
from .kubectl import Kubectl

_TOKEN = "the-token-of-the-administrator"
NODE = {
    "apiVersion": "v1",
    "kind": "Node",
    "metadata": {
        "name": "node-0",
        "annotations": {"kwok.x-k8s.io/node": "fake"},
        "labels": {"kubernetes.io/hostname": "node-0", "kubernetes.io/os": "linux"},
    },
}


@contextmanager
def start(folder: Path) -> Iterator[Kubectl]:
    """Start the control plane below `folder`; everything listens on the loopback interface."""
    logs = folder / "logs"
    logs.mkdir(parents=True)
    url = f"https://127.0.0.1:{processes.free_port()}"
    kubeconfig = _write_kubeconfig(folder, url)
    kubectl = Kubectl(kubeconfig=kubeconfig)
    with ExitStack() as stack:
        etcd = stack.enter_context(_etcd(folder, logs))
        stack.enter_context(_api_server(folder, logs, url, etcd))
        key = f"--service-account-private-key-file={folder / 'service-accounts.pem'}"
        stack.enter_context(_component("kube-controller-manager", key, folder=folder, kubeconfig=kubeconfig))
        stack.enter_context(_component("kube-scheduler", folder=folder, kubeconfig=kubeconfig))
        kubectl.apply(NODE)
        stack.enter_context(_kwok(logs, kubeconfig))
        yield kubectl


@contextmanager
def _etcd(folder: Path, logs: Path) -> Iterator[str]:
    clients, peers = (f"http://127.0.0.1:{processes.free_port()}" for _ in range(2))
    arguments = ["--unsafe-no-fsync", f"--data-dir={folder / 'etcd'}", f"--initial-cluster=default={peers}"]
    arguments += [f"--listen-client-urls={clients}", f"--advertise-client-urls={clients}"]
    arguments += [f"--listen-peer-urls={peers}", f"--initial-advertise-peer-urls={peers}"]
    with processes.start("etcd", *arguments, logs=logs, is_ready=lambda: _is_healthy(f"{clients}/health")):
        yield clients


@contextmanager
def _api_server(folder: Path, logs: Path, url: str, etcd: str) -> Iterator[None]:
    tokens, key = folder / "tokens.csv", folder / "service-accounts.pem"
    tokens.write_text(f'{_TOKEN},admin,admin,"system:masters"\n')
    form = serialization.PrivateFormat.TraditionalOpenSSL
    key.write_bytes(
        rsa.generate_private_key(65537, 2048).private_bytes(
            serialization.Encoding.PEM, form, serialization.NoEncryption()
        )
    )
    arguments = [f"--etcd-servers={etcd}", f"--secure-port={url.rpartition(':')[2]}", f"--cert-dir={folder / 'api'}"]
    arguments += ["--endpoint-reconciler-type=none", "--bind-address=127.0.0.1", f"--token-auth-file={tokens}"]
    arguments += ["--service-account-issuer=https://kubernetes.default.svc", f"--service-account-key-file={key}"]
    arguments += [f"--service-account-signing-key-file={key}", "--service-cluster-ip-range=10.96.0.0/16"]
    arguments += ["--authorization-mode=RBAC", "--allow-privileged=true"]
    with processes.start("kube-apiserver", *arguments, logs=logs, is_ready=lambda: _is_healthy(f"{url}/readyz")):
        yield


@contextmanager
def _component(name: str, *arguments: str, folder: Path, kubeconfig: Path) -> Iterator[None]:
    port = processes.free_port()
    common = [f"--{use}kubeconfig={kubeconfig}" for use in ("", "authentication-", "authorization-")]
    common += ["--leader-elect=false", "--bind-address=127.0.0.1", f"--secure-port={port}"]
    common += [f"--cert-dir={folder / name}"]
    is_ready = lambda: processes.listens(port)  # noqa: E731
    with processes.start(name, *common, *arguments, logs=folder / "logs", is_ready=is_ready):
        yield


@contextmanager
def _kwok(logs: Path, kubeconfig: Path) -> Iterator[None]:
    port = processes.free_port()
    arguments = [f"--kubeconfig={kubeconfig}", "--manage-all-nodes=true", "--cidr=10.244.0.0/16"]
    arguments += [f"--config={programs.MANIFESTS / 'kwok-stages.yaml'}", f"--server-address=127.0.0.1:{port}"]
    with processes.start("kwok", *arguments, logs=logs, is_ready=lambda: processes.listens(port)):
        yield


def _write_kubeconfig(folder: Path, url: str) -> Path:
    path = folder / "kubeconfig"
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "stage", "cluster": {"server": url, "insecure-skip-tls-verify": True}}],
        "users": [{"name": "admin", "user": {"token": _TOKEN}}],
        "contexts": [{"name": "stage", "context": {"cluster": "stage", "user": "admin"}}],
        "current-context": "stage",
    }
    path.write_text(yaml.safe_dump(content))
    path.chmod(0o600)
    return path


def _is_healthy(url: str) -> bool:
    """Return whether a health endpoint answers 200; the certificate is one that the API server made for itself."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {_TOKEN}"})  # noqa: S310 - loopback
    try:
        with urllib.request.urlopen(request, timeout=2, context=context) as response:  # noqa: S310 - loopback
            return bool(response.status == 200)
    except OSError:
        return False
