"""What is said of a folder that does not render before the edit: for its own content, or for the runner alone."""

import posixpath
import shutil
from collections.abc import Iterator

import pytest

from responder.plan.outcome import Verdict
from responder.proof.protocol import Prover
from responder.proof.prover import kustomize_prover
from responder.proof.standing import Standing
from tests.actions.proof.test_prover import RULES, SINGLE_CLUSTER, WEB, outcome

pytestmark = pytest.mark.skipif(
    shutil.which("kustomize") is None, reason="no kustomize: `make setup` builds it where Go is"
)


@pytest.fixture
def prover() -> Iterator[Prover]:
    with kustomize_prover(required=False) as kustomize:
        yield kustomize


SECOND = WEB.replace("name: web", "name: second")
INCLUDING = """\
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: flux-system, namespace: flux-system}
spec:
  url: https://github.com/acme/fleet
  include:
    - {repository: {name: vendor}, toPath: apps/prod/vendor}
"""


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"other.yaml": f"{SECOND}kind: Deployment\n"}, id="a key twice"),
        pytest.param(
            {"other.yaml": SECOND.replace("  replicas: 3", "  paused: true\n  paused: false")}, id="in a spec"
        ),
        pytest.param({"other.yaml": f"{SECOND}---\n{SECOND}"}, id="an object twice"),
        pytest.param(
            {
                "kustomization.yaml": "resources: [web.yaml, base]\n",
                "base/kustomization.yaml": "resources: [x.yaml]\nfoo: 1\n",
                "base/x.yaml": SECOND,
            },
            id="an unknown field in a base",
        ),
        pytest.param({"kustomization.yaml": "resources: [web.yaml, missing.yaml]\n"}, id="a missing resource"),
        pytest.param({"kustomization.yaml": "resources: [web.yaml, missing]\n"}, id="a missing folder"),
        pytest.param({"kustomization.yaml": "resources: [web.yaml, /etc/x.yaml]\n"}, id="a path out of the source"),
        pytest.param({"kustomization.yaml": "resources: [web.yaml]\nhelmCharts: [{name: x}]\n"}, id="a chart"),
        pytest.param(
            {"kustomization.yaml": "resources: [web.yaml]\nhelmCharts: [{name: x, repo: 'https://charts.example'}]\n"},
            id="a chart from elsewhere",
        ),
        pytest.param({"kustomization.yaml": "resources: [web.yaml]\npatches: [{path: no.yaml}]\n"}, id="no patch file"),
        pytest.param({"other.yaml": "apiVersion: v1\nkind: ConfigMap\n"}, id="an object without a name"),
    ],
)
def test_what_flux_cannot_build_is_committed_but_not_called_contained(files: dict[str, str], prover: Prover) -> None:
    kustomization = {"kustomization.yaml": "resources: [web.yaml, other.yaml]\n", "other.yaml": SECOND}
    tree = {**SINGLE_CLUSTER, **{f"apps/prod/{path}": text for path, text in {**kustomization, **files}.items()}}
    result = outcome(tree, prover, RULES.replace(", test: {path: clusters/test}", ""))
    assert result.verdict is Verdict.COMMITTED
    assert "Flux cannot build it, and applies nothing until that is mended: " in result.reason
    assert result.response is not None
    assert result.response.changes


def test_what_the_edit_itself_mends_is_contained_without_a_proof(prover: Prover) -> None:
    tree = {**SINGLE_CLUSTER, "apps/prod/web.yaml": WEB.replace("replicas: 3", "replicas: .inf")}
    result = outcome(tree, prover, RULES.replace(", test: {path: clusters/test}", ""))
    assert result.verdict is Verdict.CONTAINED
    assert result.response is not None
    assert result.response.proof is not None
    assert result.response.proof.standing is Standing.NOT_POSSIBLE


def test_a_field_that_flux_drops_keeps_nothing_from_being_contained(prover: Prover) -> None:
    tree = {**SINGLE_CLUSTER, "apps/prod/kustomization.yaml": "resources: [web.yaml]\nfoo: 1\n"}
    result = outcome(tree, prover, RULES.replace(", test: {path: clusters/test}", ""))
    assert result.verdict is Verdict.CONTAINED
    assert result.response is not None
    assert result.response.proof is not None
    assert result.response.proof.standing is Standing.PROVED


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        pytest.param(
            {"kustomization.yaml": "resources: [web.yaml, 'https://no.such.host.invalid/x.yaml']\n"},
            "no.such.host.invalid",
            id="a remote file",
        ),
        pytest.param(
            {"kustomization.yaml": "resources: [web.yaml, 'https://127.0.0.1:9/x.git//y?ref=v1']\n"},
            "127.0.0.1",
            id="a remote base",
        ),
        pytest.param(
            {"kustomization.yaml": "resources: [web.yaml, vendor/x.yaml]\n", "../../.gitmodules": "[submodule]\n"},
            "submodule",
            id="a submodule",
        ),
        pytest.param(
            {
                "kustomization.yaml": "resources: [web.yaml, vendor/x.yaml]\n",
                "../../clusters/prod/source.yaml": INCLUDING,
            },
            "included source",
            id="an included source",
        ),
    ],
)
def test_what_only_the_runner_cannot_reach_is_contained_without_a_proof(
    files: dict[str, str], reason: str, prover: Prover
) -> None:
    tree = SINGLE_CLUSTER | {posixpath.normpath(f"apps/prod/{path}"): text for path, text in files.items()}
    result = outcome(tree, prover, RULES.replace(", test: {path: clusters/test}", ""))
    assert result.verdict is Verdict.CONTAINED
    assert result.response is not None
    assert result.response.proof is not None
    assert (result.response.proof.standing, reason in result.response.proof.reason) == (Standing.NOT_POSSIBLE, True)
