"""The document and the nodes that an edit is about, and the check of the edited file.

Decides which documents and paths no edit may touch (encrypted ones, templates, aliases, duplicate keys), and whether
an edit has changed what it should and nothing else.
"""

import json
from collections.abc import Iterator

from ..errors import EditRefused, NotYaml
from . import lines, splice
from .documents import decode, parse
from .edit import EditedFile
from .nodes import Node, plain
from .splice import Splice
from .values import ABSENT, Value, YamlPath, at, dotted, same


class EditTarget:
    """A document and the nodes that a path leads through.

    `node` is the last of them, `missing` are the steps of the path that lead on from it to nothing. `value` is the
    value at the path, with merge keys resolved; `previous` only the value that the document has itself.
    """

    def __init__(self, data: bytes, index: int, path: YamlPath) -> None:
        self.data = data
        self.path = path
        self.index = index
        self.documents = parse(data)
        if not 0 <= index < len(self.documents):
            raise EditRefused("no-such-document", f"the file has {len(self.documents)} documents")
        self.document = self.documents[index]
        self.text = self.document.text
        self.nodes = list(self._walk())
        self.node = self.nodes[-1]
        self.parent = self.nodes[-2] if len(self.nodes) > 1 else None
        self.missing = path[len(self.nodes) - 1 :]
        self.value = at(self.document.value, path)
        self.previous = ABSENT if self.missing else plain(self.node)

    def refusal(self, reason: str, detail: str, node: Node | None = None) -> EditRefused:
        """Return an error about the path, at the line of a node or of the last node of the path."""
        line = self.document.line_of((node or self.node).start)
        return EditRefused(reason, f"{dotted(self.path)}: {detail}", line=line)

    def refuse_aliases(self) -> None:
        """Raise EditRefused for a path that leads through an alias or to one."""
        for node in self.nodes:
            if node.kind == "alias":
                raise self.refusal("alias", "it is an alias, and its anchor serves other fields too", node)

    def unchanged(self) -> EditedFile:
        """Return the file as it is."""
        line = self.document.line_of(self.node.start)
        return EditedFile(original=self.data, content=self.data, line=line, previous=self.previous)

    def edited(self, splices: list[Splice], expected: Value, *, created: int = 0, filled: bool = False) -> EditedFile:
        """Return the file with the splices applied. Raise EditRefused unless it has the expected value then."""
        text = splice.apply(self.text, splices)
        content = (decode(self.data)[1] + text).encode()
        if not self._has_become(content, expected):
            shared = {node.target for node in self.nodes[0].descendants() if node.target}
            if shared.intersection([*self.nodes, *self.node.descendants()]):
                raise self.refusal("shared-anchor", "an alias elsewhere stands for the same value")
            raise self.refusal("verification", "the edit would change more than that")
        start, _, new = min(splices)
        line = lines.number(text, min(start + len(new) - len(new.lstrip()), len(text)))
        return EditedFile(
            original=self.data,
            content=content,
            line=line,
            previous=self.previous,
            created=created,
            filled=filled,
        )

    def _has_become(self, content: bytes, expected: Value) -> bool:
        try:
            documents = parse(content)
            if len(documents) != len(self.documents) or not same(documents[self.index].value, expected):
                return False
        except NotYaml:
            return False
        pairs = zip(documents, self.documents, strict=True)
        others_are_same = all(new.source == old.source for new, old in pairs if old is not self.document)
        return others_are_same and (_is_json(content) or not _is_json(self.data))

    def _walk(self) -> Iterator[Node]:
        node = self.document.root
        if node is None:
            raise EditRefused("not-a-mapping", "the document is empty", line=self.document.line)
        if node.child("sops"):
            raise EditRefused("sops", "the document is encrypted by SOPS", line=self.document.line)
        if template := self._template(node):
            raise EditRefused("template", "the document is a template", line=self.document.line_of(template.start))
        for step in (*self.path, None):
            yield node
            node = node.target or node
            line = self.document.line_of(node.start)
            if node.duplicate:
                raise EditRefused("duplicate-key", f"the key {node.duplicate} is written twice", line=line)
            if step is None:
                return
            if node.kind != ("sequence" if isinstance(step, int) else "mapping") and plain(node) is not None:
                detail = f"{dotted(self.path)}: it leads through a {node.kind}"
                raise EditRefused("not-a-mapping", detail, line=line)
            child = node.child(step)
            if child is None:
                return
            node = child

    def _template(self, root: Node) -> Node | None:
        """Return what `{{ … }}` is parsed as, if the document has it: a mapping that has a mapping for a key."""
        if "{{" not in self.document.source:
            return None
        nodes = (node for node in root.descendants() if node.flow)
        return next((node for node in nodes for key, _ in node.entries if key.kind == "mapping" and key.flow), None)


def _is_json(data: bytes) -> bool:
    if not data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")):
        return False
    try:
        json.loads(data.removeprefix(b"\xef\xbb\xbf"))
    except ValueError:
        return False
    return True
