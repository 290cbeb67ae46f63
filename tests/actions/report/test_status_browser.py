"""The page of a status in a real browser: nothing hostile runs, and its filters and sorting work."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from responder.plan.containment import Fate
from responder.report.status_page import status_page
from tests import browser
from tests.actions.active_text import HOSTILE as ACTIVE
from tests.actions.report.pages import HOSTILE
from tests.actions.report.statuses import URL, containment, status
from tests.browser import Browser

pytestmark = pytest.mark.skipif(browser.CHROMIUM is None, reason=browser.MISSING)

ATTACKS = [
    *HOSTILE,
    ACTIVE,
    "<script>window.owned = 1</script>",
    '"><img src=x onerror="window.owned = 1">',
    "' onmouseover='window.owned = 1",
    "</style><style>body { display: none }</style>",
    "</script><script>window.owned = 1</script>",
    "<!--",
    "${script}",
    "\u202e<svg onload=window.owned=1>",
]


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser.start(tmp_path_factory.mktemp("browser")) as running:
        yield running


def write(folder: Path, page: str) -> Path:
    path = folder / "status.html"
    path.write_text(page, encoding="utf-8")
    return path


def hostile_page() -> str:
    fates = list(Fate)
    containments = [
        containment(text, fates[number % len(fates)], number=number, workload=f"Deployment {text}/{text}")
        for number, text in enumerate(ATTACKS)
    ]
    return status_page(status(*containments), title=ATTACKS[-1], repository_url=URL)


def test_no_text_of_an_event_is_more_than_text(chromium: Browser, tmp_path: Path) -> None:
    path = write(tmp_path, hostile_page())
    chromium.open(path)
    assert chromium.requested() == [path.as_uri()]
    assert chromium.methods().isdisjoint({"Page.javascriptDialogOpening", "Runtime.exceptionThrown", "Log.entryAdded"})
    assert chromium.evaluate("typeof window.owned") == "undefined"
    elements = ("script", "style", "img", "iframe", "object", "h1", "details")
    counts = chromium.evaluate(f"{list(elements)}.map((name) => document.querySelectorAll(name).length)")
    assert counts == [1, 1, 0, 0, 0, 1, 0]
    handlers = (
        "[...document.querySelectorAll('*')].flatMap((e) => e.getAttributeNames()).filter((n) => /^on|^style/.test(n))"
    )
    assert chromium.evaluate(handlers) == []
    links = chromium.evaluate("[...document.querySelectorAll('a')].map((link) => link.href)")
    assert all(link.startswith(f"{URL}/commit/") for link in links)
    text = chromium.evaluate("document.body.textContent")
    assert "<script>window.owned = 1</script>" in text
    assert "\u202e" not in text


def test_the_policy_lets_nothing_else_run_or_load(chromium: Browser, tmp_path: Path) -> None:
    """What escaping keeps out of the page would do nothing in it either."""
    page = status_page(status(containment()), title="acme/state", repository_url=URL)
    injected = "<script>window.owned = 1</script><img src='https://evil.example/x' onerror='window.owned = 1'>"
    injected += "<style>h1 { color: red }</style><iframe src='https://evil.example'></iframe>"
    path = write(tmp_path, page.replace("<main>", f"<main>{injected}"))
    chromium.open(path)
    assert chromium.evaluate("typeof window.owned") == "undefined"
    blocked = chromium.evaluate("fetch('https://evil.example').then(() => 'loaded', () => 'blocked')")
    assert blocked == "blocked"
    assert chromium.evaluate("getComputedStyle(document.querySelector('h1')).color") != "rgb(255, 0, 0)"
    assert chromium.evaluate("document.querySelector('.filters').hidden") is False


def names(chromium: Browser, table: str) -> list[str]:
    selector = f'[aria-label="{table}"] tbody tr:not([hidden]) .workload'
    return list(chromium.evaluate(f"[...document.querySelectorAll('{selector}')].map((e) => e.textContent)"))


def test_rows_are_filtered_and_sorted(chromium: Browser, tmp_path: Path) -> None:
    containments = [
        containment(number=1, days=3, workload="Deployment shop/b"),
        containment(number=2, days=20, workload="Deployment shop/a"),
        containment(number=3, days=100, workload="CronJob jobs/c"),
        containment("other", Fate.RESTORED, number=4, workload="Deployment shop/d"),
    ]
    chromium.open(write(tmp_path, status_page(status(*containments), title="acme/state", repository_url=URL)))
    heads = "[...document.querySelectorAll('[aria-label=\"Contained now\"] th button')]"

    def click(column: str) -> None:
        chromium.evaluate(f"{heads}.find((button) => button.textContent === '{column}').click()")

    assert names(chromium, "Contained now") == ["Deployment shop/b", "Deployment shop/a", "CronJob jobs/c"]
    click("Workload")
    assert names(chromium, "Contained now") == ["CronJob jobs/c", "Deployment shop/a", "Deployment shop/b"]
    click("For")
    assert names(chromium, "Contained now") == ["Deployment shop/b", "Deployment shop/a", "CronJob jobs/c"]
    click("For")
    assert names(chromium, "Contained now") == ["CronJob jobs/c", "Deployment shop/a", "Deployment shop/b"]
    assert chromium.evaluate(f"{heads}.filter((button) => button.parentElement.ariaSort).length") == 1

    def choose(control: str, value: str) -> None:
        script = f"(() => {{ const control = document.getElementById('{control}'); control.value = '{value}';"
        chromium.evaluate(script + " control.dispatchEvent(new Event('input', {bubbles: true})); })()")

    choose("search", "SHOP/a event-2")
    assert names(chromium, "Contained now") == ["Deployment shop/a"]
    assert chromium.evaluate("document.getElementById('count').textContent") == "1 of 4"
    choose("search", "")
    choose("cluster", "other")
    assert (names(chromium, "Contained now"), names(chromium, "Ended")) == ([], ["Deployment shop/d"])
    choose("cluster", "")
    choose("state", "in force")
    assert (len(names(chromium, "Contained now")), names(chromium, "Ended")) == (3, [])


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_page_is_no_wider_than_the_window(chromium: Browser, tmp_path: Path, width: int, dark: bool) -> None:
    chromium.open(write(tmp_path, hostile_page()))
    assert chromium.screenshot(width=width, dark=dark).startswith(b"\x89PNG")
    assert chromium.evaluate("document.documentElement.scrollWidth") <= width
    background = chromium.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == ("rgb(13, 17, 23)" if dark else "rgb(255, 255, 255)")
