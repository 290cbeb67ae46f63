"""Which workloads a chart may have, by the name of a pod; and which pods do not look like a release's own."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder.gitops.workloads import chart_workloads
from responder.gitops.workloads.chart_workloads import ChartWorkload
from responder.kubernetes.pod_names import BASE, HASH, RANDOM, Owner, Pod, owns
from tests.actions.gitops.resources import helm_release, resource


@pytest.mark.parametrize(
    ("pod", "hints", "expected"),
    [
        ("web-77789455d6-m7flp", (), ["Deployment shop/web"]),
        ("backup-28912345-m7flp", (), ["CronJob shop/backup"]),
        ("db-0", (), ["StatefulSet shop/db"]),
        ("agent-24567", (), ["DaemonSet shop/agent", "Job shop/agent"]),
        ("agent-m7flp", (), ["DaemonSet shop/agent", "Job shop/agent"]),
        ("toolbox", (), ["Pod shop/toolbox"]),
        ("web-77789455d6-m7flp", (Owner(kind="Deployment", name="api"),), ["Deployment shop/api"]),
    ],
)
def test_the_likeliest_form_of_a_pods_name_says_what_a_chart_may_have(
    pod: str, hints: tuple[Owner, ...], expected: list[str]
) -> None:
    assert list(map(str, chart_workloads.possible_workloads(Pod(namespace="shop", name=pod), hints))) == expected


SUFFIX = st.text(RANDOM, min_size=5, max_size=5)
HASHES = st.integers(100_000, 2**32 - 1).map(lambda number: "".join(HASH[int(digit)] for digit in str(number)))
LONG_NAME = "monitoring-kube-prometheus-stack-prometheus-operator-admission-create-webhook"
LONG_NAMES = st.integers(36, len(LONG_NAME)).map(lambda length: LONG_NAME[:length].rstrip("-"))


def is_selected(kind: str, name: str, pod: str) -> bool:
    """Return whether a post-renderer for a pod would patch a workload."""
    workloads = chart_workloads.possible_workloads(Pod(namespace="shop", name=pod), ())
    return any(workload.kind == kind and re.fullmatch(workload.pattern, name) for workload in workloads)


@given(name=LONG_NAMES, hash_=HASHES, suffix=SUFFIX)
def test_the_deployment_of_a_pod_is_selected_however_its_name_was_cut(name: str, hash_: str, suffix: str) -> None:
    assert is_selected("Deployment", name, f"{name}-{hash_}-"[:BASE] + suffix)


@given(
    name=LONG_NAMES.filter(lambda name: len(name) >= BASE - 1),
    kind=st.sampled_from(["DaemonSet", "Job"]),
    suffix=SUFFIX,
)
def test_a_daemon_set_or_job_is_selected_however_the_name_of_its_pod_was_cut(name: str, kind: str, suffix: str) -> None:
    assert is_selected(kind, name, f"{name}-"[:BASE] + suffix)


@given(name=LONG_NAMES, hash_=HASHES, suffix=SUFFIX)
def test_a_pattern_selects_only_names_whose_pods_can_have_the_name(name: str, hash_: str, suffix: str) -> None:
    pod = Pod(namespace="shop", name=f"{name}-{hash_}-"[:BASE] + suffix)
    for workload in chart_workloads.possible_workloads(pod, ()):
        assert pod.name.startswith(workload.name)
        assert owns(workload.kind, workload.name, pod.name)
        assert len(workload.name) >= BASE - 1 or not workload.is_cut


def test_a_dot_in_a_name_stands_for_itself() -> None:
    workload = ChartWorkload(kind="Deployment", namespace="shop", name="web.v1")
    assert re.fullmatch(workload.pattern, "web.v1")
    assert not re.fullmatch(workload.pattern, "web-v1")


@pytest.mark.parametrize(
    ("pod", "part"),
    [
        pytest.param("plex-x7k2d-runner-9x8kq", "x7k2d", id="a random suffix"),
        pytest.param("plex-xkzvd-runner-9x8kq", "xkzvd", id="a random suffix of letters"),
        pytest.param("plex-77789455d6-main-9x8kq", "77789455d6", id="a hash"),
        pytest.param("plex-00001-deployment-77789455d6-m7flp", "00001", id="a revision"),
        pytest.param("plex-1758023-step-m7flp", "1758023", id="a number"),
        pytest.param("plex-0a1b2c3d4e-exec-1", "0a1b2c3d4e", id="an identifier"),
        pytest.param("plex-media-x7k2d-0", "x7k2d", id="behind the name of the chart"),
        pytest.param("plex-worker-m7flp", "", id="words"),
        pytest.param("plex-postgresql-0", "", id="a subchart"),
        pytest.param("plex-pgsql-0", "", id="a word without vowels"),
        pytest.param("plex-m7flp", "", id="the name alone"),
        pytest.param("plex-v2-m7flp", "", id="a short number"),
    ],
)
def test_a_part_that_a_controller_makes_up_is_not_in_the_name_that_a_chart_gives(pod: str, part: str) -> None:
    release = resource(helm_release("plex", spec="chart: {spec: {chart: media}}"))
    for workload in chart_workloads.possible_workloads(Pod(namespace="shop", name=pod), ()):
        reason = chart_workloads.why_foreign(release, workload)
        assert bool(reason) is bool(part)
        assert repr(part) in reason or not part


def test_a_release_whose_own_name_looks_made_up_has_pods() -> None:
    release = resource(helm_release("x7k2d-12345"))
    (workload,) = chart_workloads.possible_workloads(Pod(namespace="shop", name="x7k2d-12345-77789455d6-m7flp"), ())
    assert chart_workloads.why_foreign(release, workload) == ""


def test_what_looks_made_up_may_be_the_beginning_of_a_word_where_a_name_is_cut() -> None:
    release = resource(helm_release("plex"))
    workload = ChartWorkload(kind="Deployment", namespace="shop", name="plex-web-x7k2d")
    assert "'x7k2d'" in chart_workloads.why_foreign(release, workload)
    assert chart_workloads.why_foreign(release, replace(workload, is_cut=True)) == ""


def test_a_part_of_the_longest_name_of_a_release_is_not_made_up() -> None:
    release = resource(helm_release("plex", spec="values: {fullnameOverride: plex-x7k2d}"))
    (workload,) = chart_workloads.possible_workloads(Pod(namespace="shop", name="plex-x7k2d-web-77789455d6-m7flp"), ())
    assert chart_workloads.why_foreign(release, workload) == ""


def test_a_pod_without_a_controller_is_not_one_of_the_chart() -> None:
    (workload,) = chart_workloads.possible_workloads(Pod(namespace="shop", name="plex-unseal"), ())
    assert "no controller" in chart_workloads.why_foreign(resource(helm_release("plex")), workload)
