"""A response and its undo end where they began, for every golden directory; and what the undo refuses."""

import shutil
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest
import yaml

from responder.errors import ChangedSince
from responder.plan import commit_message, trailers, undo
from responder.plan.plan import Plan
from responder.plan.undo import Snapshot
from responder.plan.undo_record import AddedItem, PreviousText, PreviousValue, RemovedItem
from responder.publish.git import Git
from responder.publish.work_tree import WorkTree
from tests.actions.conftest import ENVIRON
from tests.actions.plan.test_golden import CASES, Case

VALUES = (PreviousValue, PreviousText, AddedItem, RemovedItem)
MERGE = Git(root=Path.cwd(), environ=ENVIRON).merge
REMARK = b"# A remark of somebody else's.\n"
BOM = b"\xef\xbb\xbf"
CONTAINED = [
    pytest.param(Case(path), id=path.name)
    for path in sorted(CASES.iterdir())
    if Case(path).says["verdict"] == "contained"
]


def snapshot(case: Case, tmp_path: Path) -> tuple[Snapshot, Path]:
    """The response as a commit would have recorded it, and the desired state after it."""
    plan: Plan = case.plan(case.state)
    root = case.copy_result(tmp_path)
    recorded = trailers.responses(commit_message.compose(plan.responses))
    read_before, read_after = _reader(case.state), _reader(root)
    return Snapshot(sha="0" * 40, read_before=read_before, read_after=read_after, responses=tuple(recorded)), root


def _reader(root: Path) -> Callable[[PurePosixPath], bytes | None]:
    now = contents(root)
    return lambda path: now.get(str(path))


def _apply(root: Path, result: undo.Undo) -> None:
    for path, data in result.files.items():
        (root / path).unlink() if data is None else (root / path).write_bytes(data)


def contents(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize("case", CONTAINED)
def test_a_response_and_its_undo_end_byte_for_byte_where_they_began(case: Case, tmp_path: Path) -> None:
    commit, root = snapshot(case, tmp_path)
    _apply(root, undo.undo(commit, commit.responses, WorkTree(root).checkout(), merge=MERGE))
    assert contents(root) == contents(case.state)


@pytest.mark.parametrize("case", CONTAINED)
def test_an_undo_the_second_time_changes_nothing(case: Case, tmp_path: Path) -> None:
    commit, _ = snapshot(case, tmp_path)
    root = shutil.copytree(case.state, tmp_path / "restored")
    undone = undo.undo(commit, commit.responses, WorkTree(root).checkout(), merge=MERGE)
    assert undone.files == {}


@pytest.mark.parametrize("case", CONTAINED)
def test_work_of_others_in_the_same_files_stays(case: Case, tmp_path: Path) -> None:
    commit, root = snapshot(case, tmp_path)
    touched = {
        record.file for response in commit.responses for record in response.records if isinstance(record, VALUES)
    }
    if not touched or any((root / file).read_bytes().startswith(BOM) for file in touched):
        pytest.skip("nothing can be added above these files")
    for file in touched:
        (root / file).write_bytes(REMARK + (root / file).read_bytes())
    _apply(root, undo.undo(commit, commit.responses, WorkTree(root).checkout(), merge=MERGE))
    for file in touched:
        assert (root / file).read_bytes() == REMARK + (case.state / file).read_bytes()


def prepared(name: str, tmp_path: Path) -> tuple[Snapshot, Path]:
    return snapshot(Case(CASES / name), tmp_path)


def test_a_value_that_somebody_changed_since_is_left_alone_unless_forced(tmp_path: Path) -> None:
    commit, root = prepared("kind-deployment", tmp_path)
    changed = (root / "web.yaml").read_bytes().replace(b"replicas: 0", b"replicas: 1")
    (root / "web.yaml").write_bytes(changed)
    with pytest.raises(ChangedSince, match=r"spec\.replicas was changed since"):
        undo.undo(commit, commit.responses, WorkTree(root).checkout(), merge=MERGE)
    forced = undo.undo(commit, commit.responses, WorkTree(root).checkout(), merge=MERGE, force=True)
    assert forced.files == {
        PurePosixPath("web.yaml"): (Case(CASES / "kind-deployment").state / "web.yaml").read_bytes()
    }


def test_an_item_that_has_moved_in_its_list_is_found(tmp_path: Path) -> None:
    commit, root = prepared("tree-shared-base", tmp_path)
    file = root / "prod" / "kustomization.yaml"
    file.write_bytes(file.read_bytes().replace(b"replicas:\n", b"replicas:\n  - {name: other, count: 2}\n"))
    undone = undo.undo(commit, commit.responses, WorkTree(root).checkout(), merge=MERGE)
    original = (Case(CASES / "tree-shared-base").state / "prod" / "kustomization.yaml").read_bytes()
    assert undone.files == {
        PurePosixPath("prod/kustomization.yaml"): original + b"replicas:\n  - {name: other, count: 2}\n"
    }


def test_an_item_that_is_gone_is_said(tmp_path: Path) -> None:
    commit, root = prepared("tree-shared-base", tmp_path)
    file = root / "prod" / "kustomization.yaml"
    file.write_bytes(file.read_bytes().replace(b"count: 0", b"count: 1"))
    with pytest.raises(ChangedSince, match="is not there as it was"):
        undo.undo(commit, commit.responses, WorkTree(root).checkout(), merge=MERGE)


def test_items_of_a_list_are_put_back_one_by_one_where_a_merge_is_not_possible(tmp_path: Path) -> None:
    recorded, root = prepared("response-patch-items-in-a-row", tmp_path)
    file = root / "web.yaml"
    file.write_bytes(file.read_bytes().replace(b"          args:\n", b"          args:  # a remark\n"))
    restored = (
        undo.undo(recorded, recorded.responses, WorkTree(root).checkout(), merge=MERGE).files[PurePosixPath("web.yaml")]
        or b""
    )
    assert b"args:  # a remark\n" in restored
    original = (Case(CASES / "response-patch-items-in-a-row").state / "web.yaml").read_bytes()
    assert yaml.safe_load(restored) == yaml.safe_load(original)


def test_a_removed_item_is_not_put_back_into_a_list_that_somebody_changed(tmp_path: Path) -> None:
    recorded, root = prepared("response-patch-items-in-a-row", tmp_path)
    file = root / "web.yaml"
    file.write_bytes(file.read_bytes().replace(b"            - --quiet\n", b"            - --loud\n"))
    with pytest.raises(ChangedSince, match=r"args\.1 was changed since|is not there as it was|has changed since"):
        undo.undo(recorded, recorded.responses, WorkTree(root).checkout(), merge=MERGE)


def test_a_file_that_is_gone_is_said(tmp_path: Path) -> None:
    commit, root = prepared("kind-deployment", tmp_path)
    (root / "web.yaml").unlink()
    with pytest.raises(ChangedSince, match=r"web\.yaml is not there any more"):
        undo.undo(commit, commit.responses, WorkTree(root).checkout(), merge=MERGE)


def test_a_policy_that_somebody_changed_is_left_alone(tmp_path: Path) -> None:
    commit, root = prepared("response-isolate", tmp_path)
    (root / "apps" / "isolate-web.yaml").write_bytes(b"kind: NetworkPolicy\n")
    with pytest.raises(ChangedSince, match=r"isolate-web\.yaml was changed since"):
        undo.undo(commit, commit.responses, WorkTree(root).checkout(), merge=MERGE)
