"""Clusters that the rules name but of which the checkout lacks the folder. What they read is not known.

So an edit may only be made where no other cluster reads: below the folder of the event's own cluster.
"""

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from ..errors import NoHome, NotFound
from ..gitops.checkout import Checkout
from ..rules.model import Rules


def find(ruleset: Rules, checkout: Checkout) -> dict[str, PurePosixPath]:
    """Return the folders that the checkout lacks, by their clusters."""
    files = [f"{path}/" for path in (*checkout.manifests, *checkout.other_files)]
    return {
        name: cluster.path
        for name, cluster in ruleset.clusters.items()
        if str(cluster.path) != "." and not any(file.startswith(f"{cluster.path}/") for file in files)
    }


def describe(name: str, folder: PurePosixPath) -> str:
    """Return what is absent, and what to do."""
    return (
        f"cluster {name}: there is no folder {folder}. Check it out too, or correct `clusters.{name}.path` in the rules"
    )


def require_presence(absent: Mapping[str, PurePosixPath], name: str | None, pod: object) -> None:
    """Raise NotFound for a pod of a cluster that is absent."""
    if name is not None and name in absent:
        raise NotFound(pod, reason=describe(name, absent[name]))


def require_unshared(
    absent: Mapping[str, PurePosixPath], files: Iterable[PurePosixPath], cluster_folder: PurePosixPath | None
) -> None:
    """Raise NoHome if an absent cluster may read one of the files too; `cluster_folder` is that of the event."""
    for file in files:
        for name, folder in absent.items():
            if (
                cluster_folder is None
                or folder.is_relative_to(cluster_folder)
                or not file.is_relative_to(cluster_folder)
            ):
                raise NoHome(f"{file} may be read by another cluster too: {describe(name, folder)}")
