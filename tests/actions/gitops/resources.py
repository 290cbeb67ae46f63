"""Resources and cluster objects for tests, from the YAML text of one object."""

from typing import Any

from responder.gitops import manifests
from responder.gitops.flux.desired_state import ClusterObject
from responder.gitops.kustomize.resource import Resource, identify


def resource(text: str, *, file: str = "objects.yaml") -> Resource:
    """Return the resource that a text declares."""
    data: dict[str, Any] = manifests.load(text.encode())
    return Resource(file=file, document=0, item=None, line=1, data=data, ids=(identify(data),))


def cluster_object(text: str, *, cluster: str = "prod", file: str = "objects.yaml") -> ClusterObject:
    """Return the object as a cluster gets it."""
    return ClusterObject(cluster=cluster, resource=resource(text, file=file))


def flux_kustomization(*, name: str = "apps", spec: str = "") -> str:
    """Return the text of a Flux Kustomization, with more lines of its `spec` in flow style."""
    return (
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n"
        f"metadata: {{name: {name}, namespace: flux-system}}\nspec: {{{spec}}}\n"
    )


def deployment(name: str, namespace: str | None = None, *, spec: str = "") -> str:
    """Return the text of a Deployment."""
    metadata = f"name: {name}" + (f", namespace: {namespace}" if namespace else "")
    return f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{{metadata}}}\nspec: {{{spec}}}\n"


def helm_release(name: str, namespace: str | None = None, *, spec: str = "") -> str:
    """Return the text of a HelmRelease."""
    metadata = f"name: {name}" + (f", namespace: {namespace}" if namespace else "")
    return f"apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {{{metadata}}}\nspec: {{{spec}}}\n"
