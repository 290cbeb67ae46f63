"""What a person has to know if a pod runs on although its workload is stopped. Does not decide whether it does."""

from collections.abc import Sequence

from ..kubernetes.pod_names import Pod, Workload


def describe(pod: Pod, workload: Workload, unreached: str) -> Sequence[str]:
    """Return that a pod runs on, why, and what ends it; nothing if `unreached` is empty: the response reaches it."""
    if not unreached:
        return ()
    kubectl = f"kubectl --namespace {pod.namespace}"
    owner = f"{kubectl} get pod {pod.name} --output jsonpath='job/{{.metadata.ownerReferences[0].name}}'"
    return (
        f"pod {pod} still runs: a suspended {workload.kind} starts no Jobs, but ends none, and {unreached}; "
        f'to end the pod, delete its Job: {kubectl} delete "$({owner})"',
    )
