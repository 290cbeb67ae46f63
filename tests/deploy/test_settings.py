"""The manifests and the relay agree on settings and versions."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

from relay.settings import Settings
from tests.deploy import mounts, rendering
from tests.deploy.rendering import CHART, DEPLOY, KUSTOMIZE, OPERATOR_SETTINGS, OVERLAYS, ROOT

every_overlay = pytest.mark.parametrize("overlay", OVERLAYS)
SECRETS = {name for name, field in Settings.__dataclass_fields__.items() if not field.repr}
# Every variable that the relay reads: a secret also has the name of a file.
VARIABLES = {f"RELAY_{name.upper()}" for name in Settings.__dataclass_fields__} | {
    f"RELAY_{name.upper()}_FILE" for name in ("github_token", "github_app_private_key")
}
VERSION: str = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


@every_overlay
def test_every_variable_is_a_setting_of_the_relay(overlay: str) -> None:
    names = {*rendering.environment(rendering.overlay(overlay)), *OPERATOR_SETTINGS[overlay]}
    assert {name for name in names if name.startswith("RELAY_")} == names
    assert names - VARIABLES == set()


@every_overlay
def test_every_file_that_a_variable_names_is_mounted(overlay: str) -> None:
    objects = rendering.overlay(overlay)
    mounts = {mount["mountPath"]: mount["name"] for mount in rendering.container(objects)["volumeMounts"]}
    volumes = {volume["name"]: volume for volume in rendering.pod(objects)["volumes"]}
    files = [value for name, value in rendering.environment(objects).items() if name.endswith("_FILE")]
    assert files
    for path in files:
        folder, _, name = path.rpartition("/")
        volume = volumes[mounts[folder]]
        if "projected" in volume:
            assert name == volume["projected"]["sources"][0]["serviceAccountToken"]["path"]
        else:
            assert volume["secret"]["secretName"].startswith("relay-")


@every_overlay
def test_the_relay_takes_the_settings(overlay: str, tmp_path: Path) -> None:
    """With the files that the Secrets would be; the relay's own reading of the environment judges."""
    environ = mounts.materialize(rendering.environment(rendering.overlay(overlay)), tmp_path)
    settings = Settings.from_environ({**environ, **OPERATOR_SETTINGS[overlay]})
    assert settings.dispatch == ("repository_dispatch" if overlay == "outside" else "workflow_dispatch")
    assert settings.host == "0.0.0.0"  # noqa: S104


def versions() -> dict[str, str]:
    """Return the version that each file states."""
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    (container,) = yaml.safe_load((KUSTOMIZE / "base" / "statefulset.yaml").read_text())["spec"]["template"]["spec"][
        "containers"
    ]
    source = next(yaml.safe_load_all((DEPLOY / "flux" / "relay.yaml").read_text()))
    return {
        "chart": chart["version"],
        "application": chart["appVersion"],
        "image": container["image"].rpartition(":")[2],
        "source": source["spec"]["ref"]["tag"].removeprefix("v"),
    }


def test_every_file_states_the_version_of_the_package() -> None:
    assert set(versions().values()) == {VERSION}


def pins(path: Path) -> set[str]:
    """Return what a lock file installs: package==version."""
    return {
        line.split()[0] for line in path.read_text().splitlines() if "==" in line and not line.startswith((" ", "#"))
    }


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-build.txt"])
def test_the_image_has_no_version_that_the_tests_do_not_run_with(lock: str) -> None:
    tested = dict(pin.split("==") for pin in pins(ROOT / "requirements-dev.txt"))
    image = dict(pin.split("==") for pin in pins(DEPLOY / lock))
    assert image
    assert {name: version for name, version in image.items() if tested.get(name, version) != version} == {}


def test_the_image_has_every_package_that_the_relay_declares() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = [*project["dependencies"], *project["optional-dependencies"]["nats"]]
    names = {re.split(r"[\[<>=]", requirement)[0].lower().replace("_", "-") for requirement in declared}
    assert names - {pin.split("==")[0].lower() for pin in pins(DEPLOY / "requirements.txt")} == set()
