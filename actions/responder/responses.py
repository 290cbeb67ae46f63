"""What each response changes in the document that declares the workload. Pure: bytes in, bytes out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from . import edit
from .documents import Value
from .edit import ABSENT, Absent
from .errors import Unsupported
from .locate import Target

Path = tuple[str | int, ...]

# The field that brings a workload of a kind to a stop.
# https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/
STOP: Mapping[str, tuple[Path, bool | int]] = {
    "Deployment": (("spec", "replicas"), 0),
    "StatefulSet": (("spec", "replicas"), 0),
    "ReplicaSet": (("spec", "replicas"), 0),
    "ReplicationController": (("spec", "replicas"), 0),
    "Rollout": (("spec", "replicas"), 0),
    "CronJob": (("spec", "suspend"), True),
    "Job": (("spec", "suspend"), True),
}


@dataclass(frozen=True, kw_only=True)
class Change:
    """One edit of one file; `line` counts from 1 in the file as it is now, `previous` is ABSENT for a new field."""

    file: PurePosixPath
    document: int
    path: Path
    line: int
    previous: Value | Absent

    def __str__(self) -> str:
        field = ".".join(map(str, self.path))
        was = "was not set" if self.previous is ABSENT else f"was {json.dumps(self.previous)}"
        return f"{self.file} line {self.line}, {field} {was}"


def stop(target: Target, content: bytes) -> tuple[Change | None, bytes]:
    """Set the field that stops the workload; no change where it is set already.

    Raises Unsupported for a kind that cannot be stopped so, EditRefused where the document cannot be edited safely.
    """
    kind = target.workload.kind
    if kind not in STOP:
        raise Unsupported(f"a {kind} cannot be stopped by one field of its manifest")
    field, value = STOP[kind]
    path: Path = ("items", target.item, *field) if target.item is not None else field
    done = edit.set_value(content, target.document, path, value)
    if done.after == done.before:
        return None, content
    change = Change(file=target.file, document=target.document, path=path, line=done.line, previous=done.previous)
    return change, done.after
