"""GitHub's rate limits: so many requests an hour, and so many dispatches a minute before the secondary limit.

https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
"""

from dataclasses import dataclass, field

HOUR, MINUTE = 3600.0, 60.0  # seconds


@dataclass(kw_only=True)
class RateLimit:
    """Counts the requests at their times, in seconds since the epoch."""

    hourly: int = 5000
    per_minute: int = 80
    _times: list[float] = field(default_factory=list)

    def wait(self, now: float) -> int | None:
        """Count a dispatch; or, where the secondary limit does not allow it, the seconds to wait."""
        recent = [time for time in self._times if time > now - MINUTE]
        if len(recent) >= self.per_minute:
            return int(recent[0] + MINUTE - now) + 1
        self._times.append(now)
        return None

    def remaining(self, now: float) -> tuple[int, int]:
        """The requests left this hour, and when the hour ends (seconds since the epoch)."""
        recent = [time for time in self._times if time > now - HOUR]
        start = recent[0] if recent else now
        return max(0, self.hourly - len(recent)), int(start + HOUR)
