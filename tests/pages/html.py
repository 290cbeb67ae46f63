"""HTML of GitHub Markdown: tables, alerts, Mermaid charts, and GitHub's own style sheet."""

import re
from pathlib import Path

from markdown_it import MarkdownIt

_MARKDOWN = MarkdownIt("commonmark", {"html": True, "linkify": False}).enable("table").enable("strikethrough")
_ALERT = re.compile(r"<blockquote>\s*<p>\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\]\s*(.*?)</blockquote>", re.DOTALL)
_CHART = re.compile(r'<pre><code class="language-mermaid">(.*?)</code></pre>', re.DOTALL)
_DIFF = re.compile(r'<pre><code class="language-diff">(.*?)</code></pre>', re.DOTALL)
_PAGE = """\
<!doctype html><html><head><meta charset="utf-8"><title>page</title><style>{style}</style><style>
body {{ box-sizing: border-box; margin: 0; padding: 24px; background: {background} }}
.ins, .del {{ display: inline-block; width: 100% }} .ins {{ background: {ins} }} .del {{ background: {deleted} }}
</style></head><body class="markdown-body">{body}<script>{script}</script><script>
setTimeout(() => {{ document.documentElement.dataset.height = document.documentElement.scrollHeight }}, 1000)
</script></body></html>
"""
_COLOURS = {
    "light": {"background": "#fff", "ins": "#dafbe1", "deleted": "#ffebe9"},
    "dark": {"background": "#0d1117", "ins": "#033a16", "deleted": "#67060c"},
}


def page(markdown: str, *, theme: str, packages: Path, unfolded: bool = False) -> str:
    """Return a page as GitHub shows it, in the theme `light` or `dark`; `packages` is the folder of npm's packages."""
    body = _DIFF.sub(_coloured, _ALERT.sub(_alert, _MARKDOWN.render(markdown)))
    charts = _CHART.findall(body) if unfolded else []
    body = _CHART.sub(r'<pre class="mermaid">\1</pre>', body) if charts else body
    if unfolded:
        body = body.replace("<details>", "<details open>")
    style = (packages / "github-markdown-css" / f"github-markdown-{theme}.css").read_text()
    return _PAGE.format(style=style, body=body, script=_script(packages, theme) if charts else "", **_COLOURS[theme])


def _script(packages: Path, theme: str) -> str:
    name = "dark" if theme == "dark" else "default"
    library = (packages / "mermaid" / "dist" / "mermaid.min.js").read_text()
    return f"{library}; mermaid.initialize({{startOnLoad: false, theme: '{name}'}}); mermaid.run();"


def _alert(match: re.Match[str]) -> str:
    kind = match[1].lower()
    title = f'<p class="markdown-alert-title">{match[1].capitalize()}</p>'
    text = match[2].removeprefix("</p>")
    opening = "" if match[2].startswith("</p>") else "<p>"
    return f'<div class="markdown-alert markdown-alert-{kind}">{title}{opening}{text}</div>'


def _coloured(match: re.Match[str]) -> str:
    kinds = {"+": "ins", "-": "del"}
    lines = [
        f'<span class="{kinds[line[0]]}">{line}</span>' if line[:1] in kinds else line for line in match[1].splitlines()
    ]
    text = "\n".join(lines)
    return f"<pre><code>{text}</code></pre>"
