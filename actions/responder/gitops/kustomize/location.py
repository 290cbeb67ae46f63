"""Where in the repository a value is written, so that it can be edited there."""

from dataclasses import dataclass

from ...yamledit.values import YamlPath


@dataclass(frozen=True, kw_only=True, slots=True)
class Location:
    """A value in a file: `keys` lead to it in the document; `text` says that the value is a string of YAML itself."""

    file: str
    document: int
    keys: YamlPath = ()
    text: bool = False
