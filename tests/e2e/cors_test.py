"""What a browser's page on another site may do, and one server under many host names."""

import json
import urllib.error
import urllib.request

import pytest

from harness import Stream, serve

APP = "https://app.example.org"
ALLOWED = ["--cors", "https://*.example.org", "--cors", "https://shop.test:8443", "--cors-credentials"]


@pytest.fixture(scope="module")
def server():
    with serve(*ALLOWED, "--host", "*.events.test") as running:
        yield running


def request(server, method, path, headers, body=None):
    ask = urllib.request.Request(server.url + path, method=method, headers=headers, data=body)
    try:
        with urllib.request.urlopen(ask, timeout=30) as answer:
            return answer.status, dict(answer.headers), answer.read()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read()


def preflight(server, origin, method="POST", wanted="content-type, idempotency-key"):
    return request(server, "OPTIONS", "/news", {
        "Origin": origin, "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": wanted})


def names(value):
    return {name.strip().lower() for name in value.split(",")}


def test_nobody_is_allowed_by_default():
    with serve() as server:
        status, headers, _ = request(server, "POST", "/news", {"Origin": APP}, b"x")
        assert status == 403 and "Access-Control-Allow-Origin" not in headers
        assert "Access-Control-Allow-Origin" not in preflight(server, APP)[1]


@pytest.mark.parametrize("origin", [APP, "https://a.b.example.org", "https://shop.test:8443"])
def test_an_allowed_origin_subscribes_and_publishes_with_credentials(server, origin):
    stream = Stream(server, "/news", [f"Origin: {origin}"]).read_head()
    status, published, _ = request(server, "POST", "/news", {"Origin": origin}, b"x")
    assert status == 200
    for headers in (stream.headers, {k.lower(): v for k, v in published.items()}):
        assert headers["access-control-allow-origin"] == origin
        assert headers["access-control-allow-credentials"] == "true"
        assert "origin" in names(headers["vary"])
        assert names(headers["access-control-expose-headers"]) == {"sse-gap", "retry-after"}


@pytest.mark.parametrize("origin", ["https://example.org", "http://app.example.org", "null",
                                    "https://app.example.org.evil", "https://shop.test"])
def test_another_origin_gets_no_permission_and_caches_are_told(server, origin):
    stream = Stream(server, "/news", [f"Origin: {origin}"]).read_head()
    assert "access-control-allow-origin" not in stream.headers
    assert "origin" in names(stream.headers["vary"])
    assert request(server, "POST", "/news", {"Origin": origin}, b"x")[0] == 403
    status, headers, _ = preflight(server, origin)
    assert status == 204 and "Access-Control-Allow-Origin" not in headers
    assert "origin" in names(headers["Vary"])


def test_every_answer_varies_by_origin_also_errors(server):
    for method, path in (("GET", "/-/healthz"), ("GET", "/"), ("PUT", "/news"), ("GET", "/-bad")):
        status, headers, _ = request(server, method, path, {"Origin": APP})
        assert "origin" in names(headers["Vary"]), (path, status)
        assert headers["Access-Control-Allow-Origin"] == APP, (path, status)


def test_pages_for_the_operator_are_for_no_other_origin_without_a_token(server, tmp_path):
    for page in ("/-/channels", "/-/metrics"):
        assert request(server, "GET", page, {"Origin": APP})[0] == 403
        assert request(server, "GET", page, {"Origin": server.url})[0] == 200
    (tmp_path / "token").write_text("s3cret")
    with serve(*ALLOWED, "--publish-token-file", str(tmp_path / "token")) as locked:
        bearer = {"Origin": APP, "Authorization": "Bearer s3cret"}
        status, headers, _ = request(locked, "GET", "/-/channels", bearer)
        assert status == 200 and headers["Access-Control-Allow-Origin"] == APP


def test_a_preflight_grants_all_a_publisher_may_send(server):
    status, headers, body = preflight(server, APP)
    assert status == 204 and body == b""
    assert headers["Access-Control-Allow-Origin"] == APP
    assert headers["Access-Control-Allow-Credentials"] == "true"
    assert names(headers["Access-Control-Allow-Methods"]) == {"get", "post"}
    assert {"content-type", "authorization", "last-event-id", "idempotency-key",
            "idempotency-sequence"} <= names(headers["Access-Control-Allow-Headers"])
    assert int(headers["Access-Control-Max-Age"]) > 0


def test_one_server_has_any_number_of_names(server):
    for number in range(1, 4):
        host = f"events{number}.events.test"
        stream = Stream(server, "/shards", [f"Origin: {APP}"], host=host).read_head()
        assert stream.headers["access-control-allow-origin"] == APP
        # Its own pages publish and see the operator's pages under each of them.
        at_home = {"Host": host, "Origin": f"https://{host}"}
        assert request(server, "POST", "/shards", at_home, str(number).encode())[0] == 200
        assert request(server, "GET", "/-/channels", {"Host": host})[0] == 200
        stream.read_until(f"data: {number}\n".encode())
    foreign = request(server, "GET", "/-/channels", {"Host": "events.test"})
    assert foreign[0] == 403 and "--host" in json.loads(foreign[2])["error"]
