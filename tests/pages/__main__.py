"""`make pages`: pictures of what people read, as GitHub shows it, in light and dark, narrow and wide.

The pages are those of real runs of the actions. It needs the packages in tests/pages/package.json and Chromium.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.pages import html
from tests.pages.scenes import all_scenes

WIDTHS = {"wide": 1012, "narrow": 390}  # pixels: the summary of a run on a large screen, and on a telephone
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_HEIGHT = 4000  # pixels that a picture has at most
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
                page.write_text(html.page(scene.markdown, theme=theme, packages=packages))
                for name, width in WIDTHS.items():
                    _photograph(browser, page, folder / f"{scene.name}.{theme}.{name}.png", width=width)
            print(folder / scene.name)
    return 0


def _photograph(browser: str, page: Path, picture: Path, *, width: int) -> None:
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--virtual-time-budget=5000"]
    size = f"--window-size={width},{_HEIGHT}"
    subprocess.run(
        [browser, *options, size, f"--screenshot={picture}", page.as_uri()],
        check=True,
        capture_output=True,
        timeout=_SECONDS,
    )


if __name__ == "__main__":
    sys.exit(main())
