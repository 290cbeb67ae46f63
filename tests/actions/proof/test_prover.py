"""What rendering says of an edit, by `kustomize build`: that it is the response alone, or why it is not."""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

import pytest

from responder.falco import cloudevent
from responder.gitops.checkout import Checkout
from responder.gitops.workloads import locate
from responder.kubernetes.pod_names import Pod
from responder.plan import planner
from responder.plan.outcome import Outcome, Verdict
from responder.proof.claim import EditedObject
from responder.proof.protocol import Prover
from responder.proof.prover import KustomizeProver, kustomize_prover
from responder.proof.standing import Proof, Standing
from responder.rules import parser
from responder.yamledit.edit import SetValue
from tests import sidekick

pytestmark = pytest.mark.skipif(
    shutil.which("kustomize") is None, reason="no kustomize: `make setup` builds it where Go is"
)

POD = Pod(namespace="shop", name="web-77789455d6-m7flp")
STOPPED = SetValue(path=("spec", "replicas"), value=0)
CLUSTERS = {"prod": PurePosixPath("clusters/prod"), "test": PurePosixPath("clusters/test")}
RULES = "version: 1\nclusters: {prod: {path: clusters/prod}, test: {path: clusters/test}}\n" + (
    "rules: [{name: all, match: {rules: ['*']}, respond: [stop]}]\n"
)
WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  replicas: 3
  template: {metadata: {labels: {app: web}}}
"""


def sync(name: str, path: str, more: str = "") -> str:
    return f"""\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {{name: {name}, namespace: flux-system}}
spec:
  path: ./{path}
  prune: true
  sourceRef: {{kind: GitRepository, name: flux-system}}
{more}"""


TREE = {
    "clusters/prod/apps.yaml": sync("apps", "apps/prod"),
    "clusters/test/apps.yaml": sync("apps", "apps/test"),
    "apps/prod/kustomization.yaml": "resources: [../base]\n",
    "apps/test/kustomization.yaml": "resources: [../base]\n",
    "apps/base/kustomization.yaml": "resources: [web.yaml, other.yaml]\n",
    "apps/base/web.yaml": WEB,
    "apps/base/other.yaml": WEB.replace("name: web", "name: other"),
}
SINGLE_CLUSTER = {
    **{path: content for path, content in TREE.items() if "test" not in path},
    "apps/prod/kustomization.yaml": "resources: [web.yaml]\n",
    "apps/prod/web.yaml": WEB,
}


def hold(tree: Mapping[str, str]) -> Checkout:
    return Checkout.from_contents({path: content.encode() for path, content in tree.items()})


@pytest.fixture
def prover() -> Iterator[Prover]:
    with kustomize_prover(required=False) as kustomize:
        yield kustomize


def prove(prover: Prover, tree: Mapping[str, str], edited: Mapping[str, str]) -> Proof:
    """What becomes of the claim that the edited files stop `web` in prod."""
    clusters = {name: path for name, path in CLUSTERS.items() if f"{path}/apps.yaml" in tree}
    checkout, edited_checkout = hold(tree), hold({**tree, **edited})
    target = locate.locate(checkout, subject=POD, cluster="prod", clusters=clusters)
    desired = locate.desired_state_for(edited_checkout, subject=POD, owners=(), clusters=clusters)
    return prover.prove(target.desired_state, desired, [EditedObject(object=target.object, edit=STOPPED)])


def outcome(tree: Mapping[str, str], prover: Prover | None, ruleset: str = RULES) -> Outcome:
    """What becomes of a shell in `web` in prod."""
    falco = sidekick.falco_events()["E02"]
    fields = {**falco["output_fields"], "k8s.ns.name": POD.namespace, "k8s.pod.name": POD.name}
    shell = cloudevent.parse(sidekick.cloudevent({**falco, "output_fields": fields}, event_id="1", cluster="prod"))
    plan = planner.plan_responses([shell], parser.parse(ruleset.encode(), name="rules"), hold(tree), prover=prover)
    return plan.outcomes[0]


def test_an_edit_that_stays_home_is_proved_with_its_difference(prover: Prover) -> None:
    edited = {"apps/prod/kustomization.yaml": "resources: [../base]\nreplicas: [{name: web, count: 0}]\n"}
    result = prove(prover, TREE, edited)
    assert result.standing is Standing.PROVED
    assert result.reason == "the response is the only difference in apps/prod in cluster prod"
    assert "-  replicas: 3\n+  replicas: 0" in result.diff


@pytest.mark.parametrize(
    ("tree", "edited", "reason"),
    [
        pytest.param(
            TREE,
            {"apps/base/web.yaml": WEB.replace("replicas: 3", "replicas: 0")},
            "Deployment shop/web of apps/test in cluster test would change, which is not the response",
            id="another cluster reads it too",
        ),
        pytest.param(
            TREE,
            {"apps/prod/kustomization.yaml": "resources: [../base]\nreplicas: [{name: other, count: 0}]\n"},
            "Deployment shop/other of apps/prod in cluster prod would change, which is not the response",
            id="the wrong workload",
        ),
        pytest.param(
            SINGLE_CLUSTER,
            {"apps/prod/web.yaml": WEB.replace("replicas: 3", "replicas: 1")},
            "Deployment shop/web of apps/prod in cluster prod would change, which is not the response",
            id="the wrong value",
        ),
        pytest.param(
            SINGLE_CLUSTER,
            {"apps/prod/web.yaml": WEB.replace("replicas: 3", "replicas: 0").replace("app: web", "app: x")},
            "Deployment shop/web of apps/prod in cluster prod would change, which is not the response",
            id="more than the response",
        ),
        pytest.param(
            SINGLE_CLUSTER,
            {"apps/prod/kustomization.yaml": "resources: []\nconfigMapGenerator: [{name: x, literals: [a=b]}]\n"},
            "ConfigMap -/x-4h2mbtbbt6 of apps/prod in cluster prod would change, which is not the response",
            id="something new",
        ),
        pytest.param(
            {
                **SINGLE_CLUSTER,
                "apps/prod/kustomization.yaml": "resources: [web.yaml]\nreplicas: [{name: web, count: 3}]\n",
            },
            {"apps/prod/web.yaml": WEB.replace("replicas: 3", "replicas: 0")},
            "the commit would do nothing to apps/prod/web.yaml:1 (Deployment shop/web): its rendering stays the same",
            id="what is set again later",
        ),
        pytest.param(
            SINGLE_CLUSTER,
            {"apps/prod/web.yaml": WEB.replace("kind: Deployment", "kind: [")},
            "apps/prod in cluster prod does not render any more: ",
            id="a broken file",
        ),
    ],
)
def test_an_edit_that_is_not_the_response_alone_is_disproved(
    prover: Prover, tree: Mapping[str, str], edited: Mapping[str, str], reason: str
) -> None:
    result = prove(prover, tree, edited)
    assert (result.standing, result.reason[: len(reason)]) == (Standing.DISPROVED, reason)


def test_the_patches_of_a_flux_kustomization_are_proved_by_the_folder_that_they_change(prover: Prover) -> None:
    patch = """\
  patches:
    - target: {kind: Deployment, name: web}
      patch: |
        - {op: replace, path: /spec/replicas, value: 0}
