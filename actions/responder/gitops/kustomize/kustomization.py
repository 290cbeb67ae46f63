"""What one kustomization file says, as far as it decides what becomes of the objects it lists.

https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ...yamledit.values import YamlPath
from .. import manifests
from .patches import Patch
from .resource import Declared, Phase, Place, items, mapping, set_in, text
from .selector import Selector

# What can change objects in ways that are not followed; a rendering shows what they do.
_UNREAD = ("replacements", "transformers", "generators", "helmCharts", "helmChartInflationGenerator", "vars", "openapi")
_REMOTE = ("git::", "gh:", "ssh://", "https://", "http://", "git@", "github.com:", "github.com/", "file://")

Reader = Callable[[str], tuple[str, bytes] | None]  # a reference in a kustomization to the file's path and content


@dataclass(frozen=True, kw_only=True)
class Kustomization:
    """One kustomization; `file` is None where Flux makes one up for a folder that has none."""

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
    unread: tuple[str, ...] = ()
    is_component: bool = False

    def rename(self, declared: Declared) -> Declared:
        """The object with the kustomization's namespace, prefix, suffix, labels and annotations."""
        # One after the other, as Kustomize does: replica counts may use the names in between too.
        if self.namespace:
            declared = declared.with_data(set_in(declared.data, ("metadata", "namespace"), self.namespace))
        for prefix, suffix in ((self.prefix, ""), ("", self.suffix)):
            if prefix or suffix:
                name = f"{prefix}{declared.id.name}{suffix}"
                declared = declared.with_data(set_in(declared.data, ("metadata", "name"), name))
        data: Mapping[str, Any] = declared.data
        for keys, added in (
            (("metadata", "labels"), self.labels),
            (
                ("spec", "template", "metadata", "labels"),
                self.template_labels if "template" in mapping(data, "spec") else None,
            ),
            (("metadata", "annotations"), self.annotations),
        ):
            if added:
                data = set_in(data, keys, {**mapping(data, *keys), **added})
        return declared if data is declared.data else declared.with_data(data)


def is_remote(reference: str) -> bool:
    """Whether a resource lies elsewhere, so that it cannot be followed here."""
    return reference.lower().startswith(_REMOTE)


def parse(file: str, data: bytes, read: Reader) -> Kustomization:
    """The kustomization in `data`; `read` gives the patch files that it names. Raises Unreadable."""
    content = manifests.load(data)
    if not isinstance(content, Mapping):
        return Kustomization(file=file)
    common = _strings(mapping(content, "commonLabels"))
    labels = [entry for entry in items(content, "labels") if isinstance(entry, Mapping)]
    template = [entry for entry in labels if entry.get("includeSelectors") or entry.get("includeTemplates")]
    return Kustomization(
        file=file,
        resources=tuple(str(item) for key in ("resources", "bases") for item in items(content, key)),
        components=tuple(str(item) for item in items(content, "components")),
        namespace=text(content, "namespace"),
        prefix=text(content, "namePrefix"),
        suffix=text(content, "nameSuffix"),
        patches=tuple(_patches(file, content, read)),
        labels=_pairs(labels) | common or None,
        template_labels=_pairs(template) | common or None,
        annotations=_strings(mapping(content, "commonAnnotations")) or None,
        unread=tuple(key for key in _UNREAD if content.get(key)),
        is_component=content.get("kind") == "Component",
    )


def entries(
    file: str | None, listed: list[Any], read: Reader, *, phase: Phase, document: int = 0, keys: YamlPath
) -> Iterator[Patch]:
    """The patches of a list of them, which stands at `keys` in a document of `file` (None: it cannot be edited)."""
    for index, entry in enumerate(listed):
        if not isinstance(entry, Mapping):
            continue
        target = mapping(entry, "target")
        options = mapping(entry, "options")
        for place, body in _texts(file, entry, document, (*keys, index), read):
            yield Patch(
                phase=phase,
                body=body,
                place=place,
                target=Selector.parse(target) if target else None,
                renames=bool(options.get("allowNameChange") or options.get("allowKindChange")),
            )


def _patches(file: str, content: Mapping[str, Any], read: Reader) -> Iterator[Patch]:
    """All patches of a kustomization in the order in which they take effect within their phase."""
    for index, entry in enumerate(items(content, "patchesStrategicMerge")):
        inline = {"patch" if "\n" in str(entry) else "path": str(entry)}
        for place, body in _texts(file, inline, 0, ("patchesStrategicMerge", index), read):
            here = replace(place, keys=("patchesStrategicMerge", index)) if place and place.text else place
            yield Patch(phase=Phase.STRATEGIC_MERGE, body=body, place=here)
    for key, phase in (("patches", Phase.PATCHES), ("patchesJson6902", Phase.JSON6902)):
        yield from entries(file, items(content, key), read, phase=phase, keys=(key,))
    for index, entry in enumerate(items(content, "replicas")):
        count = entry.get("count") if isinstance(entry, Mapping) else None
        if isinstance(count, int):
            place = Place(file=file, document=0, keys=("replicas", index))
            yield Patch(phase=Phase.REPLICAS, body=count, place=place, name=text(entry, "name"))


def _texts(
    file: str | None, entry: Mapping[str, Any], document: int, keys: YamlPath, read: Reader
) -> Iterator[tuple[Place | None, Any]]:
    """The bodies of one entry, inline or in a file, with the place where each can be edited."""
    inline = entry.get("patch")
    if isinstance(inline, str):
        place = Place(file=file, document=document, keys=(*keys, "patch"), text=True) if file else None
        for index, body in _bodies(inline.encode()):
            yield place if index == 0 else None, body
    elif found := read(str(entry.get("path", ""))):
        path, data = found
        for index, body in _bodies(data):
            yield Place(file=path, document=index), body


def _bodies(data: bytes) -> list[tuple[int, Any]]:
    """The patches in a text and the documents that they are; of a text that cannot be read, none."""
    try:
        bodies = list(enumerate(manifests.load_all(data)))
    except manifests.Unreadable:
        return []
    return [(index, body) for index, body in bodies if isinstance(body, Mapping | list)]


def _pairs(labels: list[Mapping[str, Any]]) -> dict[str, str]:
    return {key: value for entry in labels for key, value in _strings(mapping(entry, "pairs")).items()}


def _strings(values: Mapping[str, Any]) -> dict[str, str]:
    return {key: str(value) for key, value in values.items()}
