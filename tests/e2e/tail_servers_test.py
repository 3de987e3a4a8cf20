"""sse-tail with servers that others wrote: nginx before sse-serve, better-sse and the MCP reference
server."""

import json
import re
import signal

import pytest

import node_support
from harness import serve
from proxy_support import nginx, printed
from tail_support import Tail, records, run, self_signed

IMPATIENT = "worker_shutdown_timeout 1s;"  # of nginx: what cuts streams when it is reloaded


@pytest.mark.parametrize("tls", [False, True], ids=["http", "http2"])
def test_a_reload_of_nginx_loses_nothing(tls, tmp_path):
    with serve("--retry", "20ms") as server:
        site, options = printed("nginx", server), ["-o", "json", "--lifecycle"]
        if tls:
            certificate, key = self_signed(tmp_path)
            site = site.replace("listen 80;", f"listen 80 ssl http2;\n ssl_certificate {certificate};"
                                              f" ssl_certificate_key {key};")
            options += ["--cacert", certificate]
        with nginx(tmp_path, site, IMPATIENT) as front:
            url = f"http{'s' if tls else ''}://localhost:{front.port}/news"
            with Tail(*options, url) as tail:
                seen, published = [tail.record()], 0
                assert seen[0]["kind"] == "open"
                for reload in range(2):
                    server.publish("news", str(published))
                    published += 1
                    front.process.send_signal(signal.SIGHUP)
                    while [r.get("kind") for r in seen].count("open") < reload + 2:
                        server.publish("news", str(published))
                        published += 1
                        seen.append(tail.record())
                server.publish("news", "last")
                while seen[-1].get("data") != "last":
                    seen.append(tail.record())
    data = [r["data"] for r in seen if "kind" not in r]
    assert data == [str(n) for n in range(published)] + ["last"]


@pytest.fixture(scope="module", autouse=True)
def packages():
    node_support.install()


def test_better_sse(tmp_path):
    with node_support.better_sse(tmp_path) as url:
        done = run("-c", "8", "-o", "json-data", "--lifecycle", "--expect-seq", url)
    assert done.returncode == 0, done.stderr
    seen = records(done.stdout)
    events = [r for r in seen if "kind" not in r]
    assert events == [{"id": str(n), "event": "tick", "data": {"n": n, "text": "two\nlines, \u00fcber"}}
                      for n in range(1, 9)]
    kinds = [r["kind"] for r in seen if "kind" in r]
    assert kinds.count("open") == 3 and kinds.count("error") == 2 and "comment" in kinds
    assert {"kind": "retry", "retry": 10} in seen


def mcp(url, method, session=None, number=None, **params):
    """The command line of one request, or of a notification without a number."""
    call = {"jsonrpc": "2.0", "method": method, "params": params}
    if number is not None:
        call["id"] = number
    same = ["-H", f"Mcp-Session-Id: {session}"] if session else []
    return ["--mcp", "-o", "json-data", "--json", json.dumps(call), *same, url]


@pytest.fixture(scope="module", name="mcp_url")
def fixture_mcp_url(tmp_path_factory):
    with node_support.mcp_everything(tmp_path_factory.mktemp("mcp")) as url:
        yield url


@pytest.fixture(name="session")
def fixture_session(mcp_url):
    done = run(*mcp(mcp_url, "initialize", number=1, protocolVersion="2025-06-18", capabilities={},
                    clientInfo={"name": "sse-tail", "version": "1"}))
    answer = records(done.stdout)[-1]["data"]
    assert done.returncode == 0 and "everything" in answer["result"]["serverInfo"]["name"]
    session = re.search(rb"Mcp-Session-Id: (\S+)", done.stderr)[1].decode()
    assert run(*mcp(mcp_url, "notifications/initialized", session)).returncode == 0
    return session


def test_mcp_calls(mcp_url, session):
    done = run(*mcp(mcp_url, "tools/call", session, 7, name="echo", arguments={"message": "h\u00e9"}))
    assert done.returncode == 0, done.stderr
    answer = records(done.stdout)[-1]["data"]
    assert answer["id"] == 7 and "h\u00e9" in answer["result"]["content"][0]["text"]
    assert run(*mcp(mcp_url, "no/such", session, 8)).returncode == 7
    assert run(*mcp(mcp_url, "tools/list", "no-such-session", 9)).returncode == 4


def test_an_mcp_stream_that_is_cut_goes_on(mcp_url, session):
    steps = 2  # of a second each
    call = mcp(mcp_url, "tools/call", session, 5, name="longRunningOperation",
               arguments={"duration": steps, "steps": steps}, _meta={"progressToken": "p"})
    with Tail(*call) as tail:
        messages = [tail.record()["data"]]
        tail.signal(signal.SIGHUP)  # connects anew: by GET, after the last id
        while "result" not in messages[-1]:
            messages.append(tail.record()["data"])
        assert tail.wait() == 0
    progress = [m["params"]["progress"] for m in messages if m.get("method") == "notifications/progress"]
    assert progress == list(range(1, steps + 1))
