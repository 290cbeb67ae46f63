"""Every kind and every response, judged by the API server: the pods, and nothing but them."""

import json
import uuid
from collections.abc import Iterator

import pytest
import yaml

from tests import sidekick
from tests.localhub import Run

from . import fleet, flux
from .processes import wait_until
from .stage import DesiredState, Stage

SHELL = sidekick.falco_events()["E02"]
APPS = ("apps", "releases", "unpruned", "site-prod", "site-staging")
ROOTS = ("fleet-prod", "fleet-staging")
JOB = "report-29385720"  # as the CronJob's controller would name it


@pytest.fixture(scope="module")
def state(stage: Stage) -> Iterator[DesiredState]:
    """Return the repository with all kinds, applied by Flux."""
    state = stage.create(fleet.REPOSITORY, fleet.files())
    stage.kubectl.apply(flux.git_repository(fleet.NAME, url=state.repository.clone_url))
    for cluster in ("prod", "staging"):
        stage.kubectl.apply(flux.kustomization(f"fleet-{cluster}", source=fleet.NAME, path=f"./clusters/{cluster}"))
    stage.kubectl.apply(flux.receiver(fleet.NAME, source=fleet.NAME, kustomizations=[*ROOTS, *APPS]))
    stage.connect(state, receiver=fleet.NAME)
    for name in (*ROOTS, *APPS):
        stage.kubectl.wait_until_ready("kustomization", name)
    stage.kubectl.wait_until_ready("helmrelease", "store", namespace=fleet.NAMESPACE)
    start_jobs(stage)
    yield state
    for cluster in ("prod", "staging"):
        stage.kubectl.run("delete", f"--namespace={flux.NAMESPACE}", "kustomization", f"fleet-{cluster}", "--wait")


def start_jobs(stage: Stage) -> None:
    """Start a Job of each CronJob, as its schedule would."""
    for name, job in (("report", JOB), ("kept", "kept-29385720")):
        arguments = ("--namespace", fleet.NAMESPACE, "create", "job", job, f"--from=cronjob/{name}")
        stage.kubectl.run(*arguments)
    wait_until(lambda: pods_of(stage, "report") and pods_of(stage, "kept"), "the Jobs have pods")


def pods_of(stage: Stage, name: str, namespace: str = fleet.NAMESPACE) -> dict[str, str]:
    """Return the running pods of a workload; those of a CronJob have the label of their Job alone."""
    return stage.kubectl.pods(namespace=namespace, selector=f"app={name}")


def respond(state: DesiredState, rule: str, *pods: tuple[str, str], cluster: str = "prod") -> Run:
    """Paste an event of a rule for each pod, as one batch."""
    events = []
    for namespace, name in pods:
        fields = {**SHELL["output_fields"], "k8s.ns.name": namespace, "k8s.pod.name": name}
        event = {**SHELL, "rule": rule, "output_fields": fields}
        events.append(sidekick.cloudevent(event, event_id=str(uuid.uuid4()), cluster=cluster))
    return state.dispatch("respond.yml", {"event": json.dumps(events)})


def one_pod(stage: Stage, name: str, namespace: str = fleet.NAMESPACE) -> tuple[str, str]:
    return namespace, next(iter(pods_of(stage, name, namespace)))


def wait_until_applied(stage: Stage, state: DesiredState) -> None:
    for name in (*ROOTS, *APPS):
        stage.kubectl.wait_until_ready("kustomization", name, revision=state.tip)


def restore(stage: Stage, state: DesiredState) -> None:
    run = state.dispatch("restore.yml", {"commit": state.tip})
    assert run.conclusion == "success", run.log
    wait_until_applied(stage, state)


def test_a_stop_ends_the_pods_of_every_kind_and_of_no_other_workload(stage: Stage, state: DesiredState) -> None:
    tree = state.tree
    victims = [*fleet.WORKLOADS, "store-front"]
    bystanders = {name: pods_of(stage, name) for name in (*fleet.BYSTANDERS, "store-back")}
    staging = pods_of(stage, "site", "staging")
    run = respond(state, "Stop", *(one_pod(stage, name) for name in victims), one_pod(stage, "site", "prod"))
    assert run.conclusion == "success", run.log
    for name in victims:
        stage.kubectl.wait_for_pods(0, namespace=fleet.NAMESPACE, selector=f"app={name}")
    stage.kubectl.wait_for_pods(0, namespace="prod", selector="app=site")
    wait_until_applied(stage, state)
    assert {name: pods_of(stage, name) for name in bystanders} == bystanders
    assert pods_of(stage, "site", "staging") == staging

    run = respond(state, "Stop", one_pod(stage, "next"))
    assert run.conclusion == "success", run.log
    stage.kubectl.wait_for_pods(0, namespace=fleet.NAMESPACE, selector="app=next")
    restore(stage, state)
    run = state.dispatch("restore.yml", {"commit": state.git("rev-parse", "main~2")})
    assert run.conclusion == "success", run.log
    wait_until_applied(stage, state)
    assert state.tree == tree
    stage.kubectl.run("--namespace", fleet.NAMESPACE, "create", "job", JOB, "--from=cronjob/report")
    for name, (_, count) in {**fleet.WORKLOADS, **fleet.BYSTANDERS}.items():
        stage.kubectl.wait_for_pods(count, namespace=fleet.NAMESPACE, selector=f"app={name}")
    stage.kubectl.wait_for_pods(1, namespace="prod", selector="app=site")


