"""Who gets the inspector and who the stream, and what the page may do. browser_test.py uses it."""

import re
import urllib.error
import urllib.request

import pytest

from harness import Stream, serve

BROWSER = ("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,"
           "application/signed-exchange;v=b3;q=0.7")


@pytest.fixture(scope="module")
def server():
    with serve() as running:
        yield running


def get(server, path, accept=BROWSER, method="GET"):
    ask = urllib.request.Request(server.url + path, method=method, headers={"Accept": accept})
    try:
        with urllib.request.urlopen(ask, timeout=30) as answer:
            is_stream = answer.headers["Content-Type"] == "text/event-stream"
            return answer.status, answer.headers, "" if is_stream else answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode()


def varies_by(headers):
    return {name.strip().lower() for value in headers.get_all("Vary", []) for name in value.split(",")}


@pytest.mark.parametrize("path", ["/-/", "/", "/news", "/a,b", "/news?since=earliest"])
def test_a_browser_gets_the_page(server, path):
    status, headers, body = get(server, path)
    assert status == 200 and headers["Content-Type"] == "text/html; charset=utf-8"
    assert f'data-path="{path.split("?")[0]}"' in body
    assert headers["Cache-Control"] == "no-store"
    assert ("accept" in varies_by(headers)) == (path != "/-/")


def test_everybody_gets_it_at_its_own_address(server):
    assert "<html" in get(server, "/-/", "*/*")[2]
    status, headers, body = get(server, "/-/", "*/*", "HEAD")
    assert status == 200 and int(headers["Content-Length"]) > 1000 and body == ""


@pytest.mark.parametrize("accept", ["text/event-stream", "*/*", "text/*", "text/html;q=0.5,text/event-stream"])
def test_who_asks_for_a_stream_gets_it(server, accept):
    ask = urllib.request.Request(f"{server.url}/news", headers={"Accept": accept})
    with urllib.request.urlopen(ask, timeout=30) as answer:
        assert answer.headers["Content-Type"] == "text/event-stream"
        assert "accept" in varies_by(answer.headers)


def test_an_icon_a_browser_looks_for_is_no_stream(server):
    assert get(server, "/favicon.ico", "image/avif,image/webp,image/*,*/*;q=0.8")[0] == 406


def test_the_policy_allows_this_page_only(server):
    pages = [get(server, "/-/") for _ in range(2)]
    nonces = []
    for _, headers, body in pages:
        policy = headers["Content-Security-Policy"]
        nonce = re.search(r"script-src 'nonce-([^']{22,})'", policy).group(1)
        nonces.append(nonce)
        assert "default-src 'none'" in policy and "unsafe" not in policy and "*" not in policy
        assert "frame-ancestors 'none'" in policy and "base-uri 'none'" in policy
        assert set(re.findall(r'nonce="([^"]*)"', body)) == {nonce}
        assert len(re.findall(r"<(?:script|style)", body)) == body.count("nonce=")
        assert headers["X-Content-Type-Options"] == "nosniff"
    assert nonces[0] != nonces[1]


def test_the_page_loads_nothing_from_elsewhere(server):
    body = get(server, "/-/")[2]
    assert re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]+", body) == []
    assert re.findall(r'\b(?:src|href)="(?!data:)', body) == [] and "{{" not in body.split("<script")[0]


def test_a_path_cannot_become_markup(server):
    body = get(server, "/x%22%3E%3Cscript%3Ealert(1)%3C/script%3E&amp;")[2]
    assert 'data-path="/x&quot;>&lt;script>alert(1)&lt;/script>&amp;amp;"' in body


def test_it_can_be_left_out():
    with serve("--no-inspector") as server:
        assert get(server, "/-/")[0] == 404
        assert get(server, "/")[0] == 404
        stream = Stream(server, "/news", [f"Accept: {BROWSER}"]).read_head()
        assert stream.headers["content-type"] == "text/event-stream" and "vary" not in stream.headers


def test_below_a_base_path_it_knows_where_it_is():
    with serve("--base-path", "/sse") as server:
        assert 'data-path="/-/"' in get(server, "/sse/-/")[2]
        assert 'data-path="/news"' in get(server, "/sse/news")[2]
