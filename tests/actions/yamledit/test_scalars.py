"""Plain scalars have the values that `kustomize build` gives them, for the finder and for the editor."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from responder.gitops import manifests
from responder.yamledit.documents import parse
from responder.yamledit.scalars import implicit, tagged
from responder.yamledit.values import Value

KUSTOMIZE = shutil.which("kustomize")
_TABLE = """
on off yes no y n Y N Yes No YES NO On Off ON OFF true True TRUE tRUE false False FALSE ~ null Null NULL nULL 1:30
190:20:30 1_000 1__0 _1 1_ -1_0 +1_000 0b11 -0b11 +0b11 0b 0b12 0B11 0b1_0 0b_1 0b-11 0o-17 0b+1 -0b-1 0x1F 0X1F
-0x1F +0x1f 0x 0xG 0x_1 0x1_0 0x1_F 0x__1 0o17 0O17 -0o17 +0o17 0o18 0o 0o1_7 017 -017 +017 08 09 0_7 0_8 00 -0 +0 0
1 -1 +1 01 -00 +00 0o0 0b0 0x0 -0x0 0_ _ __ -_1 000000000000000000000000000000000001 1e3 1E3 1e+3 1e-3 1.e3 1.e+3
12e03 0e0 1e 1e+ e1 1_e3 1e_3 1e3_0 09e1 08.5 00.5 01.5 .5 5. -.5 +.5 . + -- ++1 .5e1 5.e1 1.0 1.5 1_0.0 1_0.5 1.0_0
._5 .5_5 -1.5 +1.5 1.5e3 1.5e300 1e400 -1e400 1e-400 0.0 -0.0 +0.0 1.2.3 1..2 0.0.0 1_000.5_5 0_1.5 0.1 0.10 1.10
123456789.0 1.0e10 1e19 1e20 1e21 100000000000000000000000.0 1.7976931348623157e309 inf Infinity .iNF nan NaN .Nan
-.nan 0x1p3 0x1.8 1f 0f 0d = << 1,000 1/2 \u2081 \u0661 é 9007199254740993 9223372036854775807 9223372036854775808
-9223372036854775808 -9223372036854775809 18446744073709551615 18446744073709551616 +9223372036854775808
123456789012345678901234567890 0xFFFFFFFFFFFFFFFF 0x1FFFFFFFFFFFFFFFF -0x8000000000000000 0777777777777777777777
07777777777777777777777
"""
SCALARS = _TABLE.split()
TIMES = [
    "2020-01-01",
    "2020-1-1",
    "2020-02-30",
    "0000-02-29",
    "2020-13-45",
    "20200-01-01",
    "2020-01-01T00:00:00Z",
    "2020-01-01T25:00:00Z",
    "2001-12-14t21:59:43.10-05:00",
    "2001-12-14T21:59:43.123456789123+00:00",
    "2001-12-14T1:2:3Z",
    "2001-12-14T21:59:43",
    "2001-12-14T21:59:60Z",
    "2001-12-14T21:59:43,5Z",
    "2001-12-14T21:59:43z",
    "2001-12-14T21:59:43-25:00",
]
TIMES += ["2001-12-14 21:59:43.10", "2001-12-14 1:2:3", "2001-12-14 21:59:43.10 -5"]
LONG = [
    "9" * 400,
    "1" * 5000,
    f"0x{'f' * 5000}",
    f"0b{'1' * 65}",
    f"-0b{'1' * 63}",
    "1e5000",
    f"0{'0' * 5000}7",
    f"{'1' * 5000}.5",
]
NOT_JSON = [".inf", ".Inf", ".INF", "-.inf", "-.Inf", "+.inf", "+.Inf", ".nan", ".NaN", ".NAN"]
ALL = [*SCALARS, *TIMES, *LONG]


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what `kustomize build` writes for every scalar."""
    folder = tmp_path_factory.mktemp("scalars")
    fields = "".join(f"  k{index}: {text}\n" for index, text in enumerate(ALL))
    head = "apiVersion: example.com/v1\nkind: Thing\nmetadata:\n  name: t\n"
    (folder / "thing.yaml").write_text(f"{head}spec:\n  empty:\n{fields}")
    (folder / "kustomization.yaml").write_text("resources: [thing.yaml]\n")
    build = subprocess.run([str(KUSTOMIZE), "build", str(folder)], capture_output=True, check=True, text=True)
    lines = build.stdout.split("spec:\n")[1].splitlines()
    texts = dict(line.strip().split(": ", 1) for line in lines)
    return {"": texts["empty"]} | {text: texts[f"k{index}"] for index, text in enumerate(ALL)}


