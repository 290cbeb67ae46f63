"""`falco-dispatch try` with a folder that it cannot try, and with some that it can."""

import io
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from falco_dispatch.__main__ import main
from falco_dispatch.commands import trial as command
from falco_dispatch.progress import Progress
from falco_dispatch.trial import report, trial
from responder.plan.plan import Plan
from tests import stack
from tests.actions.gitops import oracle

Run = Callable[..., tuple[int, str, str]]
OVERLAYS = stack.ROOT / "tests" / "data" / "golden" / "tree-shared-base" / "before"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the subcommand; return its exit code, output and errors."""
    monkeypatch.chdir(stack.ROOT)
    if oracle.KUSTOMIZE:
        monkeypatch.setenv("PATH", str(Path(oracle.KUSTOMIZE).parent), prepend=os.pathsep)

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(["try", *arguments])
        return code, *capsys.readouterr()

    return run


@oracle.needs_kustomize
@pytest.mark.parametrize(
    ("argument", "message"),
    [
        pytest.param("", "falco-dispatch try ../desired-state", id="an empty REPO of make try"),
        pytest.param("no/such/folder", "there is no folder no/such/folder in", id="a folder that does not exist"),
        pytest.param("README.md", "README.md is a file", id="a file"),
    ],
)
def test_a_repository_that_cannot_be_tried_is_an_error_that_says_what_to_do(
    run: Run, argument: str, message: str
) -> None:
    code, output, errors = run(argument)
    assert (code, output) == (2, "")
    assert errors.startswith("falco-dispatch try: ")
    assert message in errors


def test_without_a_repository_it_shows_its_usage(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        run()
    assert "usage: falco-dispatch try [-h] [--json] FOLDER" in capsys.readouterr().err


def test_without_kustomize_it_says_how_to_get_it(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    code, output, errors = run(str(tmp_path))
    assert (code, output) == (2, "")
    assert "Install it: https://" in errors


@oracle.needs_kustomize
def test_every_workload_is_listed_with_what_would_become_of_it(run: Run) -> None:
    code, output, errors = run(str(OVERLAYS))
    assert code == 0
    assert output.splitlines() == [
        "prod     Deployment shop/web          contained, proved",
        "staging  Deployment shop-staging/web  contained, proved",
        "0 clusters, 4 YAML files, 2 workloads rendered",
        "     2 contained, proved",
        "     0 wrong",
    ]
    assert errors == ""  # no bar, because this is no terminal


@oracle.needs_kustomize
def test_a_program_reads_the_same_as_json(run: Run) -> None:
    code, output, _ = run(str(OVERLAYS), "--json")
    content = json.loads(output)
    assert code == 0
    assert [content[name] for name in ("clusters", "files", "not_rendered", "wrong")] == [[], 4, [], []]
    assert content["workloads"][0] == {
        "cluster": "prod",
        "group": "apps",
        "kind": "Deployment",
        "namespace": "shop",
        "name": "web",
        "verdict": "contained",
        "proof": "proved",
        "reason": content["workloads"][0]["reason"],
        "files": ["prod/kustomization.yaml"],
    }
    assert len(content["workloads"]) == 2


@oracle.needs_kustomize
def test_a_repository_without_workloads_has_none_to_list(run: Run, tmp_path: Path) -> None:
    code, output, _ = run(str(tmp_path))
    assert (code, output) == (0, "0 clusters, 0 YAML files, 0 workloads rendered\n     0 wrong\n")


@oracle.needs_kustomize
def test_what_is_not_contained_has_its_reason(run: Run, tmp_path: Path) -> None:
    manifest = stack.desired_state()["alpine.yaml"].replace(b"namespace: default", b"namespace: kube-system")
    (tmp_path / "alpine.yaml").write_bytes(manifest)
    _, output, _ = run(str(tmp_path))
    assert "refused: " in output.splitlines()[0]
    assert "kube-system" in output.splitlines()[0]


@oracle.needs_kustomize
def test_the_repository_stays_as_it_is(run: Run, tmp_path: Path) -> None:
    manifest = stack.desired_state()["alpine.yaml"]
    (tmp_path / "alpine.yaml").write_bytes(manifest)
    run(str(tmp_path))
    assert {path.name: path.read_bytes() for path in tmp_path.rglob("*")} == {"alpine.yaml": manifest}


def test_a_wrong_edit_is_named_and_ends_with_exit_code_1(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = trial.Trial(clusters=[], files=1, workloads=[], failures=["x: no\x1b[2J"], mistakes=["prod: Service a/b"])
    monkeypatch.setattr(command, "try_repository", lambda *_: wrong)
    monkeypatch.setattr(command, "_kustomize", lambda _: "kustomize")
    code, output, _ = run(str(tmp_path))
    assert code == 1
    assert output.splitlines()[1:] == [
        "     1 wrong",
        "       not rendered: x: no\\x1b[2J",
        "       prod: Service a/b",
    ]


def test_what_differs_besides_the_responses_is_a_mistake() -> None:
    service = ("prod", ("", "Service", "shop", "web"))
    scaler = ("prod", ("autoscaling", "HorizontalPodAutoscaler", "shop", "web"))
    plan = Plan(outcomes=())
    mistakes = trial.find_mistakes({service: {"a": 1}, scaler: {}}, {service: {"a": 2}}, plan)
    assert list(mistakes) == ["prod: Service shop/web"]


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_how_far_it_is_and_is_clean_afterwards() -> None:
    terminal = Terminal()
    assert list(Progress(terminal).track("rendering", ["a", "b"])) == ["a", "b"]
    frames = terminal.getvalue().split("\r\x1b[K")
    half = "#" * 15
    assert frames == ["", f"rendering [{'':30}] 0/2", f"rendering [{half:30}] 1/2", ""]


def test_a_terminal_is_clean_after_an_error_too() -> None:
    terminal = Terminal()
    steps = Progress(terminal).track("rendering", ["a", "b"])
    next(steps)
    with pytest.raises(KeyError):
        steps.throw(KeyError("a"))  # type: ignore[attr-defined]  # a generator, typed as an iterator
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_nothing_but_a_terminal_gets_a_bar() -> None:
    stream = io.StringIO()
    list(Progress(stream).track("rendering", ["a"]))
    assert stream.getvalue() == ""


def test_an_empty_trial_is_still_a_report() -> None:
    empty = trial.Trial(clusters=[], files=0, workloads=[], failures=[], mistakes=[])
    assert report.as_text(empty).endswith("0 workloads rendered\n     0 wrong")
