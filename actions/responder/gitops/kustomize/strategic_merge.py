"""Strategic merge patches: what an object becomes, and which of its fields such a patch sets.

Lists are replaced, as Kustomize does for custom resources. For built-in kinds it merges some lists by key; no field
that is looked at here depends on that. https://kubectl.docs.kubernetes.io/references/kustomize/glossary/
"""

from collections.abc import Mapping
from typing import Any, Final

from ...yamledit.values import YamlPath
from .resource import Setting

DELETED: Final = object()


def merge(base: Any, patch: Any) -> Any:
    """Return `base` with a patch applied, DELETED if the patch deletes it."""
    if not isinstance(patch, Mapping):
        return patch
    if patch.get("$patch") == "delete":
        return DELETED
    result = dict(base) if isinstance(base, Mapping) and patch.get("$patch") != "replace" else {}
    for key, value in patch.items():
        if key.startswith("$"):
            continue
        merged = DELETED if value is None else merge(result.get(key), value)
        if merged is DELETED:
            result.pop(key, None)
        else:
            result[key] = merged
    return result


def setting_of(patch: Mapping[str, Any], path: YamlPath) -> Setting | None:
    """Return where a patch sets the value at `path` of an object or something around it, None if it does not."""
    value: Any = patch
    for depth, key in enumerate(path):
        if not isinstance(value, Mapping) or value.get("$patch") in ("replace", "delete"):
            return Setting(keys=path[:depth], exact=False)
        if key not in value:
            return None
        value = value[str(key)]
    return Setting(keys=path, exact=value is not None)
