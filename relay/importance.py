"""Decides what of an event matters most if it is too large for a dispatch. Does no I/O.

It does not decide how values are cut (shorten.py). README.md has the table of fields; a test keeps the two equal.
"""

import re
from collections.abc import Mapping

# Always whole. The door bounds them: attributes.py and falco.py.
ATTRIBUTES = frozenset(
    {"specversion", "id", "source", "type", "time", "datacontenttype", "dataschema", "subject", "cluster"}
)
DATA = frozenset({"rule", "priority", "source", "time", "uuid"})
# Always whole if it can be a name: the action finds the workload by them.
NAMES = frozenset(
    {
        "container.id",
        "k8s.ns.name",
        "k8s.pod.name",
        "k8s.deployment.name",
        "k8s.rs.name",
        "k8s.rc.name",
        "k8smeta.ns.name",
        "k8smeta.pod.name",
        "k8smeta.deployment.name",
        "k8smeta.rs.name",
        "k8smeta.rc.name",
        "ka.target.namespace",
        "ka.target.name",
        "ka.target.resource",
        "ka.target.subresource",
        "ka.resp.name",
    }
)
# As much as fits of them, in this order. A name that ends with a dot stands for all fields that begin with it.
RULE_FIELDS: Mapping[str, str] = {
    "ka.req.pod.": "their presence tells that an event of the audit log is about a pod",
    "tags": "rules match tags",
    "evt.type": "the call: open, connect, execve",
    "proc.name": "most rules name programs",
    "proc.exepath": "the program's file, which it cannot choose freely",
    "proc.pname": "who started the program",
    "proc.cmdline": "what the program was asked to do",
    "user.name": "who did it",
    "container.image.repository": "rules make exceptions for images",
    "fd.name": "the file or the connection",
    "proc.": "the other fields of programs",
    "user.": "the other fields of users",
    "container.": "the other fields of containers",
    "fd.": "the other fields of files and connections",
    "ka.": "the other fields of the audit log",
}
# No object of Kubernetes has a longer name. The mark of a cut value never makes a name: no name has its characters.
# https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-subdomain-names
_KUBERNETES_NAME = re.compile(r"[A-Za-z0-9.:_-]{1,253}", re.ASCII)
_PREFIX = re.compile(r"[a-z0-9]+\.(?:req\.pod\.)?")
_LONGEST_FIELD_NAME = 256
_RANKS = {name: rank for rank, name in enumerate(RULE_FIELDS)}


def is_kept(name: str, value: object) -> bool:
    """Return whether an output field stays whole, whatever else is cut."""
    return name in NAMES and isinstance(value, str) and _KUBERNETES_NAME.fullmatch(value) is not None


def rank(name: str) -> int | None:
    """Return the place of a field in RULE_FIELDS, or None if it is not among them."""
    if len(name) > _LONGEST_FIELD_NAME:
        return None
    if name in NAMES:
        return 0
    prefix = _PREFIX.match(name)
    return _RANKS.get(name, _RANKS.get(prefix[0]) if prefix else None)
