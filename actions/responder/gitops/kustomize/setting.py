"""Where a patch sets a value of an object."""

from dataclasses import dataclass

from ...yamledit.values import YamlPath


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """`keys` lead to the value in the patch itself; it is not `exact` if the patch sets something around the value."""

    keys: YamlPath
    exact: bool
