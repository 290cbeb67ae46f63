"""Why kustomize has failed: because of the repository's own content, so that Flux fails too, or for the runner alone.

Flux builds with the same library, so it gives the same errors. What it can have that a runner lacks is the network, the
content of submodules, and that of sources that are included in another one.
"""

import re

from ..errors import BrokenFolder, NotRendered
from ..gitops.checkout import Checkout

# Flux never enables these, wherever it runs: https://fluxcd.io/flux/components/kustomize/kustomizations/
_DISABLED = re.compile(r"must specify --enable-helm|external plugins disabled|unable to load external plugin")
_FETCH = re.compile(
    r"(?:https?|ssh|file|git)://|\bgit@|failed to run '?\S*git\b|no 'git' program|\bdial (?:tcp|udp)\b|no such host"
    r"|context deadline exceeded|hit \S+ timeout|x509: |tls: "
)
_ABSENT = re.compile(r"no such file or directory|not a valid directory|doesn't exist|unable to find")
_INCLUDE = re.compile(rb"^\s+include:", re.MULTILINE)


def failure(folder: str, message: str, checkout: Checkout) -> NotRendered:
    """Return the error for a folder that kustomize cannot render; `message` is kustomize's own."""
    text = f"kustomize build {folder}: {message}"
    if _DISABLED.search(message):
        return BrokenFolder(text)
    if _FETCH.search(message) or not message.startswith("Error: "):
        return NotRendered(text)
    if _ABSENT.search(message) and _is_incomplete(checkout):
        return NotRendered(f"{text} (it may be in a submodule or an included source, which the checkout lacks)")
    return BrokenFolder(text)


def _is_incomplete(checkout: Checkout) -> bool:
    """Return whether Flux may have files in the source that the checkout lacks."""
    return ".gitmodules" in checkout or any(
        b"GitRepository" in data and _INCLUDE.search(data) for data in checkout.manifests.values()
    )
