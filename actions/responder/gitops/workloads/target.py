"""The declared workload that owns a pod, with all that an edit of it needs to know."""

from dataclasses import dataclass, field
from pathlib import PurePosixPath

from ...kubernetes.operator_kinds import OperatorKind
from ...kubernetes.pod_names import Workload
from ..flux.desired_state import ClusterObject, DesiredState
from .chart_workloads import ChartWorkload


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where a workload is declared: `document` counts from 0 in the file, `item` is the index in a `kind: List`.

    `object` is the workload as its cluster gets it, `desired_state` all that the repository applies. For a HelmRelease,
    `chart_workloads` are the workloads one of which the chart must have for the pod to have its name; there are no
    `autoscalers`. `operator_kind` is set if an operator makes its pods. If `is_rendered`,
    the chart makes the one workload in `chart_workloads`; if not, `unrendered` may say why it could not be rendered.
    """

    file: PurePosixPath
    document: int
    line: int
    api_version: str
    workload: Workload
    item: int | None = None
    object: ClusterObject = field(repr=False)
    desired_state: DesiredState = field(repr=False)
    chart_workloads: tuple[ChartWorkload, ...] = ()
    operator_kind: OperatorKind | None = None
    is_rendered: bool = False
    unrendered: str = ""
    autoscalers: tuple[ClusterObject, ...] = field(default=(), repr=False)

    def __str__(self) -> str:
        return f"{self.file}:{self.line} ({self.workload})"
