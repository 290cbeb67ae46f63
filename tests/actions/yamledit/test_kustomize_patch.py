"""What JSON patches make of manifests in Kustomize's dialect, which is what `kustomize build` does."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from responder.errors import PatchFailed
from responder.yamledit import json_patch
from responder.yamledit.json_patch import Dialect

KUSTOMIZE = shutil.which("kustomize")
VALUE: dict[str, Any] = {"a": [1, 2, 3], "b": [], "m": {"x": 1}, "e": None, "t": "hello", "l": [{"k": 1}]}

Operations = list[dict[str, Any]]

KUSTOMIZED: list[Operations] = [
    [{"op": "remove", "path": "/spec/a/0"}],
    [{"op": "remove", "path": "/spec/a/3"}],
    [{"op": "remove", "path": "/spec/a/-1"}],
    [{"op": "remove", "path": "/spec/a/-4"}],
    [{"op": "remove", "path": "/spec/a/-"}],
    [{"op": "remove", "path": "/spec/a/00"}],
    [{"op": "remove", "path": "/spec/a/+1"}],
    [{"op": "remove", "path": "/spec/missing"}],
    [{"op": "remove", "path": "/spec/missing/x"}],
    [{"op": "remove", "path": "/spec/e"}],
    [{"op": "remove", "path": ""}],
    [{"op": "add", "path": "/spec/missing/x", "value": 1}],
    [{"op": "add", "path": "/spec/a/1", "value": 9}],
    [{"op": "add", "path": "/spec/a/01", "value": 9}],
    [{"op": "add", "path": "/spec/a/3", "value": 9}],
    [{"op": "add", "path": "/spec/a/4", "value": 9}],
    [{"op": "add", "path": "/spec/a/-1", "value": 9}],
    [{"op": "add", "path": "/spec/a/-", "value": 9}],
    [{"op": "add", "path": "/spec/a/x", "value": 9}],
    [{"op": "add", "path": "/spec/t/x", "value": 9}],
    [{"op": "add", "path": "/spec/e/x", "value": 9}],
    [{"op": "add", "path": "/spec/n", "value": None}],
    [{"op": "add", "path": "/spec/n"}],
    [{"op": "add", "path": "/spec/m/", "value": 1}],
    [{"op": "add", "path": "/spec/m/a~1b", "value": 1}],
    [{"op": "add", "path": "/spec/m/a~01b", "value": 1}],
    [{"op": "add", "path": "/spec/m/a~2b", "value": 1}],
    [{"op": "add", "path": "", "value": {}}],
    [{"op": "replace", "path": "/spec/n", "value": 1}],
    [{"op": "replace", "path": "/spec/a/1", "value": 9}],
    [{"op": "replace", "path": "/spec/a/3", "value": 9}],
    [{"op": "replace", "path": "/spec/a/-1", "value": 9}],
    [{"op": "replace", "path": "/spec/a/-", "value": 9}],
    [{"op": "replace", "path": "/spec/e", "value": 9}],
    [{"op": "replace", "path": "/spec/e"}],
    [{"op": "test", "path": "/spec/t", "value": "hello"}],
    [{"op": "test", "path": "/spec/t", "value": "other"}],
    [{"op": "test", "path": "/spec/missing", "value": None}],
    [{"op": "test", "path": "/spec/missing", "value": 1}],
    [{"op": "test", "path": "/spec/e", "value": None}],
    [{"op": "test", "path": "/spec/m", "value": {"x": 1}}],
    [{"op": "test", "path": "/spec/m/x", "value": 1.5}],
    [{"op": "test", "path": "/spec/m/x", "value": "1"}],
    [{"op": "test", "path": "/spec/a/-1", "value": 3}],
    [{"op": "move", "from": "/spec/a/0", "path": "/spec/b/-"}],
    [{"op": "move", "from": "/spec/a/0", "path": "/spec/a/2"}],
    [{"op": "move", "from": "/spec/a/0", "path": "/spec/a/3"}],
    [{"op": "move", "from": "/spec/m", "path": "/spec/m/y"}],
    [{"op": "move", "from": "/spec/missing", "path": "/spec/n"}],
    [{"op": "move", "from": "/spec/a/0", "path": "/spec/a/0"}],
    [{"op": "move", "from": "/spec/a/-1", "path": "/spec/n"}],
    [{"op": "move", "from": "/spec/a", "path": "/spec/m/y"}],
    [{"op": "copy", "from": "/spec/m", "path": "/spec/n"}],
    [{"op": "copy", "from": "/spec/missing", "path": "/spec/n"}],
    [{"op": "copy", "from": "/spec/e", "path": "/spec/n"}],
    [{"op": "copy", "from": "/spec/m", "path": "/spec/m/y"}],
    [{"op": "copy", "from": "/spec/a/0", "path": "/spec/a/-"}],
    [{"op": "frob", "path": "/spec/a"}],
    [{"op": "replace", "path": "/spec/t", "value": "x"}, {"op": "remove", "path": "/spec/missing"}],
    [{"op": "remove"}],
]


@pytest.mark.skipif(KUSTOMIZE is None, reason="no kustomize: `make setup` builds it where Go is")
@pytest.mark.parametrize("operations", [pytest.param(patch, id=json.dumps(patch)) for patch in KUSTOMIZED])
def test_kustomizes_dialect_is_what_kustomize_build_does(operations: Operations, tmp_path: Path) -> None:
    manifest = {"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "t"}, "spec": VALUE}
    patch = {"target": {"kind": "Thing"}, "patch": json.dumps(operations)}
    (tmp_path / "thing.yaml").write_text(json.dumps(manifest))
    (tmp_path / "kustomization.yaml").write_text(json.dumps({"resources": ["thing.yaml"], "patches": [patch]}))
    build = subprocess.run([str(KUSTOMIZE), "build", str(tmp_path)], capture_output=True, check=False)
    rendered = yaml.safe_load(build.stdout) if build.returncode == 0 else None
    try:
        expected = json_patch.apply(manifest, operations, Dialect.KUSTOMIZE)
    except PatchFailed:
        expected = None
    assert rendered == expected
