"""The part of GitHub's expression language that our workflow and actions use; anything else is an error.

https://docs.github.com/en/actions/reference/workflows-and-actions/expressions
"""

import re
from collections.abc import Mapping
from typing import Any

_TOKEN = re.compile(r"\s*(?:('(?:[^']|'')*')|([A-Za-z_][\w.-]*)|(==|!=|&&|\|\||[!(),]))")
_EMBEDDED = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)

Context = Mapping[str, Any]


class UnknownExpression(Exception):
    """An expression that this runner does not know; it is not passed over."""


def interpolate(text: str, context: Context) -> str:
    """The text with its `${{ … }}` evaluated."""
    return _EMBEDDED.sub(lambda match: _to_text(evaluate(match[1], context)), text)


def evaluate(expression: str, context: Context) -> Any:
    """The value of an expression, with or without its `${{ }}`."""
    inner = _EMBEDDED.fullmatch(expression.strip())
    return _Parser(inner[1] if inner else expression, context).parse()


def is_true(value: Any) -> bool:
    """Whether GitHub takes a value for true."""
    return value not in (None, "", 0, False)


class _Parser:
    def __init__(self, text: str, context: Context) -> None:
        self._tokens = self._split(text)
        self._text = text
        self._context = context

    def parse(self) -> Any:
        value = self._or()
        if self._tokens:
            raise UnknownExpression(self._text)
        return value

    def _split(self, text: str) -> list[str]:
        tokens, offset = [], 0
        text = text.rstrip()
        while offset < len(text):
            match = _TOKEN.match(text, offset)
            if match is None:
                raise UnknownExpression(text)
            tokens.append(match[0].strip())
            offset = match.end()
        return tokens

    def _take(self, *expected: str) -> str | None:
        return self._tokens.pop(0) if self._tokens and self._tokens[0] in expected else None

    def _or(self) -> Any:
        value = self._and()
        while self._take("||"):
            other = self._and()
            value = value if is_true(value) else other
        return value

    def _and(self) -> Any:
        value = self._equality()
        while self._take("&&"):
            other = self._equality()
            value = other if is_true(value) else value
        return value

    def _equality(self) -> Any:
        value = self._unary()
        while operator := self._take("==", "!="):
            equal = _comparable(value) == _comparable(self._unary())
            value = equal if operator == "==" else not equal
        return value

    def _unary(self) -> Any:
        if self._take("!"):
            return not is_true(self._unary())
        if self._take("("):
            value = self._or()
            self._expect(")")
            return value
        return self._atom()

    def _atom(self) -> Any:
        if not self._tokens:
            raise UnknownExpression(self._text)
        token = self._tokens.pop(0)
        if token.startswith("'"):
            return token[1:-1].replace("''", "'")
        if token in ("true", "false", "null"):
            return {"true": True, "false": False, "null": None}[token]
        if self._take("("):
            return self._call(token)
        return _lookup(token, self._context, self._text)

    def _call(self, name: str) -> Any:
        arguments: list[Any] = []
        while not self._take(")"):
            arguments.append(self._or())
            if not self._take(","):
                self._expect(")")
                break
        if name == "format":
            return re.sub(r"\{(\d+)\}", lambda match: _to_text(arguments[1 + int(match[1])]), arguments[0])
        if name in ("always", "success", "failure") and not arguments:
            return name == "always" or (self._context["failed"] is (name == "failure"))
        raise UnknownExpression(f"{name}() in {self._text}")

    def _expect(self, token: str) -> None:
        if not self._take(token):
            raise UnknownExpression(self._text)


def _lookup(path: str, context: Context, text: str) -> Any:
    first, *keys = path.split(".")
    if first not in context:
        raise UnknownExpression(f"{path} in {text}")
    value = context[first]
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _comparable(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _to_text(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