"""
    edited = {"clusters/prod/apps.yaml": sync("apps", "apps/base", patch)}
    tree = {**TREE, "clusters/prod/apps.yaml": sync("apps", "apps/base")}
    assert prove(prover, tree, edited).standing is Standing.PROVED


def test_a_remote_base_that_cannot_be_fetched_leaves_no_proof_and_is_named(prover: Prover) -> None:
    remote = "resources: [web.yaml, 'http://127.0.0.1:9/base.yaml']\n"
    tree = {**SINGLE_CLUSTER, "apps/prod/kustomization.yaml": remote}
    result = prove(prover, tree, {"apps/prod/web.yaml": WEB.replace("replicas: 3", "replicas: 0")})
    assert result.standing is Standing.NOT_POSSIBLE
    assert "http://127.0.0.1:9/base.yaml" in result.reason


def test_what_only_a_rendering_shows_refuses_the_response(prover: Prover) -> None:
    """A replacement copies a number over the count; what replacements do is not followed, but rendered."""
    replaced = """\
resources: [web.yaml, other.yaml]
replacements:
  - source: {kind: Deployment, name: other, fieldPath: spec.replicas}
    targets: [{select: {kind: Deployment, name: web}, fieldPaths: [spec.replicas]}]
"""
    tree = {
        **SINGLE_CLUSTER,
        "apps/prod/kustomization.yaml": replaced,
        "apps/prod/other.yaml": TREE["apps/base/other.yaml"],
    }
    one_cluster = RULES.replace(", test: {path: clusters/test}", "")
    result = outcome(tree, prover, one_cluster)
    assert result.verdict is Verdict.REFUSED
    assert result.reason.startswith("the rendered proof failed: the commit would do nothing to apps/prod/web.yaml:1")
    assert outcome(tree, None, one_cluster).verdict is Verdict.CONTAINED


def test_a_required_proof_that_is_not_possible_refuses_the_response(tmp_path: Path) -> None:
    without = KustomizeProver(None, tmp_path, required=True)
    result = outcome(TREE, without)
    assert result.verdict is Verdict.REFUSED
    assert result.reason == "the rendered proof failed: there is no kustomize on the PATH"
    result = outcome(TREE, KustomizeProver(None, tmp_path, required=False))
    assert result.verdict is Verdict.CONTAINED
    assert result.response is not None
    assert result.response.proof is not None
    assert result.response.proof.standing is Standing.NOT_POSSIBLE


def test_responses_of_a_batch_are_proved_one_after_the_other(prover: Prover) -> None:
    shells = []
    for name in ("web", "other"):
        falco = sidekick.falco_events()["E02"]
        fields = {**falco["output_fields"], "k8s.ns.name": "shop", "k8s.pod.name": f"{name}-77789455d6-m7flp"}
        shells.append(
            cloudevent.parse(sidekick.cloudevent({**falco, "output_fields": fields}, event_id=name, cluster="prod"))
        )
    plan = planner.plan_responses(shells, parser.parse(RULES.encode(), name="rules"), hold(TREE), prover=prover)
    proofs = [outcome.response.proof for outcome in plan.outcomes if outcome.response and outcome.response.proof]
    assert [proof.standing for proof in proofs] == [Standing.PROVED, Standing.PROVED]
    assert [f"shop/{name}" in proof.diff for name, proof in zip(("web", "other"), proofs, strict=True)] == [True, True]
