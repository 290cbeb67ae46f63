"""Who started a run: the account that dispatched it, and the one that ran it again if somebody did.

Decides who is a person as far as GitHub says so. A token that a person made acts as that person: nothing in a run tells
them apart. What a starter may do is for the caller to decide.
https://docs.github.com/en/webhooks/webhook-events-and-payloads#workflow_dispatch
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Self

_BOT = "[bot]"  # how the login of every GitHub App ends


@dataclass(frozen=True, kw_only=True)
class Starter:
    """The account that dispatched a run and the account that started this attempt, by login; empty if not known."""

    sender: str = ""
    is_user: bool = True  # false where GitHub says that the sender is something else
    attempt_by: str = ""

    @classmethod
    def from_event(cls, event: Mapping[str, Any], environ: Mapping[str, str]) -> Self:
        """Read the event of a run, and the runner's variables: the event of a second attempt is that of the first."""
        sender = event.get("sender")
        account: Mapping[str, Any] = sender if isinstance(sender, Mapping) else {}
        login = str(account.get("login") or environ.get("GITHUB_ACTOR", ""))
        return cls(
            sender=login,
            is_user=account.get("type") in (None, "User"),
            attempt_by=environ.get("GITHUB_TRIGGERING_ACTOR") or login,
        )

    @property
    def is_person(self) -> bool:
        """Return whether GitHub names accounts of people, and only such."""
        accounts = (self.sender, self.attempt_by)
        return self.is_user and all(login and not login.endswith(_BOT) for login in accounts)

    def is_among(self, logins: Collection[str]) -> bool:
        """Return whether the sender has one of these logins, and no other App started this attempt."""
        allowed = {login.lower() for login in logins}
        again_by_app = self.attempt_by.endswith(_BOT) and self.attempt_by.lower() not in allowed
        return self.sender.lower() in allowed and not again_by_app

    def __str__(self) -> str:
        if self.attempt_by not in ("", self.sender):
            return f"{self.sender or 'nobody'} (and again by {self.attempt_by})"
        return self.sender or "nobody that GitHub names"
