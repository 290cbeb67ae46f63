"""Makes the event of a trial: a shell in a pod of a workload. Which workloads there are is for `trial` to say."""

from collections.abc import Mapping
from typing import Any

from responder.falco import cloudevent
from responder.falco.event import Event
from responder.proof.rendered import ObjectKey

# What follows a workload's name in the names of its pods; five random characters follow what ends in a dash.
SUFFIXES = {
    "Deployment": "-77789455d6-",
    "Rollout": "-77789455d6-",
    "HelmRelease": "-77789455d6-",
    "StatefulSet": "-0",
    "DaemonSet": "-",
    "ReplicaSet": "-",
    "ReplicationController": "-",
    "Job": "-",
    "CronJob": "-29385720-",
    "Pod": "",
}
_LONGEST_STEM = 58  # Kubernetes cuts the name off there, before the five characters
_TIME = "2026-01-01T00:00:00Z"
_FIELDS = {"container.id": "788861c3cf83", "proc.cmdline": "sh -c uptime", "proc.name": "sh", "user.name": "root"}


def shell_event(cluster: str, key: ObjectKey, manifest: Mapping[str, Any]) -> Event:
    """Return the event of a shell in a pod of a rendered workload, as the relay would dispatch it."""
    _, kind, namespace, name = key
    if kind == "HelmRelease":
        spec = manifest.get("spec") or {}
        target = spec.get("targetNamespace")
        name = spec.get("releaseName") or (f"{target}-{name}" if target else name)
        namespace = target or namespace
    stem = name + SUFFIXES[kind]
    pod = f"{stem[:_LONGEST_STEM]}m7flp" if stem.endswith("-") else stem
    falco = {
        "rule": "Terminal shell in container",
        "priority": "Notice",
        "source": "syscall",
        "time": _TIME,
        "output": "A shell was spawned in a container with an attached terminal",
        "output_fields": {**_FIELDS, "k8s.ns.name": namespace or "default", "k8s.pod.name": pod},
    }
    return cloudevent.parse(
        {
            "specversion": "1.0",
            "id": "1",
            "source": "https://falco.org",
            "type": "falco.rule.output.v1",
            "time": _TIME,
            "cluster": cluster,
            "data": falco,
        }
    )
