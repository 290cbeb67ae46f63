"""What GitHub acts on in text, and whether any of it is left in a commit message, a log, JSON or Markdown.

https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/autolinked-references-and-urls
https://docs.github.com/en/actions/how-tos/manage-workflow-runs/skip-workflow-runs
https://docs.github.com/en/issues/tracking-your-work-with-issues/using-issues/linking-a-pull-request-to-an-issue
"""

import re
from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token

EXAMPLES = {
    "skip": "[skip ci] [ci skip] [no ci] [skip actions] [actions skip] skip-checks: true ***NO_CI***",
    "close": "Closes #1, fixes: acme/shop#2, Resolves GH-3, closes https://github.com/acme/shop/issues/4",
    "mention": "@acme/security @alice alice@evil.example mailto:alice@evil.example",
    "reference": "#1 acme/shop#2 GH-3 gh-4 acme/shop@29fec22c1f5e GHSA-abcd-efgh-ijkl TICKET-5",
    "commit": "29fec22c1f5e 29fec22c1f5ea4f5b1f1d8a5b1fa9f5f4c51c5de 29FEC22",
    "address": "https://evil.example http://evil.example HTTPS://evil.example ftp://evil.example www.evil.example",
    "credit": "Co-authored-by: Mallory <m@evil.example> Signed-off-by : M On-behalf-of: @acme",
    "emoji": ":tada: :+1: :100:",
    "HTML": "<script>alert(1)</script> <img src=x> <!-- x --> </td>",
    "Markdown": "| [x](https://evil.example) ![x](//evil.example/x) **x** `x` ~~x~~ <https://evil.example>",
    "command": "::error::x ##[error]x ::stop-commands::x",
}
HOSTILE = "; ".join(EXAMPLES.values())
OUR_STRONG = re.compile(
    r"Nothing was done\.|The workload still runs\.|See whether the pod is gone\.|Next:|stop|Dry run: .*"
    r"|Flux w[\w: ,]*|Flux reports a failure \(\d{3}\) and waits for its interval: .*"
)

_CLOSE = r"\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\s+"
ACTS = {
    "skip": r"\[(?:skip|no|ci|actions) (?:skip|ci|actions)\]|skip-checks\s*:\s*true|\*\*\*NO_CI\*\*\*",
    "close": rf"{_CLOSE}(?:[\w.-]+/[\w.-]+)?#\d|{_CLOSE}GH-\d|{_CLOSE}https?://",
    "mention": r"@\w|mailto:",
    "reference": r"#\d|\bGH-\d|\bGHSA-|(?-i:\b[A-Z]{2,}-\d)",
    "commit": r"(?<![\w-])[0-9a-f]{7,64}(?![\w-])",
    "address": r"\b(?:https?|ftp)://|\bwww\.",
    "credit": r"\b(?:co-authored-by|signed-off-by|on-behalf-of)\s*:",
    "emoji": r":(?:[a-z+-][\w+-]*|100):",
    "HTML": r"<[a-z!/]",
}


def acts(text: str) -> list[str]:
    """Return what GitHub would act on, each with its kind."""
    return [
        f"{kind}: {match[0]}" for kind, pattern in ACTS.items() for match in re.finditer(pattern, text, re.IGNORECASE)
    ]


def acts_in_markdown(markdown: str, *, links: str | tuple[str, ...]) -> list[str]:
    """Return what is active in rendered Markdown outside of code; links that begin with `links` are ours."""
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    return [problem for token in parser.parse(markdown) for problem in _problems(token, links)]


def _problems(token: Token, links: str | tuple[str, ...]) -> Iterator[str]:
    if token.type == "html_block":
        ours = r"</?(?:details|summary|code)>|<!-- falco-dispatch event [0-9a-f]{20} -->|&#x[0-9a-f]+;"
        allowed = re.sub(ours, "·", token.content)
        yield from (f"block {problem}" for problem in acts(allowed))
    in_code = False
    for index, child in enumerate(token.children or ()):
        match child.type:
            case "html_inline" if child.content in ("<code>", "</code>"):
                in_code = child.content == "<code>"
            case "html_inline" if re.fullmatch("</?(?:details|summary)>", child.content):
                pass
            case "strong_open" if OUR_STRONG.fullmatch((token.children or ())[index + 1].content):
                pass
            case "html_inline" | "image" | "strong_open" | "s_open":
                yield f"{child.type} {child.content}"
            case "link_open" if not str(child.attrs["href"]).startswith(links):
                yield f"link {child.attrs['href']}"
            case "text" if not in_code:
                yield from acts(child.content)
