"""`python -m responder ACTION`: what the composite actions run. It alone reads the environment and exits."""

import io
import os
import sys

from .commands import process_memory
from .commands.check import check
from .commands.confirm import confirm
from .commands.exit_codes import Command, exit_code
from .commands.respond import respond
from .commands.restore import restore
from .commands.status import status
from .github.run_environment import RunEnvironment
from .github.run_output import RunOutput

COMMANDS: dict[str, Command] = {
    "check": check,
    "confirm": confirm,
    "respond": respond,
    "restore": restore,
    "status": status,
}

if __name__ == "__main__":
    process_memory.hide()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")  # no text of an event ends the run
    environment = RunEnvironment.from_environ(os.environ)
    output = RunOutput(log=sys.stdout, output_file=environment.output_file, summary_file=environment.summary_file)
    sys.exit(exit_code(COMMANDS[sys.argv[1]], environment, output))
