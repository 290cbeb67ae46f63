"""Posts samples to a relay, and counts its answers. It reads no files."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from .samples import Sample

_TIMEOUT = 30.0  # seconds; the relay answers when an event is on its disk


class RelayUnreachable(Exception):
    """No relay answers, or what answers is no relay: the address, the cause, and what to do."""


class Relay:
    """A relay to which samples go; `counts` is what has become of them."""

    def __init__(self, client: httpx.Client, url: str) -> None:
        self._client = client
        self._url = url
        self.counts = {"accepted": 0, "coalesced": 0, "ignored": 0}

    @classmethod
    @contextmanager
    def open(cls, url: str, *, token: str | None, trust: ssl.SSLContext | bool = True) -> Iterator["Relay"]:
        """Open connections to the relay at an address; without a token, one in the address is used."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        with httpx.Client(headers=headers, verify=trust, timeout=_TIMEOUT) as client:
            yield cls(client, url)

    def post(self, sample: Sample) -> str | None:
        """Post a sample and return why the relay refuses it, or None. Raise RelayUnreachable."""
        try:
            answer = self._client.post(self._url, content=sample.content, headers={"Content-Type": sample.content_type})
            body = answer.json()
            if answer.status_code == 202:
                for name in self.counts:
                    self.counts[name] += int(body[name])
                return None
            return f"{answer.status_code} {body['error']}: {body['detail']}"
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = str(error) or type(error).__name__
            raise RelayUnreachable(
                f"no relay at {_without_password(self._url)}: {reason}. Give its address to --to"
            ) from error
        except (ValueError, KeyError, TypeError) as error:
            message = f"what answers at {_without_password(self._url)} with {answer.status_code} is no relay"
            raise RelayUnreachable(f"{message}. Give the relay's address to --to") from error


def _without_password(url: str) -> str:
    """Return an address without the user and password that it may have."""
    scheme, separator, remainder = url.partition("://")
    return f"{scheme}{separator}{remainder.rpartition('@')[2]}"
