"""The search keeps every object that can matter and drops what cannot, from the bytes alone."""

import pytest

from responder.gitops.manifests import Unreadable
from responder.gitops.workloads import prefilter
from responder.kubernetes.pod_names import Owner, Pod
from tests.actions.gitops.resources import deployment, flux_kustomization, helm_release

POD = Pod(namespace="shop", name="prod-web-v2-77789455d6-m7flp")


def matches(text: str, *manifests: str, owners: tuple[Owner, ...] = ()) -> bool:
    """Return whether the search for the pod's owner, in a repository with these manifests, keeps a text."""
    search = prefilter.search_for([POD], owners, [manifest.encode() for manifest in (*manifests, text)])
    return search.matches(text.encode())


@pytest.mark.parametrize(
    ("text", "manifests", "expected"),
    [
        pytest.param(deployment("prod-web-v2"), [], True, id="the name"),
        pytest.param(deployment("web"), [], False, id="a part of the name that nothing completes"),
        pytest.param(deployment("web"), ["namePrefix: prod-\nnameSuffix: -v2\n"], True, id="with prefix and suffix"),
        pytest.param(deployment("web-v2"), ['"namePrefix": "prod-"'], True, id="a prefix in JSON"),
        pytest.param(deployment("api"), ["namePrefix: prod-\n"], False, id="another name with a prefix"),
        pytest.param(deployment("x"), ["namePrefix: ${cluster}-\n"], True, id="any name with a variable as prefix"),
        pytest.param(deployment("x"), ["options: {allowNameChange: true}\n"], True, id="where a patch may rename"),
        pytest.param(deployment("x"), ["path: /metadata/name\n"], True, id="where an operation may rename"),
        pytest.param(deployment("'${app}'"), [], True, id="a name that is a variable"),
        pytest.param("kind: Service\nmetadata: {name: prod-web-v2}\n", [], False, id="a kind that owns no pods"),
        pytest.param(flux_kustomization(), [], True, id="Flux's own objects"),
        pytest.param(helm_release("prod"), [], True, id="a release of which the name is a beginning"),
        pytest.param(helm_release("web"), [], False, id="a release of another name"),
        pytest.param(helm_release("x", spec="releaseName: prod-web"), [], True, id="a release by its other name"),
        pytest.param(
            "kind: ConfigMap\nmetadata:\n  name: vars\n",
            ["substituteFrom: [{kind: ConfigMap, name: vars}]\n"],
            True,
            id="a ConfigMap that gives variables",
        ),
        pytest.param(
            "kind: ConfigMap\nmetadata:\n  name: other\n",
            ["substituteFrom: [{kind: ConfigMap, name: vars}]\n"],
            False,
            id="another ConfigMap",
        ),
    ],
)
def test_what_can_matter_is_kept(text: str, manifests: list[str], expected: bool) -> None:
    assert matches(text, *manifests) is expected


def test_a_controller_that_the_event_names_is_searched_for_too() -> None:
    hint = Owner(kind="ReplicaSet", name="api-77789455d6")
    assert matches(deployment("api"), owners=(hint,))
    assert not matches(deployment("api"))


def test_only_documents_that_can_matter_are_parsed() -> None:
    search = prefilter.search_for([POD], (), [])
    text = f"a: [broken\n---\n{deployment('prod-web-v2')}---\n{deployment('other')}"
    assert [(manifest.document, manifest.data["kind"]) for manifest in search(text.encode())] == [(1, "Deployment")]
    assert search(deployment("other").encode()) == ()


def test_a_document_that_can_matter_and_is_no_yaml_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        prefilter.search_for([POD], (), [])(b"kind: Deployment\nname: prod-web-v2: {\n")


@pytest.mark.parametrize(
    ("pod", "names"),
    [
        ("web-77789455d6-m7flp", {"web-77789455d6-m7flp", "web-77789455d6", "web"}),
        ("db-0", {"db-0", "db"}),
        ("backup-28912345-m7flp", {"backup-28912345-m7flp", "backup-28912345", "backup"}),
        ("job-3-m7flp", {"job-3-m7flp", "job-3", "job"}),
        ("cron-28912345-3-m7flp", {"cron-28912345-3-m7flp", "cron-28912345-3", "cron-28912345", "cron"}),
        ("alpine", {"alpine"}),
    ],
)
def test_the_names_that_an_owner_can_have_follow_from_the_pod(pod: str, names: set[str]) -> None:
    assert prefilter.owner_names(pod) == names


def test_a_suffix_that_was_cut_off_with_the_pods_name_is_taken_away_too() -> None:
    name = "a" * 55
    pod = Pod(namespace="shop", name=f"{name}-bl-m7flp"[:58] + "m7flp")
    search = prefilter.search_for([pod], (), [b"nameSuffix: -blue\n"])
    assert search.matches(deployment(name).encode())
