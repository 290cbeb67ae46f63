"""Which tokens files make callers. Who is let in is tested over a socket, in test_intake.py."""

from pathlib import Path

import pytest

from relay.errors import BadSettings, UnknownCaller
from relay.server import callers


def load(tmp_path: Path, content: str | bytes) -> callers.TokenCallers:
    path = tmp_path / "tokens.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return callers.load(path)


def test_each_cluster_is_known_by_its_own_token(tmp_path: Path) -> None:
    clusters = load(tmp_path, "prod: aaaaaaaaaaaaaaaa\nstaging-2.eu: bbbbbbbbbbbbbbbb\n")
    assert clusters.identify({b"authorization": b"Bearer aaaaaaaaaaaaaaaa"}, b"") == "prod"
    assert clusters.identify({b"authorization": b"Bearer bbbbbbbbbbbbbbbb"}, b"") == "staging-2.eu"


@pytest.mark.parametrize("token", [b"", b"aaaaaaaaaaaaaaa", b"\xff" * 16, b"aaaaaaaaaaaaaaaa\x00"])
def test_what_is_nearly_a_token_is_none(tmp_path: Path, token: bytes) -> None:
    clusters = load(tmp_path, "prod: aaaaaaaaaaaaaaaa\n")
    with pytest.raises(UnknownCaller):
        clusters.identify({b"authorization": b"Bearer " + token}, b"")


def test_a_token_of_sixteen_characters_is_long_enough(tmp_path: Path) -> None:
    assert load(tmp_path, f"prod: {'s' * 16}").identify({b"authorization": b"Bearer " + b"s" * 16}, b"") == "prod"


def test_tokens_are_not_kept(tmp_path: Path) -> None:
    assert "aaaaaaaaaaaaaaaa" not in repr(vars(load(tmp_path, "prod: aaaaaaaaaaaaaaaa\n")))


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("", id="empty"),
        pytest.param("- secret-secret-secret", id="a list"),
        pytest.param("prod: [secret-secret-secret", id="no YAML"),
        pytest.param(b"prod: \xff", id="no UTF-8"),
        pytest.param("prod: secret", id="too short"),
        pytest.param("prod: secret-secret-s", id="one character too short"),
        pytest.param("prod: 1234567890123456", id="a number"),
        pytest.param("prod:", id="no token"),
        pytest.param("1: secret-secret-secret", id="a number for a name"),
        pytest.param('"a b": secret-secret-secret', id="a space in the name"),
        pytest.param('"a\\n": secret-secret-secret', id="a line break in the name"),
        pytest.param(f"{'n' * 64}: secret-secret-secret", id="a name too long"),
        pytest.param("a: secret-secret-secret\nb: secret-secret-secret", id="one token for two"),
        pytest.param("prod: !!python/object/apply:os.getcwd []", id="a tag that runs code"),
    ],
)
def test_a_bad_file_is_refused_without_showing_what_is_in_it(tmp_path: Path, content: str | bytes) -> None:
    with pytest.raises(BadSettings, match="RELAY_TOKENS_FILE") as caught:
        load(tmp_path, content)
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_file_that_is_not_there_is_refused_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="No such file"):
        callers.load(tmp_path / "none")
