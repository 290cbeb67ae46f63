"""Says which version is installed."""

from importlib import metadata

CHECKOUT = "from a checkout"


def version() -> str:
    """Return the version of the installed package; a checkout that is not installed has none."""
    try:
        return metadata.version("falco-dispatch")
    except metadata.PackageNotFoundError:
        return CHECKOUT
