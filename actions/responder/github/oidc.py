"""The run's own identity: a token that GitHub signs for one audience, so that no secret has to be shared.

https://docs.github.com/en/actions/reference/security/oidc
"""

import json
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from ..errors import NoIdentity

_TIMEOUT = 10.0  # seconds


def mint(environ: Mapping[str, str], audience: str) -> str:
    """A token for that audience. Raises NoIdentity with what to mend."""
    from http import client  # as in `flux`: a tenth of the action's start

    url, bearer = environ.get("ACTIONS_ID_TOKEN_REQUEST_URL"), environ.get("ACTIONS_ID_TOKEN_REQUEST_TOKEN")
    if not url or not bearer:
        raise NoIdentity("the job may not have an identity token: give it `permissions: id-token: write`")
    address = urlsplit(f"{url}{'&' if '?' in url else '?'}audience={quote(audience, safe='')}")
    connect = client.HTTPSConnection if address.scheme == "https" else client.HTTPConnection
    connection = connect(address.hostname or "", address.port, timeout=_TIMEOUT)
    try:
        connection.request("GET", f"{address.path}?{address.query}", headers={"Authorization": f"bearer {bearer}"})
        response = connection.getresponse()
        found = json.loads(response.read()) if response.status == 200 else {}
    except (OSError, client.HTTPException, ValueError) as error:
        raise NoIdentity(f"GitHub gave no identity token ({type(error).__name__})") from error
    finally:
        connection.close()
    if not isinstance(found, dict) or not isinstance(found.get("value"), str):
        raise NoIdentity(f"GitHub gave no identity token (answer {response.status})")
    return str(found["value"])