def test_a_suspended_cron_job_is_not_called_contained_and_what_the_run_says_ends_its_pod(
    stage: Stage, state: DesiredState
) -> None:
    _, pod = one_pod(stage, "kept")
    run = respond(state, "Stop", (fleet.NAMESPACE, pod))
    assert run.conclusion == "failure"
    assert f"pod {fleet.NAMESPACE}/{pod} still runs" in run.log
    wait_until_applied(stage, state)
    assert stage.kubectl.get("cronjob", "kept", namespace=fleet.NAMESPACE)["spec"]["suspend"] is True
    assert pod in pods_of(stage, "kept")
    owner = stage.kubectl.run(
        "--namespace",
        fleet.NAMESPACE,
        "get",
        "pod",
        pod,
        "--output",
        "jsonpath=job/{.metadata.ownerReferences[0].name}",
    )
    stage.kubectl.run("--namespace", fleet.NAMESPACE, "delete", owner)
    stage.kubectl.wait_for_pods(0, namespace=fleet.NAMESPACE, selector="app=kept")
    restore(stage, state)
    stage.kubectl.run("--namespace", fleet.NAMESPACE, "create", "job", "kept-29385721", "--from=cronjob/kept")


RUNNING = ("web", "db", "agent", "cache", "report", "import")


def test_an_isolation_selects_the_pods_and_keeps_them(stage: Stage, state: DesiredState) -> None:
    tree, pods = state.tree, {name: pods_of(stage, name) for name in RUNNING}
    run = respond(state, "Isolate", *(one_pod(stage, name) for name in RUNNING))
    assert run.conclusion == "success", run.log
    wait_until_applied(stage, state)
    policies = stage.kubectl.list("networkpolicies", namespace=fleet.NAMESPACE)
    assert sorted(policy["spec"]["podSelector"]["matchLabels"]["app"] for policy in policies) == sorted(RUNNING)
    assert {name: pods_of(stage, name) for name in RUNNING} == pods
    restore(stage, state)
    assert (state.tree, stage.kubectl.list("networkpolicies", namespace=fleet.NAMESPACE)) == (tree, [])


@pytest.mark.parametrize(
    ("rule", "kind", "key", "value"),
    [
        ("Label", "labels", "quarantine", "true"),
        ("Annotate", "annotations", "seen-by", "falco"),
        ("Patch", "annotations", "patched-by", "falco"),
    ],
)
def test_metadata_of_the_object_changes_and_its_pods_stay(
    stage: Stage, state: DesiredState, rule: str, kind: str, key: str, value: str
) -> None:
    tree, names = state.tree, ("web", "db", "agent", "cache", "report", "import", "console")
    pods = {name: pods_of(stage, name) for name in names}
    run = respond(state, rule, *(one_pod(stage, name) for name in names))
    assert run.conclusion == "success", run.log
    wait_until_applied(stage, state)
    for name in names:
        item = stage.kubectl.get(fleet.WORKLOADS[name][0], name, namespace=fleet.NAMESPACE)
        assert item["metadata"][kind][key] == value
    assert {name: pods_of(stage, name) for name in names} == pods
    restore(stage, state)
    assert state.tree == tree


def test_labels_of_pods_roll_a_deployment_out_and_are_refused_for_a_job(stage: Stage, state: DesiredState) -> None:
    """The API server refuses a Job's pod template: committed, it would keep the next response from being applied."""
    tree, old = state.tree, pods_of(stage, "web")
    run = respond(state, "Label pods", one_pod(stage, "web"), one_pod(stage, "import"))
    assert run.conclusion == "failure"
    assert "spec.template.metadata.labels.quarantine of a Job cannot change" in run.log
    assert "replaces its pods, and the evidence in them is lost" in run.log
    wait_until_applied(stage, state)

    def is_replaced() -> bool:
        pods = pods_of(stage, "web")
        return len(pods) == 2 and not pods.keys() & old.keys()

    wait_until(is_replaced, "the pods are replaced")
    run = respond(state, "Stop", one_pod(stage, "next"))
    assert run.conclusion == "success", run.log
    stage.kubectl.wait_for_pods(0, namespace=fleet.NAMESPACE, selector="app=next")
    restore(stage, state)
    state.dispatch("restore.yml", {"commit": state.git("rev-parse", "main~2")})
    wait_until_applied(stage, state)
    assert state.tree == tree


def test_a_removal_is_pruned(stage: Stage, state: DesiredState) -> None:
    tree = state.tree
    run = respond(state, "Remove", one_pod(stage, "bystander"))
    assert run.conclusion == "success", run.log
    stage.kubectl.wait_for_pods(0, namespace=fleet.NAMESPACE, selector="app=bystander")
    restore(stage, state)
    assert state.tree == tree
    stage.kubectl.wait_for_pods(2, namespace=fleet.NAMESPACE, selector="app=bystander")


def test_the_files_of_the_fleet_are_manifests() -> None:
    assert all(list(yaml.safe_load_all(data)) for path, data in fleet.files().items() if "templates" not in path)
