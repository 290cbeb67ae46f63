"""Renders the charts of releases as helm-controller does, with `helm template` and the post-renderers of the release.

Charts run in the sandbox that kustomize runs in: no credential, no plugin, no hook, and a time limit. What a chart is
made of, and whether it can be had, is for gitops/workloads/chart_source.py to say.
https://fluxcd.io/flux/components/helm/helmreleases/
"""

import hashlib
import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from ..errors import NotRendered
from ..escape import one_line
from ..gitops import manifests
from ..gitops.fields import items, mapping
from ..gitops.flux.desired_state import ClusterObject, DesiredState
from ..gitops.workloads import chart_package, chart_source, helm, release_values
from ..gitops.workloads.chart_package import ChartPackage
from . import sandbox

_TIMEOUT = 30.0  # seconds for one chart
_LIMIT = 60.0  # seconds for all charts of a run; then no other is fetched or rendered
_PACKAGE = "package.tgz"
_KUSTOMIZE_FIELDS = ("patches", "patchesStrategicMerge", "patchesJson6902", "images")  # of a post-renderer
_INSTALL = "install helm on the runner (ubuntu-24.04 has it) to render charts"
Objects = Sequence[Mapping[str, Any]]
Result = TypeVar("Result")


class HelmCharts:
    """Renders charts below `folder`, each rendering once: the files and the values of a chart tell it from others."""

    def __init__(
        self,
        helm_program: str | None,
        kustomize: str | None,
        folder: Path,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._helm = helm_program
        self._kustomize = kustomize
        self._folder = folder
        self._clock = clock
        self._rendered: dict[str, Objects | NotRendered] = {}
        self._packages: dict[ChartPackage, bytes | NotRendered] = {}
        self._spent = 0.0  # seconds

    def render(self, release: ClusterObject, state: DesiredState) -> Objects:
        """Return the objects that a release makes, as they are after its post-renderers. Raise NotRendered."""
        program = self._helm
        if program is None:
            raise NotRendered(f"there is no helm on the PATH: {_INSTALL}")
        if chart_source.is_here(release, state):
            files = chart_source.chart_files(release, state)
        else:
            files = {_PACKAGE: self._pull(program, chart_package.package_of(release, state))}
        values = json.dumps(release_values.values_of(release, state)).encode()
        name, namespace = helm.release_name(release.resource), helm.namespace(release.resource) or "default"
        renderers = [
            {key: value for key, value in mapping(entry, "kustomize").items() if key in _KUSTOMIZE_FIELDS}
            for entry in items(mapping(release.resource.data, "spec"), "postRenderers")
            if isinstance(entry, Mapping)
        ]
        key = _digest(files, values, name.encode(), namespace.encode(), json.dumps(renderers).encode())
        if key not in self._rendered:
            self._rendered[key] = self._timed(
                lambda: self._objects(program, renderers, files, values, name=name, namespace=namespace)
            )
        result = self._rendered[key]
        if isinstance(result, NotRendered):
            raise result
        return result

    def _timed(self, work: Callable[[], Result]) -> Result | NotRendered:
        """Return the result of some work, or the error that says why there is none; its time counts."""
        if self._spent > _LIMIT:
            return NotRendered(f"charts took more than {_LIMIT:.0f} s")
        started = self._clock()
        try:
            return work()
        except NotRendered as error:
            return error
        finally:
            self._spent += self._clock() - started

    def _objects(
        self,
        program: str,
        renderers: Sequence[Mapping[str, Any]],
        files: Mapping[str, bytes],
        values: bytes,
        *,
        name: str,
        namespace: str,
    ) -> Objects:
        output = self._template(program, files, values, name=name, namespace=namespace)
        for renderer in renderers:
            output = self._post_render(renderer, output)
        return _objects(output)

    def _template(self, program: str, files: Mapping[str, bytes], values: bytes, *, name: str, namespace: str) -> bytes:
        with tempfile.TemporaryDirectory(dir=self._folder) as folder:
            root = Path(folder, "root")
            for path, data in {
                **{f"chart/{path}": data for path, data in files.items()},
                "values.json": values,
            }.items():
                file = root / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(data)
            options = ["--namespace", namespace, "--values", "values.json", "--no-hooks", "--skip-tests"]
            chart = f"chart/{_PACKAGE}" if _PACKAGE in files else "chart"
            return _run([program, "template", name, chart, *options], root)

    def _pull(self, program: str, package: ChartPackage) -> bytes:
        """Return a package, which is fetched once, without any credential. Raise NotRendered."""
        if package not in self._packages:
            self._packages[package] = self._timed(lambda: self._fetch(program, package))
        result = self._packages[package]
        if isinstance(result, NotRendered):
            raise NotRendered(f"its chart {package} cannot be fetched: {result}")
        return result

    def _fetch(self, program: str, package: ChartPackage) -> bytes:
        with tempfile.TemporaryDirectory(dir=self._folder) as folder:
            root = Path(folder, "root")
            root.mkdir()
            options = ["--destination", str(root.with_name("scratch"))]
            options += [f"--repo={package.repository}"] if package.repository else []
            options += [f"--version={package.version}"] if package.version else []
            return _run([program, "pull", package.chart, *options], root, result="*.tgz")

    def _post_render(self, renderer: Mapping[str, Any], objects: bytes) -> bytes:
        """Return the objects after one post-renderer, which is a kustomization around them."""
        if self._kustomize is None:
            raise NotRendered("there is no kustomize on the PATH, which its post-renderers need")
        with tempfile.TemporaryDirectory(dir=self._folder) as folder:
            root = Path(folder, "root")
            root.mkdir()
            (root / "objects.yaml").write_bytes(objects)
            (root / "kustomization.yaml").write_text(json.dumps({**renderer, "resources": ["objects.yaml"]}))
            return _run([self._kustomize, "build", "."], root)


@contextmanager
def helm_charts() -> Iterator[HelmCharts]:
    """Yield what renders charts with the helm and the kustomize that are on the PATH, if they are there."""
    with tempfile.TemporaryDirectory(prefix="falco-dispatch-") as folder:
        yield HelmCharts(shutil.which("helm"), shutil.which("kustomize"), Path(folder))


def _run(command: list[str], root: Path, *, result: str | None = None) -> bytes:
    """Return what a program writes, or with `result` the file of that name that it leaves. Raise NotRendered."""
    name = Path(command[0]).name
    try:
        ended = sandbox.run(command, root=root, scratch=root.with_name("scratch"), timeout=_TIMEOUT, result=result)
    except OSError as error:
        raise NotRendered(f"{name} cannot be started: {error.strerror}") from error
    if ended.code is None:
        raise NotRendered(f"{name} took more than {_TIMEOUT:.0f} s")
    if ended.code != 0:
        message = ended.errors.decode(errors="replace").strip().replace(str(root), ".")
        raise NotRendered(f"{name} fails: {one_line(message, limit=300)}")
    return ended.output


def _objects(output: bytes) -> Objects:
    try:
        return [content for content in manifests.load_all(output) if isinstance(content, Mapping)]
    except manifests.Unreadable as error:
        raise NotRendered(f"the chart gives no YAML: {one_line(error)}") from error


def _digest(files: Mapping[str, bytes], *texts: bytes) -> str:
    digest = hashlib.sha256()
    for path, data in sorted(files.items()):
        digest.update(f"{path}\0{len(data)}\0".encode() + data)
    for text in texts:
        digest.update(f"{len(text)}\0".encode() + text)
    return digest.hexdigest()
