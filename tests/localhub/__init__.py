"""A GitHub on this machine: the REST endpoints, Git over HTTP and workflow runs that falco-dispatch uses."""

from .hub import Hub
from .model import Fault, Repository, Run

__all__ = ["Fault", "Hub", "Repository", "Run"]
