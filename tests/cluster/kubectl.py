"""The real kubectl, and what tests ask of it."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from . import programs
from .processes import wait_until

Object = Mapping[str, Any]


class Refused(Exception):
    """The API server refused a request; the message is its own."""


@dataclass(frozen=True, kw_only=True)
class Kubectl:
    """kubectl with the kubeconfig of an administrator."""

    kubeconfig: Path

    def run(self, *arguments: str, stdin: str = "") -> str:
        """Return what kubectl prints. Raise Refused."""
        command = [programs.path("kubectl"), f"--kubeconfig={self.kubeconfig}", *arguments]
        result = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, timeout=60)
        if result.returncode:
            raise Refused(result.stderr)
        return result.stdout

    def apply(self, *objects: Object, arguments: Sequence[str] = ()) -> None:
        """Apply objects. Raise Refused."""
        self.run("apply", "--filename=-", *arguments, stdin=yaml.safe_dump_all(objects, sort_keys=False))

    def get(self, kind: str, name: str, *, namespace: str = "default") -> dict[str, Any]:
        """Return an object. Raise Refused."""
        return dict(json.loads(self.run("get", kind, name, f"--namespace={namespace}", "--output=json")))

    def list(self, kind: str, *, namespace: str = "default", selector: str = "") -> list[dict[str, Any]]:
        """Return the objects of a kind."""
        arguments = (f"--namespace={namespace}", f"--selector={selector}", "--output=json")
        return list(json.loads(self.run("get", kind, *arguments))["items"])

    def pods(self, *, namespace: str = "default", selector: str = "") -> dict[str, str]:
        """Return the unique ids of the running pods by their names."""
        pods = self.list("pods", namespace=namespace, selector=selector)
        return {
            pod["metadata"]["name"]: pod["metadata"]["uid"]
            for pod in pods
            if pod["status"].get("phase") == "Running" and "deletionTimestamp" not in pod["metadata"]
        }

    def wait_for_pods(self, count: int, *, namespace: str = "default", selector: str = "") -> dict[str, str]:
        """Return the running pods once there are that many. Raise TimeoutError."""

        def pods() -> dict[str, str] | None:
            running = self.pods(namespace=namespace, selector=selector)
            return running if len(running) == count else None

        what = f"{count} running pods {selector} in {namespace}"
        if count:
            return wait_until(pods, what) or {}
        wait_until(lambda: not self.list("pods", namespace=namespace, selector=selector), what)
        return {}

    def wait_until_ready(self, kind: str, name: str, *, namespace: str = "flux-system", revision: str = "") -> None:
        """Wait until Flux says that an object is ready, and has applied a revision. Raise TimeoutError."""

        def is_ready() -> bool:
            status = self.get(kind, name, namespace=namespace).get("status", {})
            conditions = {condition["type"]: condition["status"] for condition in status.get("conditions", [])}
            return conditions.get("Ready") == "True" and revision in status.get("lastAppliedRevision", "")

        wait_until(is_ready, f"{kind} {name} is ready {revision}")
