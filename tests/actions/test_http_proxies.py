"""Which calls go through a proxy, what the proxy gets, and what it must not see."""

import base64
from urllib.parse import urlsplit

import pytest

from responder.errors import NoAnswer
from responder.http_client import HttpAnswer, HttpClient
from tests.actions.http_server import Answer, HttpServer

OK = Answer(body=b"fine")


def request(url: str, *, client: HttpClient) -> HttpAnswer:
    return client.request("POST", url, headers={"X-Token": "t0ken"}, body=b"sent", time_limit=10, body_limit=1000)


def test_a_call_for_http_goes_to_the_proxy_with_its_credentials() -> None:
    with HttpServer.start(OK) as proxy:
        client = HttpClient(http_proxy=f"http://user:p%40ss@127.0.0.1:{proxy.port}")
        assert request("http://own:word@flux.example:8080/hook?x=1", client=client).body == b"fine"
    (sent,) = proxy.requests
    assert sent.target == "http://flux.example:8080/hook?x=1"
    assert sent.headers["host"] == "flux.example:8080"
    assert sent.headers["proxy-authorization"] == f"Basic {base64.b64encode(b'user:p@ss').decode()}"
    assert sent.headers["authorization"] == f"Basic {base64.b64encode(b'own:word').decode()}"


def test_a_call_for_https_goes_through_a_tunnel_that_shows_the_proxy_the_host_alone() -> None:
    with HttpServer.start(Answer(status=502)) as proxy:
        client = HttpClient(https_proxy=f"http://user:word@127.0.0.1:{proxy.port}")
        with pytest.raises(NoAnswer):
            request("https://flux.example/hook", client=client)
    (sent,) = proxy.requests
    assert (sent.method, sent.target) == ("CONNECT", "flux.example:443")
    assert sent.headers["proxy-authorization"] == f"Basic {base64.b64encode(b'user:word').decode()}"
    assert "x-token" not in sent.headers


def test_a_proxy_that_would_need_tls_itself_is_named() -> None:
    client = HttpClient(https_proxy="https://user:s3cret@proxy.example")
    with pytest.raises(NoAnswer, match="the proxy is no http address") as error:
        request("https://flux.example/hook", client=client)
    assert "s3cret" not in str(error.value)


@pytest.mark.parametrize(
    ("environ", "url", "proxy"),
    [
        pytest.param({}, "http://a.example/", None, id="none"),
        pytest.param({"http_proxy": "http://p:1"}, "http://a.example/", "p", id="http"),
        pytest.param({"http_proxy": "http://p:1"}, "https://a.example/", None, id="not for https"),
        pytest.param({"https_proxy": "http://p:1"}, "https://a.example/", "p", id="https"),
        pytest.param({"HTTPS_PROXY": "http://p:1"}, "https://a.example/", "p", id="upper case"),
        pytest.param({"https_proxy": "http://p", "HTTPS_PROXY": "http://q"}, "https://a/", "p", id="lower case first"),
        pytest.param({"https_proxy": "p:3128"}, "https://a.example/", "p", id="without a scheme"),
        pytest.param({"https_proxy": "http://p", "no_proxy": "a.example"}, "https://a.example/", None, id="excepted"),
        pytest.param(
            {"https_proxy": "http://p", "NO_PROXY": "x, A.example"}, "https://a.EXAMPLE/", None, id="any case"
        ),
        pytest.param({"https_proxy": "http://p", "no_proxy": "example"}, "https://a.example/", None, id="subdomain"),
        pytest.param({"https_proxy": "http://p", "no_proxy": ".example"}, "https://a.example/", None, id="leading dot"),
        pytest.param({"https_proxy": "http://p", "no_proxy": "*.example"}, "https://a.example/", None, id="a glob"),
        pytest.param({"https_proxy": "http://p", "no_proxy": "ple"}, "https://a.example/", "p", id="not half a label"),
        pytest.param({"https_proxy": "http://p", "no_proxy": "*"}, "https://a.example/", None, id="all"),
        pytest.param({"https_proxy": "http://p", "no_proxy": "a:444"}, "https://a:444/", None, id="a port"),
        pytest.param({"https_proxy": "http://p", "no_proxy": "a:444"}, "https://a/", "p", id="another port"),
        pytest.param({"https_proxy": "http://p", "no_proxy": "a:443"}, "https://a/", None, id="the default port"),
        pytest.param({"https_proxy": "http://p", "no_proxy": " , "}, "https://a/", "p", id="an empty exception"),
    ],
)
def test_the_environment_says_which_calls_go_through_a_proxy(
    environ: dict[str, str], url: str, proxy: str | None
) -> None:
    address = HttpClient.from_environ(environ).proxy_for(urlsplit(url))
    assert (address.hostname if address else None) == proxy


def test_a_proxys_credentials_are_not_in_the_repr() -> None:
    assert "s3cret" not in repr(HttpClient(https_proxy="http://u:s3cret@p", http_proxy="http://u:s3cret@p"))
