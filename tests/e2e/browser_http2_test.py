"""What a real Chromium makes of streams over TLS and HTTP/2: one connection has them all."""

import contextlib

import pytest

from browser_support import BLANK, OPEN, chromium, full, watch
from harness import serve, wait_for
from redis_proxy import Proxy

COUNT = 50
PROTOCOLS = "performance.getEntriesByType('navigation').map((entry) => entry.nextHopProtocol)"


@pytest.fixture(scope="module")
def browser():
    with chromium() as running:
        yield running


@contextlib.contextmanager
def serve_tls(folder, *options):
    """A server that speaks TLS, and clear text to the test. The address for a browser leads through
    a line that can be cut."""
    with serve("--tls-self-signed", "--listen", "http://127.0.0.1:0", *options,
               env={"XDG_STATE_HOME": str(folder)}) as server:
        wait_for(lambda: any("listening on http:" in line for line in server.log), "both listeners")
        line = Proxy(server.port)
        server.url = next(entry.split()[-1] for entry in server.log if "listening on http:" in entry)
        with contextlib.closing(line):
            yield server, line, f"https://localhost:{line.port}"


def test_fifty_streams_share_one_connection_and_all_get_the_event(browser, tmp_path):
    with serve_tls(tmp_path) as (server, _, url):
        browser.go(url + BLANK)
        assert browser.run(f"return {PROTOCOLS}") == ["h2"]
        watch(browser, [f"/c{i % 10}" for i in range(COUNT)])
        browser.wait(f"{OPEN} === {COUNT}")
        assert server.metric("sse_streams") == COUNT
        assert server.metric("sse_http2_connections") == 1
        for i in range(10):
            assert server.publish(f"c{i}", f"for {i}")["streams"] == COUNT // 10
        browser.wait("got.every((events) => events.length === 1)")
        assert browser.run("return got.map((events) => events[0].data)") == [f"for {i % 10}" for i in range(COUNT)]
        # The limit of six is none here, and nobody is warned of it.
        assert full(server) == 0 and not [line for line in server.log if "six HTTP/1.1 streams" in line]
        browser.run("sources.forEach((source) => source.close())")
        wait_for(lambda: server.metric("sse_streams") == 0, "the streams to be gone")
        assert server.metric("sse_http2_connections") == 1


def test_streams_come_back_when_their_connection_is_cut_and_miss_nothing(browser, tmp_path):
    with serve_tls(tmp_path, "--retry", "100ms") as (server, line, url):
        browser.go(url + BLANK)
        watch(browser, ["/news"] * 20)
        browser.wait(f"{OPEN} === 20")
        for number in range(5):
            server.publish("news", f"event {number}")
        browser.wait("got.every((events) => events.length === 5)")
        line.cut()
        wait_for(lambda: server.metric("sse_streams") == 0, "the streams to be gone")
        for number in range(5, 10):
            server.publish("news", f"event {number}")
        line.heal()
        browser.wait("got.every((events) => events.length === 10)")
        server.publish("news", "event 10")
        browser.wait("got.every((events) => events.length === 11)")
        want = [["message", f"event {number}"] for number in range(11)]
        assert browser.run("return got.map((events) => events.map(({type, data}) => [type, data]))") == [want] * 20
        assert server.metric("sse_http2_connections") == 1


def test_a_large_event_and_many_small_ones_reach_streams_that_share_windows(browser, tmp_path):
    with serve_tls(tmp_path, "--history-bytes", "64m", "--body-bytes-max", "8m") as (server, _, url):
        browser.go(url + BLANK)
        watch(browser, ["/large"] * 5 + ["/small"] * 5)
        browser.wait(f"{OPEN} === 10")
        server.publish("large", "x" * 2_000_000)
        for first in range(0, 1000, 200):
            server.publish("small", "".join(f"data: {n}\n\n" for n in range(first, first + 200)),
                           headers={"Content-Type": "text/event-stream"})
        browser.wait("got.slice(0, 5).every((events) => events.length === 1 && events[0].data.length === 2000000)")
        browser.wait("got.slice(5).every((events) => events.length === 1000)")
        browser.wait("got.slice(5).every((events) => events.every(({data}, place) => +data === place))")
