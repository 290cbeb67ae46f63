"""`make demo`: one Falco event all the way to a commit and to Flux, on this machine, every hop with its time."""

import shutil
import subprocess
import sys
import tempfile
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from tests import sidekick, stack


class Say(Protocol):
    """Prints what a part did, and when: now, or at a time that was noted."""

    def __call__(self, who: str, what: str, *, at: datetime | None = None) -> None: ...


def main() -> int:
    """Run the demo; 0 if the workload is contained."""
    act = shutil.which("act")
    started = datetime.now(UTC)

    def say(who: str, what: str, *, at: datetime | None = None) -> None:
        seconds = ((at or datetime.now(UTC)) - started).total_seconds()
        print(f"{seconds:6.2f} s  {who:<13}  {what}", flush=True)

    with tempfile.TemporaryDirectory(prefix="falco-dispatch-demo-") as folder:
        say("demo", f"starting the local GitHub, a Flux receiver and the relay; workflows run {_runner(act)}")
        with stack.start(Path(folder), files=stack.desired_state(), act=act) as parts:
            try:
                _contain(parts, say)
            except DemoFailed as failure:
                say("demo", f"FAILED: {failure}")
                print(f"\nThe relay's log:\n{parts.relay.log.read_text()}", file=sys.stderr)
                for run in parts.hub.runs:
                    print(f"\nLog of run {run.id}:\n{run.log}", file=sys.stderr)
                return 1
    return 0


class DemoFailed(Exception):
    """A hop did not do what it is there for."""


def _contain(parts: stack.Stack, say: Say) -> None:
    repository, receiver = parts.repository, parts.receiver
    old_tip = _git(repository.path, "rev-parse", "main").strip()
    say("desired state", f"alpine.yaml at {old_tip[:7]}: {_replicas(repository.path)}")

    event = sidekick.falco_events()["E02"]
    event_id = str(uuid.uuid4())
    say("falco", f"{event['rule']!r} in pod {event['output_fields']['k8s.pod.name']}")
    status, answer = sidekick.post(event, address=parts.relay.address, event_id=event_id)
    say("falcosidekick", f"POST / (CloudEvent {event_id}) -> {status} {answer.decode()}")
    _check(status == 202, "the relay did not accept the event")

    (run,) = parts.hub.wait_for_runs(1)
    dispatched = parts.hub.requests[-1]
    say("relay", f"POST {dispatched.path} -> {dispatched.status}", at=dispatched.time)
    say("github", f"run {run.id} of {run.workflow} starts", at=run.started)
    _check(run.conclusion == "success", "the workflow run failed")

    new_tip = _git(repository.path, "rev-parse", "main").strip()
    _check(new_tip != old_tip, "nothing was committed")
    pushed = datetime.fromtimestamp((repository.path / "refs" / "heads" / "main").stat().st_mtime, UTC)
    say(
        "action",
        f"commit {new_tip[:7]}: {_git(repository.path, 'log', '-1', '--format=%s', new_tip).strip()}",
        at=pushed,
    )
    added, removed, name = _git(repository.path, "diff", "--numstat", old_tip, new_tip).split()
    print(_indent(_git(repository.path, "diff", "--unified=1", old_tip, new_tip)))
    print(_indent(_git(repository.path, "log", "-1", "--format=%(trailers)", new_tip)))
    _check((added, removed, name) == ("1", "1", "alpine.yaml"), "the commit changes more than one line")

    _check(len(receiver.calls) == 1, "the Flux receiver was not called once")
    call = receiver.calls[0]
    say("flux", f"POST {call.path[:14]}… with X-Signature -> {call.status}", at=call.time)
    _check(call.status == 200, "the Flux receiver did not accept the call")
    say("github", f"run {run.id} of {run.workflow} ends: {run.conclusion}", at=run.finished)
    say("demo", f"Deployment default/alpine-deployment is contained: {_replicas(repository.path)}")


def _check(holds: bool, failure: str) -> None:
    if not holds:
        raise DemoFailed(failure)


def _runner(act: str | None) -> str:
    return "through act" if act else "through the local GitHub's own runner (no act here: it is built where Go is)"


def _replicas(repository: Path) -> str:
    lines = _git(repository, "show", "main:alpine.yaml").splitlines()
    return next(line.strip() for line in lines if "replicas:" in line)


def _git(repository: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=repository, check=True, capture_output=True, text=True).stdout


def _indent(text: str) -> str:
    return "\n".join(f"           {line}" for line in text.rstrip().splitlines())


if __name__ == "__main__":
    sys.exit(main())
