"""What Flux knows of a commit, for one cluster: it was told, it waits for its interval, or it reports a failure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from ..notify.notifications import Notification


@dataclass(frozen=True, kw_only=True)
class FluxState:
    """The calls of receivers, and when the last of them ended (in UTC); None if there was none."""

    notifications: tuple[Notification, ...] = ()
    when: datetime | None = None

    def words(self, clusters: Iterable[str]) -> str:
        """Return the state of Flux in the clusters of a commit, for a sentence that begins with `Flux`."""
        names = set(clusters)
        relevant = [item for item in self.notifications if item.cluster is None or item.cluster in names]
        if not relevant:
            return "waits for its interval: no receiver is set for it"
        return "; ".join(dict.fromkeys(self._words(notification) for notification in relevant))

    @property
    def is_told(self) -> bool:
        """Return whether every receiver that was called has accepted the call, and there was one."""
        return bool(self.notifications) and all(item.result.is_delivered for item in self.notifications)

    def _words(self, notification: Notification) -> str:
        result = notification.result
        if result.is_delivered:
            return f"was told at {self.when:%H:%M:%S} UTC" if self.when else "was told"
        if result.status is None:
            return f"was not reached and waits for its interval: {result.detail}"
        return f"reports a failure ({result.status}) and waits for its interval: {result.detail}"
