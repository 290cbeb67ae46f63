"""Decides what can be typed: the subcommands, their arguments and their help. It imports nothing that they need."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass

LETTER_ACTIONS = ("list", "show", "requeue", "drop")
SHELLS = ("bash", "zsh", "tcsh")
DEFAULT_RULES = ".github/falco-response.yaml"
DEFAULT_RELAY = "http://127.0.0.1:8080/"

Parser = argparse.ArgumentParser


def _no_arguments(_parser: Parser) -> None:
    """Leave a parser as it is."""


@dataclass(frozen=True, kw_only=True)
class Subcommand:
    """A subcommand: its module in `commands`, what it does, examples with a comment, its exit codes and arguments."""

    module: str
    summary: str
    description: str
    examples: tuple[tuple[str, str], ...]
    exit_codes: tuple[str, ...]  # the meanings of 0, 1 and so on
    add_arguments: Callable[[Parser], None] = _no_arguments

    @property
    def epilog(self) -> str:
        """Return the examples and the exit codes as the help shows them."""
        width = max(len(command) for command, _ in self.examples)
        lines = ["examples:", *(f"  {command:{width}}  # {comment}" for command, comment in self.examples)]
        codes = [f"  {code}  {meaning}" for code, meaning in enumerate(self.exit_codes) if meaning]
        return "\n".join([*lines, "", "exit codes:", *codes])


def _add_dead_arguments(parser: Parser) -> None:
    parser.add_argument("action", choices=LETTER_ACTIONS, help="what to do with the letters")
    parser.add_argument("keys", nargs="*", type=int, metavar="KEY", help="letters, by the keys that `list` prints")
    parser.add_argument("--all", action="store_true", help="every dead letter")


def _add_replay_arguments(parser: Parser) -> None:
    parser.add_argument("files", nargs="+", metavar="FILE", help="a file of samples; - is standard input")
    parser.add_argument("--to", default=DEFAULT_RELAY, metavar="URL", help="the relay (default: %(default)s)")
    parser.add_argument("--token-file", metavar="FILE", help="a file with the token of the cluster to speak for")
    parser.add_argument("--ca-file", metavar="FILE", help="the issuer of the relay's certificate, in PEM")


def _add_try_arguments(parser: Parser) -> None:
    parser.add_argument("repository", metavar="FOLDER", help="a clone of a desired-state repository")
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")


def _add_contained_arguments(parser: Parser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")
    parser.add_argument("--html", metavar="FILE", help="write a page to this file too")
    parser.add_argument(
        "--directory", default=".", metavar="FOLDER", help="the root of the desired state in a clone (default: here)"
    )
    parser.add_argument(
        "--rules", default=DEFAULT_RULES, metavar="PATH", help="the response rules in the clone (default: %(default)s)"
    )


def _add_completion_arguments(parser: Parser) -> None:
    parser.add_argument("shell", choices=SHELLS, help="the shell that completes")


SUBCOMMANDS = {
    "serve": Subcommand(
        module="serve",
        summary="run the relay: accept events, deliver dispatches",
        description="Run the relay until it is stopped. All settings are variables of the environment, RELAY_…: see "
        "relay/README.md. `python -m relay` does the same.",
        examples=(
            ("falco-dispatch serve", "prints what is missing if nothing is set"),
            ("RELAY_HOST=0.0.0.0 falco-dispatch serve", "listens on all addresses"),
        ),
        exit_codes=("it was told to stop", "it could not start, or had to end", "settings are wrong"),
    ),
    "check": Subcommand(
        module="check",
        summary="ask GitHub whether the relay would work, and dispatch nothing",
        description="Look at the settings that `serve` would use, and ask GitHub about the credential, the repository "
        "and the workflow. Nothing is dispatched.",
        examples=(("falco-dispatch check", "one line for each subject: ok, warn or fail"),),
        exit_codes=(
            "the relay would work",
            "it would work, with a warning",
            "it would not work, or settings are wrong",
        ),
    ),
    "dead": Subcommand(
        module="dead",
        summary="list, show, requeue or drop what GitHub has rejected for good",
        description="Work on the dead letters in RELAY_OUTBOX, with or without a running relay.",
        examples=(
            ("falco-dispatch dead list", "key, time, event and GitHub's reason"),
            ("falco-dispatch dead show 7", "the whole event, as JSON"),
            ("falco-dispatch dead requeue --all", "sends all of them again"),
            ("falco-dispatch dead drop 7 8", "forgets these two"),
        ),
        exit_codes=(
            "it is done",
            "there is no such letter, or the outbox cannot be used",
            "settings or arguments are wrong",
        ),
        add_arguments=_add_dead_arguments,
    ),
    "replay": Subcommand(
        module="replay",
        summary="post samples of events to a relay",
        description="Post events from files to a relay, as Falcosidekick would. A file holds CloudEvents or Falco's "
        "own JSON: one value, an array, or one a line, such as a log of Falco. A CloudEvent whose id and source the "
        "relay knows is not sent to GitHub again.",
        examples=(
            ("falco-dispatch replay falco.json --token-file token", "to a relay on this machine"),
            ("kubectl logs -n falco ds/falco | falco-dispatch replay - --token-file token", "a log of Falco"),
            ("falco-dispatch replay day.jsonl --to https://relay.example/ --token-file token", "to another one"),
        ),
        exit_codes=(
            "the relay has accepted all events",
            "the relay refused an event, or was not reached",
            "a file or an argument is wrong; nothing was posted",
        ),
        add_arguments=_add_replay_arguments,
    ),
    "try": Subcommand(
        module="trial",
        summary="what would become of an event in each workload of a repository",
        description="Render a desired-state repository with kustomize, plan `stop` for a shell in each of its "
        "workloads, and prove each response by rendering again. Nothing is written or pushed.",
        examples=(
            ("falco-dispatch try ../desired-state", "one line for each workload"),
            ("falco-dispatch try ../desired-state --json", "the same for programs"),
        ),
        exit_codes=(
            "no edit is wrong",
            "an edit would change something besides its response",
            "the folder cannot be tried",
        ),
        add_arguments=_add_try_arguments,
    ),
    "contained": Subcommand(
        module="contained",
        summary="what is contained now, by the history of a clone",
        description="List the responses that are in force, with the command that takes each back, and count those "
        "that have ended. It reads the checked-out commit and its history; nothing is written but the page.",
        examples=(
            ("falco-dispatch contained", "in a clone of the desired-state repository"),
            ("falco-dispatch contained --json", "all responses, for programs"),
            ("falco-dispatch contained --directory ../state --html status.html", "a page too"),
        ),
        exit_codes=(
            "nothing is contained for longer than limits.contained-days",
            "something is contained for longer",
            "the folder or its history cannot be read",
        ),
        add_arguments=_add_contained_arguments,
    ),
    "completion": Subcommand(
        module="completion",
        summary="print the completion of a shell",
        description="Print a script that makes a shell complete subcommands and options.",
        examples=(
            ('eval "$(falco-dispatch completion bash)"', "in ~/.bashrc"),
            ('falco-dispatch completion zsh > "$HOME/.zfunc/_falco-dispatch"', "in a folder of $fpath"),
        ),
        exit_codes=("the script is printed", "", "the shell is unknown"),
        add_arguments=_add_completion_arguments,
    ),
    "version": Subcommand(
        module="version",
        summary="print the versions of falco-dispatch and of Python",
        description="Print the versions of falco-dispatch and of Python, for a report of a fault.",
        examples=(("falco-dispatch version", "such as falco-dispatch 1.2.3 (Python 3.12.4)"),),
        exit_codes=("the versions are printed",),
    ),
}


def module_of(subcommand: str) -> str:
    """Return the name of the module that runs a subcommand."""
    return SUBCOMMANDS[subcommand].module


def build_parser() -> Parser:
    """Return the parser of the whole command line."""
    parser = Parser(
        prog="falco-dispatch",
        description="Contain a compromised Kubernetes workload by commit: Falco, Falcosidekick, GitHub Actions, Flux.",
        epilog="`falco-dispatch SUBCOMMAND --help` has examples. https://github.com/falco-dispatch/falco-dispatch",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    subparsers = parser.add_subparsers(dest="command", metavar="SUBCOMMAND", title="subcommands")
    for name, subcommand in SUBCOMMANDS.items():
        subparser = subparsers.add_parser(
            name,
            help=subcommand.summary,
            description=subcommand.description,
            epilog=subcommand.epilog,
            formatter_class=_HelpFormatter,
        )
        subcommand.add_arguments(subparser)
    return parser


class _HelpFormatter(argparse.HelpFormatter):
    """Wraps the description, and leaves the examples as they are."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return text if text.startswith("examples:") else super()._fill_text(text, width, indent)
