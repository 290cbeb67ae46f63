"""The tables of the relay's README say what the code does."""

import dataclasses
import re
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from relay import attributes, check, errors, importance
from relay.errors import Refusal
from relay.github.outcome import Delivered
from relay.metrics import Metrics
from relay.outbox import shares, turns
from relay.outbox.protocol import Backlog, Receipt
from relay.settings import Settings
from tests.localhub.apps import App
from tests.relay.certificates import Authority

README = (Path(errors.__file__).parent / "README.md").read_text(encoding="utf-8")
SOURCE = (Path(errors.__file__).parent / "settings.py").read_text(encoding="utf-8")


def section(heading: str) -> str:
    return README.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]


def table(heading: str) -> list[list[str]]:
    """The cells of the table below a heading, without its head."""
    rows = [line for line in section(heading).splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[2:]]


def code(cell: str) -> str:
    return cell.strip("`")


def written_default(value: object) -> str:
    """A default as an operator would write it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def test_every_setting_is_described_with_its_default() -> None:
    described = {code(name): code(default) for name, default, _ in table("Settings")}
    read = set(re.findall(r'"(RELAY_[A-Z_]+)"', SOURCE))
    assert described.keys() == read
    for field in dataclasses.fields(Settings):
        default = described[f"RELAY_{field.name.upper()}"]
        if default != "required":
            assert default == written_default(field.default), field.name


def test_every_refusal_is_described_with_its_status() -> None:
    answers = [row for row in table("What it answers") if row[0].isdigit()]
    rows = {status: set(re.findall(r"`([a-z ]*)`", meaning)) for status, meaning in answers}
    refusals: dict[str, set[str]] = {}
    for row in Refusal.__subclasses__():
        refusals.setdefault(str(row.status), set()).add(row.error)
    assert rows.pop("202")
    assert rows == refusals


def test_what_is_kept_and_cut_is_described_in_its_order() -> None:
    names = section("What is cut").split("names of the workload:", 1)[1].split("Then", 1)[0]
    assert re.findall(r"`([^`]*)`", names) == sorted(importance.NAMES)
    assert {code(field): reason for field, reason in table("What is cut")} == importance.RULE_FIELDS
    assert [code(field) for field, _ in table("What is cut")] == list(importance.RULE_FIELDS)


def test_the_limits_of_attributes_are_described() -> None:
    limits = re.findall(r"over ([0-9,]+) (?:characters|bits)", section("What it answers"))
    assert [int(limit.replace(",", "")) for limit in limits] == [attributes.LONGEST_ID, attributes.LONGEST_TEXT, 32]


def test_the_limits_for_one_pod_are_those_of_the_code() -> None:
    limits = [row[1] for row in table("Who goes first")]
    assert limits[1:] == [str(shares.MOST_OF_A_KIND), str(turns.LETTERS_PER_WINDOW)]
    assert f"within {turns.WINDOW_SECONDS:.0f} seconds" in section("Who goes first")


def test_every_metric_is_described_with_its_labels() -> None:
    metrics = Metrics()
    metrics.count_events(Receipt(accepted=1, coalesced=0), ["test"])
    metrics.count_refusal(400)
    metrics.record_reload("tokens", successful=True)
    metrics.count_attempt(Delivered(), events=1, seconds=0.1)
    text = metrics.exposition(Backlog(waiting=0, oldest=None, dead=0), now=0.0).decode()
    families = {}
    for family in text_string_to_metric_families(text):
        labels = {label for sample in family.samples for label in sample.labels} - {"le"}
        name = f"{family.name}_total" if family.type == "counter" else family.name
        if not name.endswith("_created"):
            families[name] = labels
    described = {code(name): set(re.findall(r"`([^`]*)`", labels)) for name, labels, _ in table("Metrics")}
    assert described == families


def test_each_way_to_run_it_is_settings_that_work_and_the_topology_of_its_name(tmp_path: Path) -> None:
    pair = Authority("authority").issue("relay")
    files = {"github-token": b"t", "app.pem": App().private_key.encode()}
    for name, content in {**files, "tls.crt": pair.certificate, "tls.key": pair.key}.items():
        (tmp_path / name).write_bytes(content)
    findings = []
    for block in re.findall(r"```sh\n(.*?)```", section("Three ways to run it"), re.DOTALL):
        lines = re.findall(r"^(\w+)=(\S+)", block.replace("/run/secrets", str(tmp_path)), re.MULTILINE)
        findings.append(check.topology(Settings.from_environ(dict(lines))).message.split(":")[0])
    names = re.findall(r"^\*\*(\w+)\*\*", section("Three ways to run it"), re.MULTILINE)
    assert findings == [name.lower() for name in names] == ["outside", "inside", "keyless"]
