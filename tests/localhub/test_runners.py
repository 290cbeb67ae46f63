"""A workflow and a composite action run the same way through act and through the local GitHub's own runner."""

import shutil
from pathlib import Path

import httpx
import pytest

from tests.localhub import Hub, Run, expressions
from tests.localhub.steps import read_outputs

ACT = shutil.which("act")
RUNNERS = [
    pytest.param(
        ACT, id="act", marks=pytest.mark.skipif(ACT is None, reason="no act: `make setup` builds it where Go is")
    ),
    pytest.param(None, id="own runner"),
]
CHECKOUT = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1"
ACTION = b"""
name: echo
description: Says what it was given
inputs:
  text: {description: what to say, default: nothing}
outputs:
  said: {description: what was said, value: "${{ steps.say.outputs.said }}"}
runs:
  using: composite
  steps:
    - id: say
      shell: bash
      env: {TEXT: "${{ inputs.text }}"}
      run: |
        echo "said=$TEXT" >> "$GITHUB_OUTPUT"
        echo "summary of $TEXT" >> "$GITHUB_STEP_SUMMARY"
        echo "log of $TEXT"
"""


def run(folder: Path, act: str | None, steps: str, *, condition: str = "true", permissions: str = "{}") -> Run:
    """One run of a workflow with these steps, started by a repository_dispatch."""
    source = folder / "source" / "actions" / "echo"
    source.mkdir(parents=True)
    (source / "action.yml").write_bytes(ACTION)
    workflow = (
        f"on: {{repository_dispatch: {{types: [go]}}}}\npermissions: {permissions}\njobs:\n  a:\n"
        f"    if: {condition}\n    runs-on: ubuntu-24.04\n    steps:\n{steps}"
    )
    with Hub.start(folder / "hub", action_source=folder / "source", act=act) as hub:
        hub.create_repository(
            "acme/state",
            files={".github/workflows/go.yml": workflow.encode(), "a.txt": b"in the checkout"},
            secrets={"S": "s3cret"},
            variables={"V": "a variable"},
        )
        token = hub.create_token("acme/state", permissions={"contents": "write"})
        body = {"event_type": "go", "client_payload": {"who": "world"}}
        url = f"{hub.api_url}/repos/acme/state/dispatches"
        assert httpx.post(url, json=body, headers={"Authorization": f"Bearer {token}"}).status_code == 204
        (ended,) = hub.wait_for_runs(1)
        return ended


@pytest.mark.parametrize("act", RUNNERS)
class TestRunners:
    def test_an_action_gets_its_inputs_and_gives_its_outputs(self, tmp_path: Path, act: str | None) -> None:
        steps = """\
      - id: echo
        uses: falco-dispatch/falco-dispatch/actions/echo@v0
        with: {text: "${{ github.event.client_payload.who }} ${{ vars.V }}"}
      - env: {SAID: "${{ steps.echo.outputs.said }}"}
        run: echo "output was $SAID"
"""
        ended = run(tmp_path, act, steps)
        assert ended.conclusion == "success", ended.log
        assert "log of world a variable" in ended.log
        assert "output was world a variable" in ended.log
        assert "summary of world a variable" in ended.summary

    def test_a_checkout_has_the_files_of_the_branch(self, tmp_path: Path, act: str | None) -> None:
        ended = run(tmp_path, act, f"      - uses: {CHECKOUT}\n      - run: cat a.txt; git remote get-url origin\n")
        assert ended.conclusion == "success", ended.log
        assert "in the checkout" in ended.log
        assert "/acme/state.git" in ended.log

    def test_a_step_that_fails_fails_the_run_and_the_steps_after_it_do_not_run(
        self, tmp_path: Path, act: str | None
    ) -> None:
        steps = "      - run: exit 3\n      - run: echo after\n      - if: always()\n        run: echo cleaned up\n"
        ended = run(tmp_path, act, steps)
        assert ended.conclusion == "failure"
        assert "cleaned up" in ended.log
        assert "\nafter" not in ended.log.replace("| ", "\n")

    def test_a_job_whose_condition_is_false_is_skipped(self, tmp_path: Path, act: str | None) -> None:
        ended = run(tmp_path, act, "      - run: echo ran\n", condition="github.ref == 'refs/heads/other'")
        assert ended.conclusion == "skipped"
        assert "echo ran" not in ended.log

    @pytest.mark.parametrize(
        ("permissions", "conclusion"), [("{contents: write}", "success"), ("{contents: read}", "failure")]
    )
    def test_the_runs_token_may_what_the_workflow_asks_for(
        self, tmp_path: Path, act: str | None, permissions: str, conclusion: str
    ) -> None:
        push = (
            f"      - uses: {CHECKOUT}\n"
            "      - env: {TOKEN: '${{ github.token }}'}\n"
            "        run: |\n"
            "          git -c user.name=a -c user.email=a@example.com commit --allow-empty -qm b\n"
            '          url=$(git remote get-url origin); git push -q "${url/\\/\\//\\/\\/x:$TOKEN@}" HEAD:main\n'
        )
        ended = run(tmp_path, act, push, permissions=permissions)
        assert ended.conclusion == conclusion, ended.log

    def test_a_run_sees_nothing_of_this_machines_environment(
        self, tmp_path: Path, act: str | None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SOME_SECRET_OF_MINE", "do not show")
        ended = run(tmp_path, act, "      - run: env\n")
        assert ended.conclusion == "success", ended.log
        assert "do not show" not in ended.log


def test_a_workflow_cannot_push_workflows(tmp_path: Path) -> None:
    push = (
        f"      - uses: {CHECKOUT}\n"
        "      - env: {TOKEN: '${{ github.token }}'}\n"
        "        run: |\n"
        "          echo '#' >> .github/workflows/go.yml\n"
        "          git -c user.name=a -c user.email=a@example.com commit -qam b\n"
        '          url=$(git remote get-url origin); git push -q "${url/\\/\\//\\/\\/x:$TOKEN@}" HEAD:main\n'
    )
    ended = run(tmp_path, None, push, permissions="{contents: write}")
    assert ended.conclusion == "failure"
    assert "without workflows permission" in ended.log


def test_the_own_runner_names_what_it_does_not_do(tmp_path: Path) -> None:
    ended = run(tmp_path, None, "      - uses: actions/cache@v4\n")
    assert ended.conclusion == "failure"
    assert "uses: actions/cache@v4" in ended.log


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("github.ref == 'refs/heads/main'", True),
        ("github.ref == format('refs/heads/{0}', github.event.x || 'main')", True),
        ("${{ !inputs.a && (vars.b != 'B') }}", False),
        ("inputs.a || 'it''s'", "it's"),
        ("success() && !failure()", True),
    ],
)
def test_expressions_are_evaluated_as_github_does(expression: str, value: object) -> None:
    context = {"github": {"ref": "refs/heads/main", "event": {}}, "inputs": {}, "vars": {"b": "b"}, "failed": False}
    assert expressions.evaluate(expression, context) == value


@pytest.mark.parametrize("expression", ["hashFiles('x')", "matrix.x", "1 +", "github.ref ==", "'open"])
def test_an_expression_that_is_not_known_is_an_error(expression: str) -> None:
    with pytest.raises(expressions.UnknownExpression):
        expressions.evaluate(expression, {"github": {}, "failed": False})


def test_outputs_are_read_in_both_their_forms() -> None:
    assert read_outputs("a=1\nb<<EOF\nx\ny=z\nEOF\nc=<<\n") == {"a": "1", "b": "x\ny=z", "c": "<<"}
