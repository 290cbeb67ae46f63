"""Whatever the git of a runner is set to, the commit, its message and the diff are the same."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from responder.publish import history, settings
from responder.publish.git import Git
from tests.actions.conftest import ENVIRON, NewRemote, command

WEB, NEW = PurePosixPath("wéb.yaml"), PurePosixPath("new.yaml")
ORIGINAL, EDITED = b"a: 1 \r\nreplicas: 2\n\n\nb: 1\n", b"a: 1 \r\nreplicas: 0\n\n\nb: 1\n"
MESSAGE = "Stop wéb\n\n# no comment\n\n\nA: b\nCloudEvent-Id: 5b2e\n"
TRAP = "#!/bin/sh\necho trapped > {marker}\nexit 1\n"
HOOKS = ("pre-commit", "commit-msg", "prepare-commit-msg", "post-commit", "pre-push", "reference-transaction")

# Each of these has an effect on `git add`, `commit`, `log`, `diff` or `push` as a person types them.
VALUES = [
    ("branch.autoSetupRebase", "always"),
    ("color.ui", "always"),
    ("commit.cleanup", "strip"),
    ("commit.gpgSign", "true"),
    ("commit.template", "{folder}/template"),
    ("commit.verbose", "true"),
    ("core.autocrlf", "input"),
    ("core.autocrlf", "true"),
    ("core.commentChar", "A"),
    ("core.editor", "{folder}/trap"),
    ("core.eol", "crlf"),
    ("core.excludesFile", "{folder}/excludes"),
    ("core.fileMode", "false"),
    ("core.fsmonitor", "{folder}/trap"),
    ("core.hooksPath", "{folder}/hooks"),
    ("core.logAllRefUpdates", "false"),
    ("core.pager", "{folder}/trap"),
    ("core.quotePath", "false"),
    ("core.safecrlf", "true"),
    ("core.splitIndex", "true"),
    ("core.untrackedCache", "true"),
    ("core.whitespace", "trailing-space,cr-at-eol"),
    ("diff.algorithm", "histogram"),
    ("diff.colorMoved", "zebra"),
    ("diff.context", "0"),
    ("diff.external", "{folder}/trap"),
    ("diff.mnemonicPrefix", "true"),
    ("diff.noprefix", "true"),
    ("diff.orderFile", "{folder}/excludes"),
    ("diff.renames", "copies"),
    ("diff.suppressBlankEmpty", "true"),
    ("diff.wsErrorHighlight", "all"),
    ("fetch.prune", "true"),
    ("fetch.recurseSubmodules", "true"),
    ("format.pretty", "oneline"),
    ("gc.auto", "1"),
    ("gpg.program", "{folder}/trap"),
    ("i18n.commitEncoding", "ISO-8859-1"),
    ("i18n.logOutputEncoding", "ISO-8859-1"),
    ("init.templateDir", "{folder}"),
    ("log.date", "relative"),
    ("log.showSignature", "true"),
    ("merge.conflictStyle", "diff3"),
    ("protocol.version", "0"),
    ("push.default", "nothing"),
    ("push.followTags", "true"),
    ("push.gpgSign", "true"),
    ("push.pushOption", "ci.skip"),
    ("push.recurseSubmodules", "on-demand"),
    ("push.useForceIfIncludes", "true"),
    ("remote.origin.mirror", "true"),
    ("remote.pushDefault", "elsewhere"),
    ("submodule.recurse", "true"),
    ("tag.gpgSign", "true"),
    ("trailer.ifexists", "replace"),
    ("trailer.separators", "="),
    ("user.email", "somebody@example.com"),
    ("user.name", "Somebody"),
    ("user.useConfigOnly", "true"),
]
VARIABLES = {
    "GIT_AUTHOR_DATE": "2001-01-01T00:00:00Z",
    "GIT_COMMITTER_DATE": "2001-01-01T00:00:00Z",
    "GIT_COMMITTER_NAME": "Somebody",
    "GIT_DIR": "/nowhere",
    "GIT_DIFF_OPTS": "--unified=0",
    "GIT_EXTERNAL_DIFF": "/bin/false",
    "GIT_INDEX_FILE": "/nowhere/index",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NAMESPACE": "elsewhere",
    "GIT_TRACE": "1",
    "GIT_WORK_TREE": "/nowhere",
}


def results(git: Git) -> tuple[object, ...]:
    """Lose a race and push: what the remote has then, and what was shown of it."""
    git.reset_to_tip("main")
    draft = git.draft({WEB: EDITED, NEW: b"a: 1\n"})
    diff, sha = git.diff(draft), git.commit(draft, MESSAGE)
    git.push(sha, "main")
    commit = next(iter(history.commits_since(git, 0, "main")))
    refs = command("git", "for-each-ref", "--format=%(refname)", cwd=Path(git.remote_url)).decode()
    listing = command("git", "ls-tree", "-r", "main", cwd=Path(git.remote_url)).decode()
    return diff, commit.message, commit.author, commit.committer, commit.is_by_action, refs, listing


@pytest.fixture
def checkout(new_remote: NewRemote) -> Git:
    git = new_remote({str(WEB): ORIGINAL}).checkout()
    # The remote is on this machine, and would obey the global setting too.
    command("git", "config", "core.hooksPath", "hooks", cwd=Path(git.remote_url))
    command("git", "tag", "--annotate", "--message=x", "v1", cwd=git.root)
    return git


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """The files that the settings name; nothing may run any of them."""
    folder = tmp_path / "runner"
    (folder / "hooks").mkdir(parents=True)
    for name in ("trap", *(f"hooks/{hook}" for hook in HOOKS)):
        (folder / name).write_text(TRAP.format(marker=folder / "marker"))
        (folder / name).chmod(0o755)
    (folder / "template").write_text("A template\n")
    (folder / "excludes").write_text("*.yaml\n")
    yield folder
    assert not (folder / "marker").exists()


@pytest.fixture
def expected(checkout: Git, tmp_path: Path) -> tuple[object, ...]:
    """The results where nothing is set, in a remote of their own."""
    bare = tmp_path / "plain.git"
    command("git", "clone", "--quiet", "--bare", checkout.remote_url, str(bare))
    command("git", "clone", "--quiet", str(bare), str(tmp_path / "plain"))
    return results(Git(root=tmp_path / "plain", environ=ENVIRON))


@pytest.mark.parametrize("scope", ["global", "local"])
@pytest.mark.parametrize(("name", "value"), [pytest.param(*pair, id="=".join(pair)) for pair in VALUES])
def test_a_setting_of_the_runner_changes_nothing(
    checkout: Git, folder: Path, expected: tuple[object, ...], scope: str, name: str, value: str
) -> None:
    environ: Mapping[str, str] = ENVIRON
    if scope == "global":
        environ = {**ENVIRON, "GIT_CONFIG_GLOBAL": str(folder / "config")}
        command("git", "config", "--file", str(folder / "config"), name, value.format(folder=folder))
    else:
        command("git", "config", name, value.format(folder=folder), cwd=checkout.root)
    assert results(replace(checkout, environ=environ)) == expected


def test_the_variables_of_the_runner_change_nothing(checkout: Git, expected: tuple[object, ...]) -> None:
    git = replace(checkout, environ={**ENVIRON, **VARIABLES})
    assert results(git) == expected
    assert command("git", "log", "-1", "--format=%as", cwd=git.root) != b"2001-01-01\n"


def test_hooks_of_the_checkout_do_not_run(checkout: Git, folder: Path, expected: tuple[object, ...]) -> None:
    hooks = checkout.root / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for hook in (folder / "hooks").iterdir():
        hook.rename(hooks / hook.name)
    assert results(checkout) == expected


def test_how_the_remote_is_reached_stays_as_the_runner_has_it(checkout: Git, tmp_path: Path) -> None:
    command("git", "remote", "set-url", "origin", "mirror:acme", cwd=checkout.root)
    config = tmp_path / "config"
    remote = checkout.remote_url
    command("git", "config", "--file", str(config), f"url.{remote}.insteadOf", "mirror:acme")
    command("git", "config", "--file", str(config), "credential.helper", "store")
    git = Git(root=checkout.root, environ={**ENVIRON, "GIT_CONFIG_GLOBAL": str(config)})
    assert git.remote_url == remote
    assert git.run("config", "credential.helper") == "store\n"


@pytest.mark.parametrize(("name", "value"), [("core.autocrlf", "true"), ("core.attributesFile", "{folder}/attributes")])
def test_line_ends_that_the_checkout_converts_are_converted_back(
    new_remote: NewRemote, tmp_path: Path, name: str, value: str
) -> None:
    remote = new_remote({"web.yaml": b"a: 1\nreplicas: 2\n"})
    (tmp_path / "attributes").write_text("*.yaml text eol=crlf -diff\n")
    config = tmp_path / "config"
    command("git", "config", "--file", str(config), name, value.format(folder=tmp_path))
    root, environ = tmp_path / "converted", {**ENVIRON, "GIT_CONFIG_GLOBAL": str(config)}
    subprocess.run(["git", "clone", "--quiet", str(remote.path), str(root)], env=environ, check=True)
    assert (root / "web.yaml").read_bytes() == b"a: 1\r\nreplicas: 2\r\n"
    git = Git(root=root, environ=environ)
    draft = git.draft({PurePosixPath("web.yaml"): b"a: 1\r\nreplicas: 0\r\n"})
    git.push(git.commit(draft, MESSAGE), "main")
    assert remote.show("main:web.yaml") == b"a: 1\nreplicas: 0\n"
    assert (root / "web.yaml").read_bytes() == b"a: 1\r\nreplicas: 0\r\n"


def test_settings_in_the_environment_are_kept_beside_the_credential() -> None:
    environ = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "http.proxy", "GIT_CONFIG_VALUE_0": "http://proxy"}
    assert settings.with_configuration(environ, [("a.b", "c")]) == {
        **environ,
        "GIT_CONFIG_COUNT": "2",
        "GIT_CONFIG_KEY_1": "a.b",
        "GIT_CONFIG_VALUE_1": "c",
    }
    assert settings.with_configuration({}, [("a.b", "c")])["GIT_CONFIG_KEY_0"] == "a.b"


def test_a_proxy_and_certificates_of_the_environment_stay() -> None:
    environ = {"GIT_SSL_CAINFO": "/ca.pem", "https_proxy": "http://proxy", "GIT_SSH_COMMAND": "ssh -v", "PATH": "/bin"}
    assert settings.environment(environ).items() >= environ.items()
    assert "GIT_TRACE" not in settings.environment({"GIT_TRACE": os.devnull})
