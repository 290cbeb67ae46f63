"""The caller of receivers that a run has. Which receivers it calls, and how, is decided in `notify`."""

from ..github.run_environment import RunEnvironment
from ..github.run_output import RunOutput
from ..notify.notifications import Notifier
from ..notify.receiver import ReceiverCaller


def notifier(environment: RunEnvironment, output: RunOutput) -> Notifier:
    """Return what calls receivers, with the run's own identity where they want one."""

    def mint_identity(audience: str) -> str:
        token = environment.identity.mint(audience)
        output.mask(token)
        return token

    return Notifier(caller=ReceiverCaller(http=environment.http), mint_identity=mint_identity)
