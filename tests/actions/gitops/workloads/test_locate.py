"""The one declared workload that owns a pod is found; none or several are refused."""

from pathlib import Path

import pytest

from responder.errors import Ambiguous, NotFound
from responder.gitops.workloads.locate import locate
from responder.kubernetes.pod_names import Owner, Pod, Workload
from responder.publish.work_tree import WorkTree

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
"""
POD = Pod(namespace="default", name="alpine-deployment-77789455d6-m7flp")


def write(root: Path, path: str, text: str) -> None:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def deployment(name: str, *, namespace: str | None = None) -> str:
    return DEPLOYMENT.format(name=name) + (f"  namespace: {namespace}\n" if namespace else "")


def test_the_document_that_declares_the_workload_is_found_among_others(tmp_path: Path) -> None:
    write(tmp_path, "apps/all.yaml", f"# licence\n---\n{deployment('web')}---\n{deployment('alpine-deployment')}")
    write(tmp_path, "chart/templates/x.yaml", "{{ if }}\nkind: Deployment\n")
    target = locate(WorkTree(tmp_path).checkout(), subject=POD)
    assert (str(target.file), target.document, target.item, target.line) == ("apps/all.yaml", 1, None, 8)
    assert target.workload == Workload(kind="Deployment", namespace="default", name="alpine-deployment")


def test_a_workload_of_another_namespace_is_not_meant(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", deployment("alpine-deployment", namespace="other"))
    write(tmp_path, "b/kustomization.yaml", "namespace: third\n")
    write(tmp_path, "b/c/d.yaml", deployment("alpine-deployment"))
    with pytest.raises(NotFound):
        locate(WorkTree(tmp_path).checkout(), subject=POD)


def test_two_declarations_are_refused_with_file_and_line(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", deployment("alpine-deployment", namespace="default"))
    write(tmp_path, "b.yaml", deployment("alpine-deployment"))
    with pytest.raises(Ambiguous, match=r"a\.yaml:1 .*b\.yaml:1"):
        locate(WorkTree(tmp_path).checkout(), subject=POD)


def test_an_item_of_a_list_is_a_declaration(tmp_path: Path) -> None:
    item = deployment("alpine-deployment").replace("\n", "\n    ").rstrip()
    write(tmp_path, "list.yaml", f"apiVersion: v1\nkind: List\nitems:\n  - kind: Service\n  - {item}\n")
    target = locate(WorkTree(tmp_path).checkout(), subject=POD)
    assert (target.document, target.item, target.line) == (0, 1, 5)


def test_a_controller_that_the_event_names_decides(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", deployment("alpine-deployment"))
    with pytest.raises(NotFound):
        locate(WorkTree(tmp_path).checkout(), subject=POD, owners=[Owner(kind="Deployment", name="other")])