@pytest.mark.skipif(KUSTOMIZE is None, reason="no kustomize: `make setup` builds it where Go is")
@pytest.mark.parametrize("text", [pytest.param(text, id=text[:40]) for text in ["", *ALL]])
def test_a_plain_scalar_has_the_value_that_kustomize_build_gives_it(rendered: dict[str, str], text: str) -> None:
    written, value = rendered[text], implicit(text)
    if not isinstance(value, str):
        assert json.dumps(json.loads(written)) == json.dumps(value)
    elif text in TIMES:
        assert written.strip('"')[:2] == text[:2], "it may be written in another way, but it is text"
    else:
        assert written.strip('"') == value, "text as it is, with quotes where a reader could take it for something else"


@pytest.mark.skipif(KUSTOMIZE is None, reason="no kustomize: `make setup` builds it where Go is")
@pytest.mark.parametrize("text", NOT_JSON)
def test_what_json_cannot_say_fails_the_build_and_is_text_here(text: str, tmp_path: Path) -> None:
    (tmp_path / "thing.yaml").write_text(
        f"apiVersion: example.com/v1\nkind: Thing\nmetadata:\n  name: t\nspec:\n  k: {text}\n"
    )
    (tmp_path / "kustomization.yaml").write_text("resources: [thing.yaml]\n")
    build = subprocess.run([str(KUSTOMIZE), "build", str(tmp_path)], capture_output=True, check=False)
    assert build.returncode != 0
    assert implicit(text) == text


@pytest.mark.skipif(KUSTOMIZE is None, reason="no kustomize: `make setup` builds it where Go is")
def test_a_plain_scalar_is_the_same_in_an_annotation(tmp_path: Path) -> None:
    texts = [text for text in [*SCALARS, *TIMES] if isinstance(implicit(text), str)]
    fields = "".join(f"    k{index}: {text}\n" for index, text in enumerate(texts))
    head = "apiVersion: example.com/v1\nkind: Thing\nmetadata:\n  name: t\n"
    (tmp_path / "thing.yaml").write_text(f"{head}  annotations:\n{fields}")
    (tmp_path / "kustomization.yaml").write_text("resources: [thing.yaml]\n")
    build = subprocess.run([str(KUSTOMIZE), "build", str(tmp_path)], capture_output=True, check=True)
    annotations = yaml.load(build.stdout, yaml.BaseLoader)["metadata"]["annotations"]  # noqa: S506 - it reads text alone
    assert annotations == {f"k{index}": implicit(text) for index, text in enumerate(texts)}


@pytest.mark.parametrize("text", [pytest.param(text, id=text[:40]) for text in ["", *ALL, *NOT_JSON]])
def test_finder_and_editor_read_the_same_value(text: str) -> None:
    data = f"key: {text}\n".encode()
    (document,) = parse(data)
    content = manifests.load(data)
    assert json.dumps(content) == json.dumps(document.value) == json.dumps({"key": implicit(text)})


@pytest.mark.parametrize(
    ("tag", "text", "value"),
    [
        pytest.param("tag:yaml.org,2002:int", "12", 12, id="int"),
        pytest.param("tag:yaml.org,2002:int", "x", "x", id="no int"),
        pytest.param("tag:yaml.org,2002:int", "1" * 5000, "1" * 5000, id="too many digits"),
        pytest.param("tag:yaml.org,2002:float", "1.5", 1.5, id="float"),
        pytest.param("tag:yaml.org,2002:bool", "true", True, id="bool"),
        pytest.param("tag:yaml.org,2002:null", "", None, id="null"),
        pytest.param("tag:yaml.org,2002:str", "12", "12", id="text"),
        pytest.param("tag:yaml.org,2002:timestamp", "2020-13-45", "2020-13-45", id="date that does not exist"),
        pytest.param("!local", "12", "12", id="unknown tag"),
    ],
)
def test_a_tag_of_json_s_types_is_heeded_if_it_fits(tag: str, text: str, value: Value) -> None:
    assert tagged(tag, text) == value
