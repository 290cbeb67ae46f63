"""What a browser makes of Markdown that the action writes, and texts that try to become markup in it."""

from collections import Counter
from html.parser import HTMLParser

from markdown_it import MarkdownIt

MARKDOWN = MarkdownIt("commonmark", {"html": True, "linkify": False}).enable("table").enable("strikethrough")
HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</details></table><h1>All is well</h1>",
    "</code>",
    "<!-- -->",
    "&lt;b&gt;",
    "[click](javascript:alert(1))",
    "![](https://evil.example/pixel.png)",
    "https://evil.example/ www.evil.example a@evil.example",
    "@acme/security #1 GH-1",
    "`code` ``` fence\n```\n# Heading",
    "```mermaid\nflowchart\n```",
    "| a | b |\n| --- | --- |",
    "\n\n## Contained\n\n",
    "::error::x\n::set-output name=a::b",
    "$(id) ${{ secrets.X }}",
    "*a* _b_ ~~c~~",
    "\\| \\` \\<",
    "\x1b[31mred",
    "\N{RIGHT-TO-LEFT OVERRIDE}evil",
    "a" * 300,
]


class Page(HTMLParser):
    """The elements, links, attributes and texts of a page."""

    def __init__(self, markdown: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: Counter[str] = Counter()
        self.links: list[str] = []
        self.attributes: set[str] = set()
        self._texts: list[str] = []
        self.feed(MARKDOWN.render(markdown))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements[tag] += 1
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self._texts.append(data)

    @property
    def text(self) -> str:
        """Return what a person reads, white space aside."""
        return " ".join("".join(self._texts).split())
