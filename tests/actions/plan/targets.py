"""Located workloads of small desired states that are held in memory."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

import yaml

from responder.gitops.checkout import Checkout
from responder.gitops.workloads import locate
from responder.gitops.workloads.target import Target
from responder.kubernetes.pod_names import Pod

API_VERSIONS = {
    "Pod": "v1",
    "ReplicationController": "v1",
    "Rollout": "argoproj.io/v1alpha1",
    "CronJob": "batch/v1",
    "Job": "batch/v1",
    "HelmRelease": "helm.toolkit.fluxcd.io/v2",
}
# What follows the name of a workload in the names of its pods.
SUFFIXES = {
    "Deployment": "-77789455d6-m7flp",
    "Rollout": "-77789455d6-m7flp",
    "HelmRelease": "-77789455d6-m7flp",
    "StatefulSet": "-0",
    "CronJob": "-29385720-m7flp",
    "Pod": "",
}
LABELS = {"app": "web"}


def manifest(kind: str, spec: Mapping[str, Any] | None = None, **metadata: Any) -> dict[str, Any]:
    """Return the manifest of a workload `web`."""
    return {
        "apiVersion": API_VERSIONS.get(kind, "apps/v1"),
        "kind": kind,
        "metadata": {"name": "web", "namespace": "shop", **metadata},
        "spec": {"template": {"metadata": {"labels": LABELS}}, **(spec or {})},
    }


def checkout_of(files: Mapping[str, Any]) -> Checkout:
    """Return a checkout of files, each with one YAML document, a list of them or its text."""
    return Checkout.from_contents({path: _data(content) for path, content in files.items()})


def target_of(files: Mapping[str, Any], kind: str, *, cluster: str | None = None) -> Target:
    """Return the workload of a kind that a pod `web` leads to."""
    pod = Pod(namespace="shop", name=f"web{SUFFIXES.get(kind, '-m7flp')}")
    clusters = {cluster: PurePosixPath(f"clusters/{cluster}")} if cluster else {}
    return locate.locate(checkout_of(files), subject=pod, cluster=cluster, clusters=clusters)


def target(kind: str, spec: Mapping[str, Any] | None = None, *others: Any) -> Target:
    """Return a workload that is in one file with other objects."""
    return target_of({"web.yaml": [manifest(kind, spec), *others]}, kind)


def _data(content: Any) -> bytes:
    if isinstance(content, str):
        return content.encode()
    documents = content if isinstance(content, list) else [content]
    return yaml.safe_dump_all(documents, sort_keys=False).encode()
