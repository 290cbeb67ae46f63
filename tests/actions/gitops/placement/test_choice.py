"""Where an edit is written, in cases that the trees do not have."""

from pathlib import PurePosixPath

import pytest

from responder.errors import NoHome
from responder.gitops.checkout import Checkout
from responder.gitops.placement.choice import choose_placement
from responder.gitops.placement.desired_edit import DesiredEdit, RemoveResource
from responder.gitops.placement.placement import Placement, PlacementKind
from responder.gitops.workloads.locate import locate
from responder.kubernetes.pod_names import Pod
from responder.yamledit.edit import RemoveValue, SetValue
from tests.actions.gitops.resources import deployment

FLUX = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {{name: {name}, namespace: flux-system}}
spec: {{path: ./{path}, prune: true, sourceRef: {{kind: GitRepository, name: flux-system}}}}
"""
WEB = deployment("web", "shop", spec="replicas: 2")
STOPPED = SetValue(path=("spec", "replicas"), value=0)


def placement(contents: dict[str, str], edit: DesiredEdit) -> Placement:
    target = locate(
        Checkout.from_contents({path: text.encode() for path, text in contents.items()}),
        subject=Pod(namespace="shop", name="web-77789455d6-m7flp"),
        cluster="prod",
        clusters={"prod": PurePosixPath("clusters/prod"), "test": PurePosixPath("clusters/test")},
    )
    return choose_placement(target.desired_state, target.object, edit)


@pytest.mark.parametrize(
    ("resources", "edit", "kind"),
    [
        ("[web.yaml, other.yaml]", RemoveValue(path=("resources", 0)), PlacementKind.RESOURCES),
        ("[other.yaml, web.yaml]", RemoveValue(path=("resources", 1)), PlacementKind.RESOURCES),
    ],
)
def test_an_object_is_removed_from_the_resources_that_list_its_file(
    resources: str, edit: RemoveValue, kind: PlacementKind
) -> None:
    contents = {
        "clusters/prod/apps.yaml": FLUX.format(name="apps", path="apps"),
        "apps/kustomization.yaml": f"resources: {resources}\n",
        "apps/web.yaml": WEB,
        "apps/other.yaml": deployment("other", "shop"),
    }
    removal = placement(contents, RemoveResource())
    assert (removal.edit, removal.kind) == (edit, kind)


def test_the_only_resource_of_a_kustomization_is_removed_by_a_patch() -> None:
    contents = {
        "clusters/prod/apps.yaml": FLUX.format(name="apps", path="apps"),
        "apps/kustomization.yaml": "resources: [web.yaml]\n",
        "apps/web.yaml": WEB,
    }
    assert placement(contents, RemoveResource()).kind is PlacementKind.PATCH


def test_a_folder_that_another_cluster_reads_too_is_patched_in_the_flux_kustomization() -> None:
    contents = {
        "clusters/prod/apps.yaml": FLUX.format(name="apps", path="apps"),
        "clusters/test/apps.yaml": FLUX.format(name="apps", path="apps"),
        "apps/web.yaml": WEB,
    }
    stop = placement(contents, STOPPED)
    assert (str(stop.file), stop.kind) == ("clusters/prod/apps.yaml", PlacementKind.FLUX)
    assert stop.shared == ("Deployment shop/web in cluster test",)


def test_one_of_two_flux_kustomizations_that_apply_the_object_is_not_patched_alone() -> None:
    contents = {
        "clusters/prod/apps.yaml": f"{FLUX.format(name='a', path='apps')}---\n{FLUX.format(name='b', path='apps')}",
        "clusters/test/apps.yaml": FLUX.format(name="apps", path="apps"),
        "apps/web.yaml": WEB,
    }
    with pytest.raises(NoHome):
        placement(contents, STOPPED)
