"""Pod names as controllers make them lead to their owner, and to nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder.errors import BadName
from responder.kubernetes.pod_names import HASH, RANDOM, WORKLOAD_KINDS, Owner, Pod, is_workload, owns

# The encodings of Kubernetes, written out once more here, so that the tests do not lean on the code they test.
LETTERS = "bcdfghjklmnpqrstvwxz2456789"
suffixes = st.text(LETTERS, min_size=5, max_size=5)
hashes = st.integers(100_000, 2**32 - 1).map(lambda number: "".join(LETTERS[ord(c) % 27] for c in str(number)))
names = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", fullmatch=True)
cron_names = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,50}[a-z0-9])?", fullmatch=True)
minutes = st.integers(27_000_000, 33_000_000)


def generated(prefix: str, suffix: str) -> str:
    """What the API server makes of metadata.generateName."""
    return prefix[: 63 - 5] + suffix


def indexed(job: str, index: int) -> str:
    """What the Job controller gives as metadata.generateName to a pod of an Indexed Job."""
    middle = f"-{index}-"
    return job[: 58 - len(middle)] + middle


@pytest.mark.parametrize(
    ("kind", "name", "pod"),
    [
        ("Deployment", "alpine-deployment", "alpine-deployment-77789455d6-m7flp"),
        ("Deployment", "mysql-db", "mysql-db-7d59548d75-wh44s"),
        ("Deployment", "cncf", "cncf-55696bc998-9j9zk"),
        ("Deployment", "email-builder", "email-builder-7dc4876c85-p5wt7"),
        ("Deployment", "nginx", "nginx-676b6c5bbc-4xc6t"),
        ("Deployment", "sensitive-mount-deployment", "sensitive-mount-deployment-76477d5d8-82k4d"),
        ("Deployment", "falco-k8saudit-eks", "falco-k8saudit-eks-96d7f6f99-vwjgc"),
        ("Deployment", "poolmgr-go-default-516098", "poolmgr-go-default-516098-5bdbf8c8f5-g8gvc"),
        ("Deployment", "web", "web-76477d-g8gvc"),
        ("Rollout", "canary", "canary-5bdbf8c8f5-g8gvc"),
        ("DaemonSet", "falco", "falco-vkl4f"),
        ("DaemonSet", "kube-proxy", "kube-proxy-d9nfs"),
        ("DaemonSet", "calico-node", "calico-node-np6pk"),
        ("ReplicaSet", "web", "web-d9nfs"),
        ("ReplicationController", "web", "web-d9nfs"),
        ("DeploymentConfig", "web", "web-12-d9nfs"),
        ("Pod", "kubecon", "kubecon"),
        ("Pod", "alpine", "alpine"),
        ("StatefulSet", "wordpress-1-mysql", "wordpress-1-mysql-0"),
        ("StatefulSet", "db", "db-0"),
        ("StatefulSet", "db", "db-112"),
        ("Job", "migrate", "migrate-zx2bc"),
        ("Job", "migrate", "migrate-7-zx2bc"),
        ("CronJob", "backup", "backup-29384712-zx2bc"),
        ("CronJob", "backup", "backup-1610667584-zx2bc"),
        ("CronJob", "backup", "backup-29384712-3-zx2bc"),
    ],
)
def test_a_real_pod_name_leads_to_its_owner(kind: str, name: str, pod: str) -> None:
    assert owns(kind, name, pod)


@pytest.mark.parametrize(
    ("kind", "name", "pod"),
    [
        pytest.param("Deployment", "web", "web-api-7d59548d75-wh44s", id="a longer name's pod"),
        pytest.param(
            "Deployment", "poolmgr-go-default", "poolmgr-go-default-516098-5bdbf8c8f5-g8gvc", id="digits in a name"
        ),
        pytest.param("Deployment", "web", "web-wh44s", id="no hash"),
        pytest.param("Deployment", "web", "web-7d59548d75-0", id="an ordinal for a suffix"),
        pytest.param("Deployment", "web", "web-7d59548x75-wh44s", id="a letter that no hash has"),
        pytest.param("Deployment", "web", "web-4d59548d75-wh44s", id="a hash that begins with zero"),
        pytest.param("Deployment", "web", "web-7d59548d75b-wh44s", id="a hash longer than 32 bits"),
        pytest.param("Deployment", "web", "web-76477-wh44s", id="a hash of five digits looks like a number"),
        pytest.param("Deployment", "web", "web-52-wh44s", id="a number that is a hash once in 43,000"),
        pytest.param("Deployment", "web", "web", id="its own name"),
        pytest.param("Deployment", "web", "webx7d59548d75-wh44s", id="no dash"),
        pytest.param("StatefulSet", "db", "db-01", id="an ordinal with a leading zero"),
        pytest.param("StatefulSet", "db", "db-0-1", id="two ordinals"),
        pytest.param("StatefulSet", "db", "db-٣", id="a digit of another script"),
        pytest.param("StatefulSet", "wordpress", "wordpress-1-mysql-0", id="a shorter set"),
        pytest.param("DaemonSet", "falco", "falco-vkl4a", id="a vowel in the suffix"),
        pytest.param("DaemonSet", "falco", "falco-vkl4", id="a short suffix"),
        pytest.param("DaemonSet", "falco", "falco-x-vkl4f", id="a longer DaemonSet"),
        pytest.param("CronJob", "backup", "backup-2938-zx2bc", id="a number that is no time"),
        pytest.param("CronJob", "backup", "backup-zx2bc", id="a Job's pod"),
        pytest.param("Job", "migrate", "migrate-07-zx2bc", id="an index with a leading zero"),
        pytest.param("Pod", "alpine", "alpine-0", id="a bare pod's name is exact"),
        pytest.param("Service", "web", "web", id="a kind that owns no pods"),
    ],
)
def test_a_pod_of_another_name_is_not_owned(kind: str, name: str, pod: str) -> None:
    assert not owns(kind, name, pod)


@pytest.mark.parametrize("length", range(44, 64))
def test_a_long_deployment_owns_its_pods_however_much_of_the_name_is_cut(length: int) -> None:
    name = "d" * length
    for hash_ in ("5bdbf8c8f5", "96d7f6f99", "76477d"):
        assert owns("Deployment", name, generated(f"{name}-{hash_}-", "g8gvc"))


def test_a_cut_hash_does_not_reach_into_a_longer_name() -> None:
    name = "d" * 50
    pod = generated(f"{name}-api-5bdbf8c8f5-", "g8gvc")
    assert owns("Deployment", f"{name}-api", pod)
    assert not owns("Deployment", name, pod)


@given(name=names, hash_=hashes, suffix=suffixes)
def test_every_pod_of_a_replica_set_is_owned_by_its_deployment(name: str, hash_: str, suffix: str) -> None:
    pod = generated(f"{name}-{hash_}-", suffix)
    assert owns("Deployment", name, pod)
    assert owns("Rollout", name, pod)
    assert Owner(kind="ReplicaSet", name=f"{name}-{hash_}").is_created_by("Deployment", name)


@given(name=names, suffix=suffixes)
def test_every_generated_pod_is_owned_by_its_set_or_job(name: str, suffix: str) -> None:
    pod = generated(f"{name}-", suffix)
    assert all(owns(kind, name, pod) for kind in ("DaemonSet", "ReplicaSet", "ReplicationController", "Job"))


@given(name=names, ordinal=st.integers(0, 10**6))
def test_every_numbered_pod_is_owned_by_its_stateful_set(name: str, ordinal: int) -> None:
    assert owns("StatefulSet", name, f"{name}-{ordinal}")


@given(name=names, index=st.integers(0, 10**5), suffix=suffixes)
def test_every_pod_of_an_indexed_job_is_owned_by_it(name: str, index: int, suffix: str) -> None:
    assert owns("Job", name, generated(indexed(name, index), suffix))


@given(name=cron_names, minute=minutes, index=st.none() | st.integers(0, 10**5), suffix=suffixes)
def test_every_pod_of_a_scheduled_job_is_owned_by_its_cron_job(
    name: str, minute: int, index: int | None, suffix: str
) -> None:
    job = f"{name}-{minute}"
    assert owns("CronJob", name, generated(f"{job}-" if index is None else indexed(job, index), suffix))


@given(pod=names, name=names)
def test_an_owner_of_any_kind_shares_the_beginning_of_the_name_as_far_as_it_was_kept(pod: str, name: str) -> None:
    if any(owns(kind, name, pod) for kind in WORKLOAD_KINDS):
        assert pod[:30].startswith(name[:30])


def test_the_letters_are_those_of_kubernetes() -> None:
    assert RANDOM == LETTERS
    assert HASH == "456789bcdf"


@pytest.mark.parametrize(
    ("owner", "kind", "name", "expected"),
    [
        (Owner(kind="Deployment", name="web"), "Deployment", "web", True),
        (Owner(kind="Deployment", name="web"), "Deployment", "web-api", False),
        (Owner(kind="Deployment", name="web"), "StatefulSet", "web", False),
        (Owner(kind="ReplicaSet", name="web-77789455d6"), "Deployment", "web", True),
        (Owner(kind="ReplicaSet", name="web-77789455d6"), "Rollout", "web", True),
        (Owner(kind="ReplicaSet", name="web-77789455d6"), "ReplicaSet", "web-77789455d6", True),
        (Owner(kind="ReplicaSet", name="web-api-77789455d6"), "Deployment", "web", False),
        (Owner(kind="ReplicaSet", name="web"), "Deployment", "web", False),
        (Owner(kind="ReplicationController", name="web-3"), "DeploymentConfig", "web", True),
        (Owner(kind="ReplicationController", name="web"), "ReplicationController", "web", True),
    ],
)
def test_a_controller_named_by_the_event_leads_to_what_made_it(
    owner: Owner, kind: str, name: str, expected: bool
) -> None:
    assert owner.is_created_by(kind, name) is expected


@pytest.mark.parametrize(
    ("namespace", "name"),
    [
        ("default", "../../etc/passwd"),
        ("default", ""),
        ("default", "<NA>"),
        ("default", "Alpine"),
        ("default", "alpine\n"),
        ("default", "a" * 254),
        ("default", "-alpine"),
        ("default", "alpine..0"),
        ("default", "alpine$(id)"),
        ("", "alpine"),
        ("kube.system", "alpine"),
        ("n" * 64, "alpine"),
        ("default\n", "alpine"),
    ],
)
def test_a_name_that_kubernetes_would_not_take_is_refused(namespace: str, name: str) -> None:
    with pytest.raises(BadName):
        Pod(namespace=namespace, name=name)


@pytest.mark.parametrize("name", ["a", "alpine-0", "a.b.c", "a" * 253, "0"])
def test_a_name_that_kubernetes_takes_is_taken(name: str) -> None:
    assert str(Pod(namespace="default", name=name)) == f"default/{name}"


@pytest.mark.parametrize(
    ("api_version", "kind", "expected"),
    [
        ("apps/v1", "Deployment", True),
        ("extensions/v1beta1", "Deployment", True),
        ("v1", "Pod", True),
        ("argoproj.io/v1alpha1", "Rollout", True),
        ("example.com/v1", "Deployment", False),
        ("v1", "Deployment", False),
        ("v1", "Service", False),
        ("", "", False),
    ],
)
def test_a_workload_is_one_by_group_and_kind(api_version: str, kind: str, expected: bool) -> None:
    assert is_workload(api_version, kind) is expected


LETTERS_AND_DIGITS = set("abcdefghijklmnopqrstuvwxyz0123456789")


def is_label(text: str) -> bool:
    """Return whether a text is a label of RFC 1123, as in IsDNS1123Label of Kubernetes, apart from its length.

    https://github.com/kubernetes/apimachinery/blob/master/pkg/util/validation/validation.go
    """
    ends = {text[:1], text[-1:]}
    return bool(text) and ends <= LETTERS_AND_DIGITS and set(text) <= LETTERS_AND_DIGITS | {"-"}


@given(
    namespace=st.text("a0-.A\n", max_size=4) | st.integers(60, 66).map(lambda length: "a" * length),
    name=st.text("a0-.A\n", max_size=6) | st.integers(250, 256).map(lambda length: "a" * length),
)
def test_pods_have_the_names_that_kubernetes_accepts(namespace: str, name: str) -> None:
    is_accepted = (
        is_label(namespace) and len(namespace) <= 63 and all(map(is_label, name.split("."))) and len(name) <= 253
    )
    try:
        Pod(namespace=namespace, name=name)
    except BadName:
        assert not is_accepted
    else:
        assert is_accepted


def test_an_error_about_a_name_says_which_one() -> None:
    for pod, field in ((("A", "a"), "namespace"), (("a", "A"), "pod")):
        with pytest.raises(BadName) as caught:
            Pod(namespace=pod[0], name=pod[1])
        assert (caught.value.field, caught.value.name) == (field, "A")


@pytest.mark.parametrize("length", [57, 58, 59, 63])
def test_a_long_deployment_does_not_own_the_pod_of_another_name_of_that_length(length: int) -> None:
    pod = generated(f"{'d' * length}-5bdbf8c8f5-", "g8gvc")
    assert owns("Deployment", "d" * length, pod)
    assert not owns("Deployment", "e" + "d" * (length - 1), pod)
    assert not owns("Deployment", "d" * 40, pod)


@pytest.mark.parametrize("length", [53, 54, 55, 63])
def test_a_long_indexed_job_owns_its_pods_although_its_name_is_truncated(length: int) -> None:
    pod = generated(indexed("j" * length, 12), "zx2bc")
    assert owns("Job", "j" * length, pod)
    assert not owns("Job", "j" * 52, pod)
