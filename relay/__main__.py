"""`python -m relay`: the only place that reads the environment, and the only one that exits."""

import os
import sys

import uvicorn

from relay import logs
from relay.app import create_app
from relay.errors import BadSettings
from relay.settings import Settings

# Together with the last dispatch and the outbox's last commit: within 10 s.
_GRACE_SECONDS = 4


def main() -> int:
    """Serve until told to stop. Exit code 0, 1 if the relay could not start, 2 if the settings are wrong."""
    try:
        settings = Settings.from_environ(os.environ)
    except BadSettings as error:
        for problem in error.problems:
            print(f"relay: {problem}", file=sys.stderr)
        print("relay: the settings are described in relay/README.md", file=sys.stderr)
        return 2
    logs.configure(settings.log_format)
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(settings),
            host=settings.host,
            port=settings.port,
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
    )
    try:
        server.run()
    except KeyboardInterrupt:
        return 0
    except SystemExit:  # the server's own way to say that it could not start; the log has the reason
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
