"""The order in which one kustomization changes its objects."""

from enum import IntEnum


class Phase(IntEnum):
    """A phase of a build, in Kustomize's order. Flux adds its patches after those that the kustomization has.

    https://github.com/kubernetes-sigs/kustomize/blob/master/api/internal/target/kusttarget_configplugin.go
    """

    STRATEGIC_MERGE = 0
    PATCHES = 1
    FLUX_PATCHES = 2
    NAMES = 3
    JSON6902 = 4
    REPLICAS = 5
