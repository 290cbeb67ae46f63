"""What the text of a YAML scalar says, by its tag or by its looks.

YAML 1.1 as Kubernetes reads it: `yes` and `on` are true, `0644` is octal; but dates stay text, for JSON has none.
https://yaml.org/type/
"""

import functools

import yaml

from .values import Value

_RESOLVER = yaml.resolver.Resolver()
_CONSTRUCTOR = yaml.constructor.SafeConstructor()


@functools.lru_cache(maxsize=4096)
def implicit(text: str) -> Value:
    """What a plain scalar says that has no tag."""
    tag: str = _RESOLVER.resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]  # not in stubs
    return tagged(tag, text)


def tagged(tag: str, text: str) -> Value:
    """What a scalar with a tag says; it is text if the tag does not fit or is no tag of JSON's types."""
    name = tag.removeprefix("tag:yaml.org,2002:")
    if name not in ("null", "bool", "int", "float"):
        return text
    try:
        value: Value = getattr(_CONSTRUCTOR, f"construct_yaml_{name}")(yaml.ScalarNode(tag=tag, value=text))
    except (ValueError, KeyError, IndexError):
        return text
    return value
