"""What a person has to know if a pod runs on although its workload is stopped. Does not decide whether it does."""

from collections.abc import Sequence

from ..kubernetes.pod_names import Pod, Subject, Workload


def describe(subject: Subject, workload: Workload, unreached: str) -> Sequence[str]:
    """Return that pods run on, why, and what ends them; nothing if `unreached` is empty: the response reaches them."""
    if not unreached:
        return ()
    kubectl = f"kubectl --namespace {subject.namespace}"
    reason = f"a suspended {workload.kind} starts no Jobs, but ends none, and {unreached}"
    if not isinstance(subject, Pod):
        return (f"Jobs that run now still run: {reason}; to end their pods, delete them: {kubectl} get jobs",)
    owner = f"{kubectl} get pod {subject.name} --output jsonpath='job/{{.metadata.ownerReferences[0].name}}'"
    return (f'pod {subject} still runs: {reason}; to end the pod, delete its Job: {kubectl} delete "$({owner})"',)
