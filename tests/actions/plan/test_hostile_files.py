"""One hostile file costs nothing but itself: a good workload beside it is contained.

If the file could declare the same workload, or is what the workload is read through, the event is refused by its name.
"""

import pytest
import yaml

from responder.gitops.checkout import Checkout
from responder.plan.outcome import Outcome, Verdict
from responder.plan.planner import plan_responses
from responder.rules import parser
from tests.actions.plan.targets import manifest
from tests.actions.plan.test_planner import RULES, shell

HEAD = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web-other, namespace: shop}\n"
DIGITS = "9" * 100_000
LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n" for old, new in zip("abcdefghijk", "bcdefghijkl", strict=True)
)
READABLE = {
    "hexadecimal": f"x: 0x{'1' * 100_000}\n",
    "octal": f"x: 0o{'7' * 100_000}\n",
    "binary": f"x: 0b{'1' * 100_000}\n",
    "decimal": f"x: {DIGITS}\n",
    "float": f"x: {DIGITS}.{DIGITS}\n",
    "exponent": "x: 1e99999999\n",
    "underscores": f"x: 1{'_0' * 50_000}\n",
    "base 60": f"x: {'1:' * 50_000}1\n",
    "time": "x: 9999-99-99T99:99:99Z\n",
    "tagged time": "x: !!timestamp 2001-99-99\n",
    "tagged integer": "x: !!int abc\n",
    "tagged base64": "x: !!binary '%%%'\n",
    "tagged object": "x: !!python/object/apply:os.system ['id']\n",
    "infinite": "x: .inf\ny: -.inf\nz: .nan\n",
    "endless line of names": f"x: ${{b}}\n# {'name: ' * 30_000}\n",
    "endless line of groups": f"# {'kustomize.toolkit.fluxcd.io/ ' * 6_000}\n",
    "defaults of defaults": f"x: '{'${c:-' * 3_000}{'}' * 3_000}'\n",
    "merge of no mapping": "<<: 1\n",
    "mapping as a key": "? {a: b}\n: 1\n",
    "metadata of another type": "metadata: [a]\n",
    "name of another type": "metadata: {name: {a: b}, namespace: [shop]}\n",
    "kind of another type": "kind: [Deployment]\n",
    "version of another type": "apiVersion: [apps/v1]\n",
    "spec of another type": "spec: [1]\n",
    "list of anything": "kind: DeploymentList\nitems: [1, null, [a], {metadata: 3}]\n",
}
UNREADABLE = {
    "laughs": LAUGHS,
    "levels": "x: " + "[" * 201 + "]" * 201 + "\n",
    "deep list": "x: " + "[" * 100_000 + "]" * 100_000 + "\n",
    "deep mapping": "x: " + "{a: " * 20_000 + "1" + "}" * 20_000 + "\n",
    "surrogate": 'x: "\\ud800"\n',
    "null byte": "x: a\0b\n",
    "tab": "x:\n\ty: 1\n",
    "directive": "%YAML 9.9\n---\nx: 1\n",
    "unknown handle": "x: !foo!bar b\n",
    "alias to itself": "x: &a [*a]\n",
    "alias to nothing": "x: *nope\n",
}
GOOD = {f"{name}.yaml": yaml.safe_dump(manifest("Deployment", {"replicas": 2}, name=name)) for name in ("web", "api")}
FILES = {"readable": READABLE, "unreadable": UNREADABLE}
HOSTILE = [pytest.param(text, id=f"{group}-{name}") for group, texts in FILES.items() for name, text in texts.items()]


def outcome(files: dict[str, str]) -> Outcome:
    checkout = Checkout.from_contents({path: text.encode() for path, text in files.items()})
    return plan_responses([shell()], parser.parse(RULES, name="rules"), checkout).outcomes[0]


@pytest.mark.parametrize("path", ["hostile.yaml", "z/hostile.yaml", "z/kustomization.yaml", "hostile.json"])
@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_file_elsewhere_costs_nothing(text: str, path: str) -> None:
    for content in (text, HEAD + text):
        assert outcome({**GOOD, path: content}).verdict is Verdict.CONTAINED


@pytest.mark.parametrize("kind", ["Kustomization", "GitRepository", "HelmRelease"])
@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_object_of_flux_costs_nothing(text: str, kind: str) -> None:
    group = {"Kustomization": "kustomize", "GitRepository": "source", "HelmRelease": "helm"}[kind]
    head = f"apiVersion: {group}.toolkit.fluxcd.io/v1\nkind: {kind}\nmetadata: {{name: web, namespace: other}}\n"
    assert outcome({**GOOD, "flux.yaml": head + text}).verdict is Verdict.CONTAINED


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in UNREADABLE.items()])
def test_a_workload_that_only_a_hostile_file_could_declare_is_refused_and_the_file_is_named(text: str) -> None:
    for path, files in (
        ("web.yaml", {"web.yaml": f"{GOOD['web.yaml']}{text}"}),
        ("kustomization.yaml", {**GOOD, "kustomization.yaml": f"resources: [web.yaml, api.yaml]\n{text}"}),
    ):
        result = outcome(files)
        assert result.verdict is Verdict.REFUSED
        assert path in result.reason


FLUX = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: apps, namespace: flux-system}
spec: {path: ./apps, prune: true, sourceRef: {kind: GitRepository, name: flux-system}, postBuild: {substitute: {a: b}}}
"""


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_file_beside_the_workload_costs_nothing_where_flux_replaces_variables(text: str) -> None:
    hostile = f"{HEAD}spec: {{replicas: 1}}\nvariable: ${{a}}\n{text}"
    files = {f"apps/{path}": data for path, data in {**GOOD, "hostile.yaml": hostile}.items()}
    assert outcome({**files, "clusters/prod/apps.yaml": FLUX}).verdict is Verdict.CONTAINED
