"""`make pages`: pictures of what people read, as GitHub shows it, in light and dark, narrow and wide.

The pages are those of real runs of the actions. Arguments: the folder for the pictures, and that of npm's packages.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.pages import html
from tests.pages.scenes import all_scenes

WIDTHS = {"wide": 1012, "narrow": 390}  # pixels: the summary of a run on a large screen, and on a telephone
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_SECONDS = 60


def main() -> int:
    """Make the pictures in the folder that is named; return 2 if something that they need is missing."""
    folder, packages = Path(sys.argv[1]), Path(sys.argv[2])
    browser = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if browser is None or not (packages / "github-markdown-css").is_dir():
        print("make pages: it needs Chromium (Debian: apt-get install chromium) and npm", file=sys.stderr)
        return 2
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        for scene in all_scenes(Path(scratch)):
            (folder / f"{scene.name}.md").write_text(scene.markdown)
            for theme in ("light", "dark"):
                page = folder / f"{scene.name}.{theme}.html"
                is_unfolded = scene.name.endswith("unfolded")
                page.write_text(html.page(scene.markdown, theme=theme, packages=packages, unfolded=is_unfolded))
                for name, width in WIDTHS.items():
                    _photograph(browser, page, folder / f"{scene.name}.{theme}.{name}.png", width=width)
            print(f"{folder / scene.name}: {len(scene.markdown.encode())} bytes")
    return 0


def _photograph(browser: str, page: Path, picture: Path, *, width: int) -> None:
    """Take a picture of a whole page, after the browser has said how high it is."""
    content = _run(browser, page, "--dump-dom", f"--window-size={width},800")
    height = re.search(r'data-height="(\d+)"', content)
    if height is None:
        raise ValueError(f"{page} does not say how high it is")
    _run(browser, page, f"--screenshot={picture}", f"--window-size={width},{height[1]}")


def _run(browser: str, page: Path, *options: str) -> str:
    # The sandbox of Chromium does not start for root, and the pages are this folder's own.
    arguments = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--virtual-time-budget=5000"]
    command = [browser, *arguments, *options, page.as_uri()]
    return subprocess.run(command, check=True, capture_output=True, timeout=_SECONDS, text=True).stdout


if __name__ == "__main__":
    sys.exit(main())
