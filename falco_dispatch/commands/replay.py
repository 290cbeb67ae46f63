"""`falco-dispatch replay`: samples of events, posted to a relay one by one."""

import argparse
import ssl
import sys
from collections.abc import Mapping
from pathlib import Path

from ..replay.posting import Relay, RelayUnreachable
from ..replay.samples import BadSamples, Sample, read_samples


def run(arguments: argparse.Namespace, _environ: Mapping[str, str]) -> int:
    """Post all samples, print the counts, and return the exit code.

    0: the relay has accepted all; 1: it refused one or was not reached; 2: a file is wrong, and nothing was posted.
    """
    try:
        samples = [sample for name in arguments.files for sample in read_samples(name, _text(name))]
        token = _text(arguments.token_file).strip() if arguments.token_file else None
        trust = ssl.create_default_context(cafile=arguments.ca_file) if arguments.ca_file else True
    except (BadSamples, OSError, UnicodeDecodeError) as error:
        print(f"falco-dispatch replay: {error}", file=sys.stderr)
        return 2
    try:
        with Relay.open(arguments.to, token=token, trust=trust) as relay:
            return _post(relay, samples)
    except RelayUnreachable as error:
        print(f"falco-dispatch replay: {error}", file=sys.stderr)
        return 1


def _post(relay: Relay, samples: list[Sample]) -> int:
    refusals = 0
    for sample in samples:
        if refusal := relay.post(sample):
            refusals += 1
            print(f"falco-dispatch replay: {sample}: {refusal}", file=sys.stderr)
    counts = ", ".join(f"{count} {name}" for name, count in relay.counts.items())
    print(f"{len(samples)} events: {counts}, {refusals} refused")
    return 1 if refusals else 0


def _text(name: str) -> str:
    return sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
