"""Start the action that is named, with nothing to import but the standard library, the locked packages and ours.

Python runs this file with `-I`: neither its environment variables nor a folder of the workspace or of $RUNNER_TEMP can
bring a module in.
"""

import runpy
import sys
from pathlib import Path

packages, action = sys.argv[1:]
sys.path[:0] = [str(Path(__file__).resolve().parent), packages]
sys.argv[1:] = [action]
runpy.run_module("responder", run_name="__main__", alter_sys=True)
