"""The inputs of an action as action.yml passes them on. What an input means is for the action to decide."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from ..errors import BadInput

_PREFIX = "INPUT_"


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """Inputs by their names in action.yml, in kebab-case; those that are empty have their defaults."""

    values: Mapping[str, str] = field(repr=False)  # among them are secrets

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Self:
        """Read the inputs from the environment, where each has the name `INPUT_NAME`."""
        inputs = {name: value.strip() for name, value in environ.items() if name.startswith(_PREFIX)}
        return cls(values={_kebab(name): value for name, value in inputs.items() if value})

    def text(self, name: str, default: str = "") -> str:
        """Return an input, or `default` where it is empty."""
        return self.values.get(name, default)

    def choice(self, name: str, *allowed: str) -> str:
        """Return an input that is one of `allowed`, the first of which is the default. Raises BadInput."""
        value = self.text(name, allowed[0])
        if value not in allowed:
            raise BadInput(f"input {name} is {value!r}; it can be {', '.join(allowed)}")
        return value


def _kebab(name: str) -> str:
    return name.removeprefix(_PREFIX).lower().replace("_", "-")
