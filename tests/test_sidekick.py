"""Our stand-in for Falcosidekick against requests captured from the CloudEvents Go SDK that it calls."""

from pathlib import Path

from tests import sidekick

CAPTURE = Path(__file__).parent / "data" / "wire" / "cloudevents-go-2.16.2.http"

EVENT = {
    "uuid": "00000000-0000-4000-8000-000000000000",
    "output": "13:44:05.478445995: Notice A shell was spawned <b>&x (user=root)",
    "priority": "Notice",
    "rule": "Terminal shell in container",
    "time": "2023-05-25T13:44:05.478445995Z",
    "output_fields": {
        "proc.tty": 34816,
        "evt.time": 1685022245478445995,
        "k8s.pod.name": "kubecon",
        "k8s.ns.name": "default",
        "proc.pname": None,
    },
    "source": "syscall",
    "tags": ["container", "mitre_execution", "shell"],
    "hostname": "falco-xczjd",
}


def test_a_request_is_byte_for_byte_what_the_go_sdk_sends() -> None:
    request = sidekick.request(
        EVENT,
        address="http://user:p@ss@127.0.0.1:46343/hook/abc?token=t1",
        event_id="3fc59710-a88e-46a9-a6e1-a11059dc2958",
        cluster="prod-eu1",
    )
    assert request == CAPTURE.read_bytes()


def test_a_time_with_an_offset_is_sent_in_utc_with_its_nanoseconds() -> None:
    event = {**EVENT, "time": "2025-11-26T13:33:25.500000001+01:00"}
    assert (b"Ce-Time", b"2025-11-26T12:33:25.500000001Z") in sidekick.headers(event, event_id="1")


def test_header_values_are_raw_utf_8() -> None:
    event = {**EVENT, "rule": 'Règle ünïcode 100% "q"'}
    assert (b"Ce-Rule", 'Règle ünïcode 100% "q"'.encode()) in sidekick.headers(event, event_id="1")
