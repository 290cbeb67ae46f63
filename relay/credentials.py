"""Where the token for GitHub comes from."""

from dataclasses import dataclass, field
from typing import Protocol


class Credential(Protocol):
    """A source of tokens for one repository."""

    async def token(self) -> str:
        """A token that is good now. May ask another service, and may raise httpx.HTTPError."""


@dataclass(frozen=True, slots=True)
class StaticToken:
    """A fine-grained token that the operator made."""

    value: str = field(repr=False)

    async def token(self) -> str:
        return self.value
