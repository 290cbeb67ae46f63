"""A repository with every kind of workload, as files: two clusters with a shared base, a chart, autoscalers.

Does not start anything. Both clusters are namespaces of the one stage.
"""

import json
from collections.abc import Mapping
from typing import Any

import yaml

from . import flux

NAME = "fleet"
REPOSITORY = f"acme/{NAME}"
NAMESPACE = "shop"
RULES = """\
version: 1
clusters: {prod: {path: clusters/prod}, staging: {path: clusters/staging}}
limits: {responses-per-hour: 1000}
rules:
  - {name: stop, match: {rules: [Stop]}, respond: [stop]}
  - {name: scale, match: {rules: [Scale]}, respond: [scale: {replicas: 1}]}
  - {name: isolate, match: {rules: [Isolate]}, respond: [isolate: {allow: {dns: true}}]}
  - {name: label, match: {rules: [Label]}, respond: [label: {set: {quarantine: "true"}}]}
  - {name: label pods, match: {rules: [Label pods]}, respond: [label: {set: {quarantine: "true"}, target: pods}]}
  - {name: annotate, match: {rules: [Annotate]}, respond: [annotate: {set: {seen-by: falco}}]}
  - name: patch
    match: {rules: [Patch]}
    respond: [patch: [{op: add, path: /metadata/annotations, value: {patched-by: falco}}]]
  - {name: remove, match: {rules: [Remove]}, respond: [remove]}
"""
# The workloads of the namespace by what stops: kind and name, and how many pods each has.
WORKLOADS: Mapping[str, tuple[str, int]] = {
    "web": ("Deployment", 2),
    "db": ("StatefulSet", 2),
    "agent": ("DaemonSet", 1),
    "cache": ("ReplicaSet", 2),
    "report": ("CronJob", 1),
    "import": ("Job", 1),
    "console": ("Pod", 1),
    "api": ("Deployment", 2),
    "worker": ("Deployment", 1),
}
BYSTANDERS: Mapping[str, tuple[str, int]] = {"bystander": ("Deployment", 2), "next": ("Deployment", 1)}
_POD = {"containers": [{"name": "main", "image": "alpine:3.14"}]}


def files() -> dict[str, bytes]:
    """Return the files of the repository."""
    objects: dict[str, list[dict[str, Any]]] = {
        "apps/namespace.yaml": [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}],
        "apps/autoscalers.yaml": [_autoscaler("api", 2), _autoscaler("worker", 0)],
        "unpruned/kept.yaml": [_workload("CronJob", "kept", 1)],
        "base/site.yaml": [_without_namespace(_workload("Deployment", "site", 1))],
        "releases/store.yaml": [_release()],
        "charts/store/Chart.yaml": [{"apiVersion": "v2", "name": "store", "version": "1.0.0"}],
    }
    for name, (kind, count) in {**WORKLOADS, **BYSTANDERS}.items():
        objects[f"apps/{name}.yaml"] = [_workload(kind, name, count)]
    for cluster in ("prod", "staging"):
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": cluster}}
        objects[f"overlays/{cluster}/namespace.yaml"] = [namespace]
        objects[f"overlays/{cluster}/kustomization.yaml"] = [
            {
                "apiVersion": "kustomize.config.k8s.io/v1beta1",
                "kind": "Kustomization",
                "namespace": cluster,
                "resources": ["namespace.yaml", "../../base"],
            }
        ]
        objects[f"clusters/{cluster}/site.yaml"] = [_applied(f"site-{cluster}", f"./overlays/{cluster}")]
    objects["base/kustomization.yaml"] = [{"kind": "Kustomization", "resources": ["site.yaml"]}]
    objects["clusters/prod/apps.yaml"] = [
        _applied("apps", "./apps"),
        _applied("releases", "./releases", dependsOn=[{"name": "apps"}]),
    ]
    objects["clusters/prod/unpruned.yaml"] = [
        _applied("unpruned", "./unpruned", prune=False, dependsOn=[{"name": "apps"}])
    ]
    plain = json.loads(json.dumps(objects))  # a value that is used twice would get an anchor, which is not edited
    contents = {path: yaml.safe_dump_all(content, sort_keys=False).encode() for path, content in plain.items()}
    for name in ("front", "back"):
        contents[f"charts/store/templates/{name}.yaml"] = _template(name)
    return {**contents, ".github/falco-response.yaml": RULES.encode()}


def _applied(name: str, path: str, **spec: Any) -> dict[str, Any]:
    return flux.kustomization(name, source=NAME, path=path, **spec)


def _workload(kind: str, name: str, count: int) -> dict[str, Any]:
    """Return a workload of a kind whose pods have the label app."""
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": _POD}
    job = {"template": {**template, "spec": {**_POD, "restartPolicy": "Never"}}}
    controlled = {"selector": {"matchLabels": labels}, "template": template}
    spec: Any = {
        "Deployment": {"replicas": count, **controlled},
        "ReplicaSet": {"replicas": count, **controlled},
        "StatefulSet": {"replicas": count, "serviceName": name, **controlled},
        "DaemonSet": controlled,
        "CronJob": {"schedule": "0 0 1 1 *", "jobTemplate": {"spec": job}},
        "Job": job,
        "Pod": _POD,
    }[kind]
    if name in ("api", "worker"):
        del spec["replicas"]  # the autoscaler's
    version = {"Pod": "v1", "Job": "batch/v1", "CronJob": "batch/v1"}.get(kind, "apps/v1")
    metadata = {"name": name, "namespace": NAMESPACE, "labels": labels}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}


def _without_namespace(manifest: dict[str, Any]) -> dict[str, Any]:
    metadata = {key: value for key, value in manifest["metadata"].items() if key != "namespace"}
    return {**manifest, "metadata": metadata}


def _autoscaler(name: str, least: int) -> dict[str, Any]:
    metric = {"metric": {"name": "queue"}, "target": {"type": "AverageValue", "averageValue": "1"}}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
            "minReplicas": least,
            "maxReplicas": 5,
            "metrics": [{"type": "External", "external": metric}],
        },
    }


def _release() -> dict[str, Any]:
    reference = {"kind": "GitRepository", "name": NAME, "namespace": flux.NAMESPACE}
    return {
        "apiVersion": "helm.toolkit.fluxcd.io/v2",
        "kind": "HelmRelease",
        "metadata": {"name": "store", "namespace": NAMESPACE},
        "spec": {
            "interval": "10m",
            "releaseName": "store",
            "chart": {"spec": {"chart": "./charts/store", "sourceRef": reference}},
        },
    }


def _template(name: str) -> bytes:
    manifest = yaml.safe_dump(_without_namespace(_workload("Deployment", f"store-{name}", 1)), sort_keys=False)
    return manifest.replace("store-", "{{ .Release.Name }}-").encode()
