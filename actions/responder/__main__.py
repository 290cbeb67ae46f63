"""`python -m responder ACTION`: what the composite actions run."""

import os
import sys

from .commands.main import check, respond, restore
from .github.run import Run

ACTIONS = {"check": check, "respond": respond, "restore": restore}

if __name__ == "__main__":
    sys.exit(ACTIONS[sys.argv[1]](Run(environ=os.environ)))
