"""A length of time in words, as short as people say it."""

from datetime import timedelta

_UNITS = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))


def words(duration: timedelta) -> str:
    """Return a duration by its two largest units, such as `3 d 4 h`; less than a second is `0 s`."""
    seconds = int(duration.total_seconds())
    for index, (unit, length) in enumerate(_UNITS):
        if seconds >= length:
            major, remainder = divmod(seconds, length)
            smaller = _UNITS[index + 1 : index + 2]
            parts = [f"{major} {unit}", *(f"{remainder // size} {name}" for name, size in smaller if remainder >= size)]
            return " ".join(parts)
    return "0 s"
