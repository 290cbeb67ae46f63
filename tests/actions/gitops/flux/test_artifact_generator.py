"""Artifacts are put together from parts of the checkout as source-watcher does it."""

import pytest

from responder.gitops.flux import artifact_generator
from responder.gitops.flux.artifact_generator import CopyOperation
from tests.actions.gitops.resources import deployment, resource

PATHS = ["apps/web/a.yaml", "apps/web/deep/b.yaml", "apps/api/a.yaml", "README.md"]
GENERATOR = """\
apiVersion: source.extensions.fluxcd.io/v1beta1
kind: ArtifactGenerator
metadata: {{name: apps, namespace: flux-system}}
spec:
  sources: [{{alias: fleet, kind: GitRepository, name: flux-system}}, text]
  {more}
"""


def copied(pattern: str, to: str, **more: object) -> dict[str, str] | None:
    operation = CopyOperation(alias="fleet", pattern=pattern, to=to, **more)  # type: ignore[arg-type]
    return artifact_generator.assemble([operation], ["fleet"], PATHS)


@pytest.mark.parametrize(
    ("pattern", "to", "files"),
    [
        pytest.param("apps/web/**", "", {"a.yaml": 0, "deep/b.yaml": 1}, id="what is in a folder"),
        pytest.param("apps/web/**", "x/", {"x/a.yaml": 0, "x/deep/b.yaml": 1}, id="into another folder"),
        pytest.param("apps/web", "", {"web/a.yaml": 0, "web/deep/b.yaml": 1}, id="a folder"),
        pytest.param("apps/web/", "x/", {"x/web/a.yaml": 0, "x/web/deep/b.yaml": 1}, id="a folder with a slash"),
        pytest.param("README.md", "", {"README.md": 3}, id="a file"),
        pytest.param("README.md", "doc/", {"doc/README.md": 3}, id="a file into a folder"),
        pytest.param("README.md", "doc", {"doc": 3}, id="a file with another name"),
        pytest.param("apps/*/a.yaml", "", {"apps/web/a.yaml": 0, "apps/api/a.yaml": 2}, id="a pattern"),
        pytest.param("apps/w*", "", {"apps/web/a.yaml": 0, "apps/web/deep/b.yaml": 1}, id="a pattern of folders"),
        pytest.param("apps/we", "", {}, id="not by the beginning of a name"),
    ],
)
def test_an_operation_copies_what_its_pattern_matches(pattern: str, to: str, files: dict[str, int]) -> None:
    assert copied(pattern, to) == {name: PATHS[index] for name, index in files.items()}


@pytest.mark.parametrize(
    ("exclude", "names"),
    [
        ("*.yaml", set()),
        ("deep/**", {"a.yaml"}),
        ("apps/web/a.yaml", {"deep/b.yaml"}),
        ("**/b.yaml", {"a.yaml"}),
        ("deep/?.yaml", {"a.yaml"}),
        ("other/**", {"a.yaml", "deep/b.yaml"}),
    ],
)
def test_excluded_files_are_left_out(exclude: str, names: set[str]) -> None:
    files = copied("apps/web/**", "", exclude=(exclude,))
    assert files is not None
    assert files.keys() == names


@pytest.mark.parametrize("strategy", ["Merge", "Extract"])
def test_what_the_checkout_does_not_tell_is_not_guessed(strategy: str) -> None:
    assert copied("apps/**", "", strategy=strategy) is None
    assert copied("apps/web/a.yaml", "", strategy="Overwrite") == {"a.yaml": PATHS[0]}
    assert artifact_generator.assemble([CopyOperation(alias="x", pattern="", to="")], ["fleet"], PATHS) is None


def test_the_operations_of_an_artifact_are_found_by_its_name() -> None:
    more = "artifacts: [{name: Web, copy: [{from: '@fleet/apps/web/**', to: '@artifact/x/', exclude: ['*.md']}]}]"
    generator = resource(GENERATOR.format(more=more))
    assert artifact_generator.operations(generator, "other", PATHS) is None
    assert artifact_generator.operations(generator, "web", PATHS) == [
        CopyOperation(alias="fleet", pattern="apps/web/**", to="x/", exclude=("*.md",))
    ]
    assert artifact_generator.sources(generator) == {"fleet": ("GitRepository", "flux-system")}


def test_names_in_braces_stand_for_the_folders_of_the_pattern() -> None:
    artifact = "{name: '{app}', copy: [{from: '@fleet/apps/{app}/**', to: ''}]}"
    more = f"pathPattern: '@fleet/apps/{{app}}'\n  artifacts: [{artifact}]"
    generator = resource(GENERATOR.format(more=more))
    operations = artifact_generator.operations(generator, "api", PATHS)
    assert operations is not None
    assert [operation.pattern for operation in operations] == ["apps/api/**"]
    assert artifact_generator.operations(generator, "db", PATHS) is None


def test_only_an_artifact_generator_is_one() -> None:
    assert artifact_generator.is_generator(resource(GENERATOR.format(more="")).id)
    assert not artifact_generator.is_generator(resource(deployment("web")).id)
