"""What is known of a response to a workload that a chart makes: proved by the rendered chart, or assumed from names."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..errors import NotRendered
from ..gitops.flux.desired_state import DesiredState
from ..gitops.workloads.charts import Charts, chart_name
from ..gitops.workloads.target import Target
from ..proof.rendered import ObjectKey, diff, differing_keys, key_of, label
from ..proof.standing import Proof, Standing


def assumptions(target: Target) -> Sequence[str]:
    """Return what a response supposes that only a chart could confirm; nothing if the chart was rendered."""
    if not target.chart_workloads or target.is_rendered:
        return ()
    workloads = " or ".join(map(str, target.chart_workloads))
    reason = f" (it is not rendered: {target.unrendered})" if target.unrendered else ""
    return (
        f"only the chart of {target} can confirm that it makes {workloads}, which the name of the pod stands for"
        f"{reason}: see whether the pod is gone",
    )


def judge(proof: Proof, target: Target, desired_after: DesiredState, charts: Charts | None) -> Proof:
    """Return the proof of a release's change with what its chart says of it.

    The workload has to be the only object of the chart that differs.
    """
    if doubts := assumptions(target):
        return replace(proof, standing=Standing.ASSUMED, reason=f"{proof.reason}; {'; '.join(doubts)}")
    successor = next((item for item in desired_after.objects if item.reading == target.object.reading), None)
    if charts is None or successor is None:
        return replace(proof, standing=Standing.DISPROVED, reason=f"{target} is not there any more")
    if successor.resource.data == target.object.resource.data:
        return proof  # the response is beside the release
    try:
        objects_before = _by_key(charts.render(target.object, target.desired_state))
        objects_after = _by_key(charts.render(successor, desired_after))
    except NotRendered as error:
        return replace(proof, standing=Standing.DISPROVED, reason=f"the chart of {target} does not render: {error}")
    (workload,) = target.chart_workloads
    expected = key_of(workload.content)
    keys = differing_keys(objects_before, objects_after)
    chart = f"chart {chart_name(target.object)}"
    differences = [diff(f"{label(key)} of {chart}", objects_before.get(key), objects_after.get(key)) for key in keys]
    proof = replace(proof, diff="\n".join([proof.diff, *differences]))
    if strangers := [key for key in keys if key != expected]:
        reason = f"{label(strangers[0])} of {chart} would change, which is not the response"
        return replace(proof, standing=Standing.DISPROVED, reason=reason)
    if not keys:
        reason = f"the commit would do nothing to {workload}: its rendering by {chart} stays the same"
        return replace(proof, standing=Standing.DISPROVED, reason=reason)
    return replace(proof, reason=f"{proof.reason}; {workload} is the only difference in what {chart} makes")


def _by_key(objects: Sequence[Mapping[str, Any]]) -> dict[ObjectKey, Mapping[str, Any]]:
    return {key_of(content): content for content in objects}
