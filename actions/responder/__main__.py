"""`python -m responder respond`: what the composite actions run."""

import os
import sys

from .main import respond
from .workflow import Run

ACTIONS = {"respond": respond}

if __name__ == "__main__":
    sys.exit(ACTIONS[sys.argv[1]](Run(environ=os.environ)))
