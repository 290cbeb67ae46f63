"""What ships in deploy/ is accepted by the API server, custom resources too."""

import pytest

from tests.deploy.rendering import DEPLOY

from . import programs
from .stage import Stage

OVERLAYS = sorted(path.name for path in (DEPLOY / "kustomize" / "overlays").iterdir())
FILES = sorted([*(DEPLOY / "flux").glob("*.yaml"), DEPLOY / "certificates.yaml"])
CRDS = programs.ROOT / ".tools" / "crds"
DRY_RUN = ("apply", "--server-side", "--dry-run=server", "--force-conflicts")


@pytest.fixture(scope="module", autouse=True)
def definitions(stage: Stage) -> None:
    """Have the custom resources of cert-manager, the Gateway API and Prometheus, and the namespaces of the examples."""
    stage.kubectl.run("apply", "--server-side", "--force-conflicts", f"--filename={CRDS}")
    for name in ("falco-dispatch", "falco", "cert-manager"):
        stage.kubectl.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_an_overlay_is_accepted(stage: Stage, overlay: str) -> None:
    result = stage.kubectl.run(*DRY_RUN, f"--kustomize={DEPLOY / 'kustomize' / 'overlays' / overlay}")
    assert "statefulset.apps/relay" in result or "deployment.apps/relay" in result


@pytest.mark.parametrize("path", [pytest.param(path, id=path.name) for path in FILES])
def test_an_example_is_accepted(stage: Stage, path: object) -> None:
    assert "serverside-applied (server dry run)" in stage.kubectl.run(*DRY_RUN, f"--filename={path}")
