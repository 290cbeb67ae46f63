"""A kustomization file: what it says, as far as it decides what becomes of the objects that it lists.

https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ...yamledit.values import YamlPath
from .. import manifests
from ..fields import items, mapping, set_in, text
from . import replacements
from .patches import Json6902Patch, Patch, ReplicaCount, StrategicMergePatch
from .replacements import ReadFile, Replacement
from .resource import Location, Phase, Resource
from .selector import Selector

# What can change objects in ways that are not followed here; a rendering shows what they do.
_UNFOLLOWED = (
    "replacements",
    "transformers",
    "generators",
    "helmCharts",
    "helmChartInflationGenerator",
    "vars",
    "openapi",
)
_REMOTE = ("git::", "gh:", "ssh://", "https://", "http://", "git@", "github.com:", "github.com/", "file://")


@dataclass(frozen=True, kw_only=True)
class Kustomization:
    """One kustomization; `file` is None where Flux generates one for a folder that has none."""

    file: str | None
    resources: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    namespace: str = ""
    prefix: str = ""
    suffix: str = ""
    patches: tuple[Patch, ...] = ()
    labels: Mapping[str, str] | None = None
    template_labels: Mapping[str, str] | None = None
    annotations: Mapping[str, str] | None = None
    unfollowed: tuple[str, ...] = ()
    is_component: bool = False
    replacements: tuple[Replacement, ...] = ()

    def rename(self, resource: Resource) -> Resource:
        """Return the object with the kustomization's namespace, prefix, suffix, labels and annotations."""
        # One after the other, as Kustomize does: replica counts may use the names in between too.
        if self.namespace:
            resource = resource.with_data(set_in(resource.data, ("metadata", "namespace"), self.namespace))
        for prefix, suffix in ((self.prefix, ""), ("", self.suffix)):
            if prefix or suffix:
                name = f"{prefix}{resource.id.name}{suffix}"
                resource = resource.with_data(set_in(resource.data, ("metadata", "name"), name))
        data: Mapping[str, Any] = resource.data
        has_template = "template" in mapping(data, "spec")
        for keys, values in (
            (("metadata", "labels"), self.labels),
            (("spec", "template", "metadata", "labels"), self.template_labels if has_template else None),
            (("metadata", "annotations"), self.annotations),
        ):
            if values:
                data = set_in(data, keys, {**mapping(data, *keys), **values})
        return resource if data is resource.data else resource.with_data(data)


def is_remote(reference: str) -> bool:
    """Return whether a resource is in another repository, so that it cannot be followed here."""
    return reference.lower().startswith(_REMOTE)


def parse(file: str, data: bytes, read_file: ReadFile) -> Kustomization:
    """Return the kustomization in `data`; `read_file` gives the patch files that it names. Raise Unreadable."""
    content = manifests.load(data)
    if not isinstance(content, Mapping):
        return Kustomization(file=file)
    common_labels = _strings(mapping(content, "commonLabels"))
    labels = [entry for entry in items(content, "labels") if isinstance(entry, Mapping)]
    template_labels = [entry for entry in labels if entry.get("includeSelectors") or entry.get("includeTemplates")]
    return Kustomization(
        file=file,
        resources=tuple(str(item) for key in ("resources", "bases") for item in items(content, key)),
        components=tuple(str(item) for item in items(content, "components")),
        namespace=text(content, "namespace"),
        prefix=text(content, "namePrefix"),
        suffix=text(content, "nameSuffix"),
        patches=tuple(_patches(file, content, read_file)),
        labels=_pairs(labels) | common_labels or None,
        template_labels=_pairs(template_labels) | common_labels or None,
        annotations=_strings(mapping(content, "commonAnnotations")) or None,
        unfollowed=tuple(key for key in _UNFOLLOWED if content.get(key)),
        is_component=content.get("kind") == "Component",
        replacements=replacements.parse(items(content, "replacements"), read_file),
    )


def parse_patches(
    file: str | None, entries: list[Any], read_file: ReadFile, *, phase: Phase, document: int = 0, keys: YamlPath
) -> Iterator[Patch]:
    """Yield the patches of a list that is at `keys` in a document of `file`; None: they cannot be edited."""
    for index, entry in enumerate(entries):
        if not isinstance(entry, Mapping):
            continue
        target = mapping(entry, "target")
        selector = Selector.parse(target) if target else None
        options = mapping(entry, "options")
        renames = bool(options.get("allowNameChange") or options.get("allowKindChange"))
        for location, body in _bodies_of(file, entry, document, (*keys, index), read_file):
            if isinstance(body, Mapping):
                yield StrategicMergePatch(phase=phase, body=body, location=location, target=selector, renames=renames)
            else:
                yield Json6902Patch(phase=phase, operations=body, location=location, target=selector)


def _patches(file: str, content: Mapping[str, Any], read_file: ReadFile) -> Iterator[Patch]:
    """Yield all patches of a kustomization in the order in which they take effect within their phase."""
    for index, entry in enumerate(items(content, "patchesStrategicMerge")):
        inline = {"patch" if "\n" in str(entry) else "path": str(entry)}
        keys = ("patchesStrategicMerge", index)
        for location, body in _bodies_of(file, inline, 0, keys, read_file):
            if isinstance(body, Mapping):
                # An inline patch is the item itself here.
                own_location = replace(location, keys=keys) if location and location.text else location
                yield StrategicMergePatch(phase=Phase.STRATEGIC_MERGE, body=body, location=own_location)
    for key, phase in (("patches", Phase.PATCHES), ("patchesJson6902", Phase.JSON6902)):
        yield from parse_patches(file, items(content, key), read_file, phase=phase, keys=(key,))
    for index, entry in enumerate(items(content, "replicas")):
        count = entry.get("count") if isinstance(entry, Mapping) else None
        if isinstance(count, int):
            location = Location(file=file, document=0, keys=("replicas", index))
            yield ReplicaCount(name=text(entry, "name"), count=count, location=location)


def _bodies_of(
    file: str | None, entry: Mapping[str, Any], document: int, keys: YamlPath, read_file: ReadFile
) -> Iterator[tuple[Location | None, Mapping[str, Any] | list[Any]]]:
    """Yield the bodies of one entry, inline or in a file, with the location where each can be edited."""
    inline = entry.get("patch")
    if isinstance(inline, str):
        location = Location(file=file, document=document, keys=(*keys, "patch"), text=True) if file else None
        for index, body in _parse_bodies(inline.encode()):
            yield location if index == 0 else None, body
    elif patch_file := read_file(str(entry.get("path", ""))):
        path, data = patch_file
        for index, body in _parse_bodies(data):
            yield Location(file=path, document=index), body


def _parse_bodies(data: bytes) -> list[tuple[int, Mapping[str, Any] | list[Any]]]:
    """Return the patches in a text, each with the index of its document; none if the text is not YAML."""
    try:
        bodies = enumerate(manifests.load_all(data))
        return [(index, body) for index, body in bodies if isinstance(body, Mapping | list)]
    except manifests.Unreadable:
        return []


def _pairs(labels: list[Mapping[str, Any]]) -> dict[str, str]:
    return {key: value for entry in labels for key, value in _strings(mapping(entry, "pairs")).items()}


def _strings(values: Mapping[str, Any]) -> dict[str, str]:
    return {key: str(value) for key, value in values.items()}
