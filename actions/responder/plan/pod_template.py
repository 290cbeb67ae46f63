"""What a change of the pod template does to the pods that run now. Does not decide whether it may change."""

from collections.abc import Iterable, Sequence

from ..yamledit.values import YamlPath

_TEMPLATES: tuple[YamlPath, ...] = (("spec", "template"), ("spec", "jobTemplate"))
# https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#updating-a-deployment
_ROLLED_OUT = ("Deployment", "StatefulSet", "DaemonSet", "Rollout")
_FOR_NEW_PODS = ("ReplicaSet", "ReplicationController", "CronJob")
# The field that stops a DaemonSet: its pods go, and none comes instead.
_STOP: YamlPath = ("spec", "template", "spec", "nodeSelector", "falco-dispatch.dev/stopped")


def warnings_about(kind: str, paths: Iterable[YamlPath]) -> Sequence[str]:
    """Return what a change of these fields of a workload does to its pods, if it changes the pod template."""
    if not any(path != _STOP and path[: len(template)] == template for path in paths for template in _TEMPLATES):
        return ()
    if kind in _ROLLED_OUT:
        return (f"a change of the pod template of a {kind} replaces its pods, and the evidence in them is lost",)
    if kind in _FOR_NEW_PODS:
        return (f"a change of the pod template of a {kind} reaches its next pods only: those that run now stay",)
    return ()
