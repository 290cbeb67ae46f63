"""What an editor shows of the rules' language: each key has a title, a description and an example that is valid."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from responder.commands.inputs import RULES_FILE
from responder.rules import formats

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "actions" / "responder" / "schema"
SCHEMA: dict[str, Any] = json.loads((FOLDER / "rules.json").read_bytes())
ENTRY: dict[str, Any] = json.loads((FOLDER / "schemastore.json").read_bytes())


def keys(schema: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each key of the language by its path, with its schema; conditions of the schema define no key."""
    for name, part in schema.items() if isinstance(schema, dict) else enumerate(schema):
        if name in ("examples", "if", "enum"):
            continue
        if name == "properties":
            yield from (("/".join((*path, key)), definition) for key, definition in part.items())
        if isinstance(part, dict | list):
            yield from keys(part, (*path, str(name)))


KEYS = [pytest.param(schema, id=path) for path, schema in keys(SCHEMA)]


@pytest.mark.parametrize("schema", KEYS)
def test_each_key_has_a_title_a_description_and_examples(schema: dict[str, Any]) -> None:
    assert all(schema.get(name) for name in ("title", "description", "examples"))


@pytest.mark.parametrize("schema", KEYS)
def test_each_example_is_valid(schema: dict[str, Any]) -> None:
    whole = {"$schema": SCHEMA["$schema"], "$defs": SCHEMA["$defs"], **schema}
    validator = jsonschema.Draft202012Validator(whole, format_checker=formats.checker())
    assert [error.message for example in schema["examples"] for error in validator.iter_errors(example)] == []


def test_the_schema_has_the_address_that_editors_and_the_catalogue_of_schemas_use() -> None:
    """https://github.com/SchemaStore/schemastore/blob/master/CONTRIBUTING.md"""
    assert set(ENTRY) == {"name", "description", "fileMatch", "url"}
    assert ENTRY["url"] == SCHEMA["$id"]
    assert SCHEMA["$id"].endswith(f"/v0/{(FOLDER / 'rules.json').relative_to(ROOT)}")
    assert RULES_FILE.removeprefix(".github/") in {pattern.rpartition("/")[2] for pattern in ENTRY["fileMatch"]}
    assert SCHEMA["$id"] in (ROOT / "actions" / "respond" / "README.md").read_text()


def test_the_hook_runs_the_check_on_the_rules_file() -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_bytes())
    assert (ROOT / hook["entry"]).stat().st_mode & 0o111
    assert hook["language"] == "script"
    assert hook["pass_filenames"] is False
