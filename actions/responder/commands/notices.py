"""Tells the webhooks that the rules name. A notice that fails is a warning, whatever the reason: the work is done."""

from collections.abc import Sequence

from ..errors import ResponderError
from ..escape import plain
from ..github.run_environment import RunEnvironment
from ..github.run_output import Annotation, RunOutput
from ..notify.notifications import by_name
from ..notify.webhook import Notice, Webhook, WebhookCaller
from ..rules.model import WebhookSettings
from ..surprise import Surprise, guarded


def tell(
    environment: RunEnvironment, output: RunOutput, webhooks: Sequence[WebhookSettings], notice: Notice | None
) -> None:
    """Tell the webhooks of a notice, if there is one, and warn of those that were not told."""
    if notice is None:
        return
    for settings in webhooks:
        if problem := _problem(environment, settings, notice):
            message = f"{plain(settings.name, limit=80)} was not told: {plain(problem)}"
            output.annotate(Annotation(level="warning", message=message))


def run_url(environment: RunEnvironment) -> str:
    """Return the address of the run's page, empty if the runner does not say enough."""
    url = environment.repository_url
    return f"{url}/actions/runs/{environment.run_id}" if url and environment.run_id else ""


def _problem(environment: RunEnvironment, settings: WebhookSettings, notice: Notice) -> str:
    """Return why a webhook was not told, or an empty text. Never raises."""

    def call() -> str:
        urls = by_name(environment.inputs, "notify-urls")
        url = urls.get(settings.name, urls.get(None))
        if not url:
            return f"input notify-urls has no address for {settings.name}"
        webhook = Webhook(name=settings.name, type=settings.type, url=url)
        return WebhookCaller(http=environment.http).call(webhook, notice)

    try:
        problem = guarded(call)
    except ResponderError as error:
        return str(error)
    return f"an unexpected error ({problem.kind})" if isinstance(problem, Surprise) else problem
