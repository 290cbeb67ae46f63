"""Defines the formats of schema/rules.json: what a text must look like, where JSON Schema alone cannot say it."""

import re
from collections.abc import Callable
from pathlib import PurePosixPath
from urllib.parse import urlsplit

import jsonschema

from ..errors import BadName
from ..kubernetes import operator_kinds
from ..kubernetes.pod_names import Pod
from .criteria import Bound
from .linear_regex import Regex

# https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
_NAME = r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
_METADATA_KEY = re.compile(rf"([a-z0-9]([-a-z0-9.]{{0,251}}[a-z0-9])?/)?{_NAME}")
_LOGIN = re.compile(r"[A-Za-z0-9](-?[A-Za-z0-9]|_){0,98}(\[bot\])?")  # of a person, with its suffix, or of a GitHub App
_POINTER = re.compile(r"(/([^~/]|~[01])*)*")  # https://www.rfc-editor.org/rfc/rfc6901#section-3


def checker() -> jsonschema.FormatChecker:
    """Return a checker of these formats. The cause of its errors is a ValueError that says what was expected."""
    format_checker = jsonschema.FormatChecker(formats=())
    for name, check in _FORMATS.items():
        format_checker.checks(name, raises=ValueError)(_only_text(check))
    return format_checker


def _only_text(check: Callable[[str], object]) -> Callable[[object], bool]:
    """Return a check that accepts what is not text: that is decided by `type` in the schema."""

    def is_valid(value: object) -> bool:
        if isinstance(value, str):
            check(value)
        return True

    return is_valid


def _check_pattern(text: str) -> None:
    if text == "!":
        raise ValueError("write a name or a glob after the !")


def _check_glob(text: str) -> None:
    if text.startswith("!"):
        raise ValueError("names cannot be excluded here; remove the !")


def _check_tag(text: str) -> None:
    if "," in text:
        raise ValueError("a tag has no comma; to require several tags, write {all: [first, second]}")
    if "*" in text:
        raise ValueError("tags are compared exactly, without *; list the tags")


def _check_inner_path(text: str) -> None:
    path = PurePosixPath(text)
    if path.is_absolute() or ".." in path.parts or "\\" in text or not text:
        raise ValueError("the path must be below the root of the desired state, like apps/web")


def _check_receiver_url(text: str) -> None:
    url = urlsplit(text)
    if url.scheme not in ("http", "https") or not url.hostname or not text.isprintable() or " " in text:
        raise ValueError("the address must be like https://flux.example.com/hook/...")


def _check_namespace(text: str) -> None:
    try:
        Pod(namespace=text, name="any")
    except BadName as error:
        raise ValueError(str(error)) from error


def _check_metadata_key(text: str) -> None:
    if not _METADATA_KEY.fullmatch(text):
        raise ValueError(f"Kubernetes does not accept the key `{text}`; write a key like example.com/quarantine")


def _check_label_value(text: str) -> None:
    if text and not re.fullmatch(_NAME, text):
        raise ValueError(
            "a label's value has at most 63 letters, digits, -, _ and .; it begins and ends with a letter or digit"
        )


def _check_pod_form(text: str) -> None:
    if problem := operator_kinds.problem_of(text):
        raise ValueError(problem)


def _check_pointer(text: str) -> None:
    if not _POINTER.fullmatch(text):
        raise ValueError("a JSON pointer begins with /, like /spec/replicas; in a key, write ~1 for / and ~0 for ~")


def _check_login(text: str) -> None:
    if not _LOGIN.fullmatch(text):
        raise ValueError('a login at GitHub is like alice, or "relay-of-prod[bot]" (in quotes) for a GitHub App')


_FORMATS: dict[str, Callable[[str], object]] = {
    "priority": Bound.parse,
    "regex": Regex,
    "pattern": _check_pattern,
    "glob": _check_glob,
    "tag": _check_tag,
    "inner-path": _check_inner_path,
    "login": _check_login,
    "receiver-url": _check_receiver_url,
    "namespace": _check_namespace,
    "metadata-key": _check_metadata_key,
    "label-value": _check_label_value,
    "pointer": _check_pointer,
    "pod-form": _check_pod_form,
}
