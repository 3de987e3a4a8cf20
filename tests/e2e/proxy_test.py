"""Streams through a real nginx and a real HAProxy, with the configurations sse-serve prints."""

import contextlib
import re
import subprocess

import pytest

from harness import Stream, data_marker, program, serve
from proxy_support import haproxy, nginx, printed

PROXIES = {"nginx": nginx, "haproxy": haproxy}
# What a proxy whose operator set nothing but the way does.
BARE = {
    "nginx": "server {{ listen 80; location / {{ proxy_pass http://127.0.0.1:{port}; {more} }} }}",
    "haproxy": "defaults\n mode http\n timeout connect 5s\n timeout client {silence}\n"
               " timeout server {silence}\nfrontend f\n bind :80\n default_backend b\n"
               "backend b\n server s 127.0.0.1:{port}\n",
}
SILENCE_S = 3  # that the proxy allows
HEARTBEAT_MS = 250


def impatient(proxy, port):
    more = f"proxy_read_timeout {SILENCE_S}s;"
    return BARE[proxy].format(port=port, silence=f"{SILENCE_S}s", more=more)


def check_stream(server, proxy):
    """Each event comes while the stream is open, one by one, whatever its size."""
    stream = Stream(proxy, "/news").read_head()
    assert stream.status == 200 and stream.headers["content-type"] == "text/event-stream"
    assert "no-transform" in stream.headers["cache-control"]
    for number in range(3):
        server.publish("news", data_marker(number))
        stream.read_until(f"data: {data_marker(number)}\n".encode())
    assert proxy.publish("news", "x" * 100_000)["streams"] == 1
    stream.read_until(b"x", count=100_000)  # cut into chunks, perhaps


@pytest.mark.parametrize("proxy", PROXIES)
def test_the_printed_configuration_works(proxy, tmp_path):
    with serve() as server, PROXIES[proxy](tmp_path, printed(proxy, server)) as front:
        check_stream(server, front)


@pytest.mark.parametrize("proxy", PROXIES)
def test_the_printed_configuration_keeps_the_base_path_and_the_user(proxy, tmp_path):
    options = ["--base-path", "/sse", "--user-header", "X-User"]
    with serve(*options) as server:
        with PROXIES[proxy](tmp_path, printed(proxy, server, *options)) as front:
            front.publish("sse/news", "deep")
            stream = Stream(front, "/sse/news?since=earliest", ["X-User: mallory"]).read_head()
            stream.read_until(b"data: deep\n")
            # A client cannot name itself.
            assert "@mallory" not in server.get("/sse/-/channels")


def test_nginx_with_its_defaults_sends_each_event_at_once(tmp_path):
    """Buffering on, HTTP/1.0 to the server: the answer's headers must cope."""
    with serve() as server:
        with nginx(tmp_path, BARE["nginx"].format(port=server.port, more="")) as front:
            check_stream(server, front)


def test_a_short_time_out_cuts_silence_but_not_heartbeats(tmp_path):
    with contextlib.ExitStack() as stack:
        def open_streams(server, name):
            for proxy, start in PROXIES.items():
                folder = tmp_path / f"{proxy}-{name}"
                folder.mkdir()
                front = stack.enter_context(start(folder, impatient(proxy, server.port)))
                yield Stream(front, "/quiet").read_head()

        beating = stack.enter_context(serve("--heartbeat", f"{HEARTBEAT_MS}ms"))
        silent = stack.enter_context(serve("--heartbeat", "0"))
        alive, cut = list(open_streams(beating, "beating")), list(open_streams(silent, "silent"))
        for stream in cut:
            stream.read_to_end()
        silent.wait_streams("quiet", 0)
        for stream in alive:
            stream.read_until(b"\n:", count=2 * 1000 * SILENCE_S // HEARTBEAT_MS)
        beating.publish("quiet", "still here")
        for stream in alive:
            stream.read_until(b"data: still here\n")


def print_config(proxy, *options):
    argv = [program("sse-serve"), *options, "--print-proxy-config", proxy]
    return subprocess.run(argv, capture_output=True, text=True, timeout=30)


@pytest.mark.parametrize("heartbeat, seconds", [("15s", 60), ("2s", 60), ("45s", 180), ("0", 86400)])
def test_time_outs_follow_the_heartbeat(heartbeat, seconds):
    wanted = {"nginx": [rf"proxy_read_timeout {seconds}s;"],
              "haproxy": [rf"timeout client {seconds}s\n", rf"timeout server {seconds}s\n"],
              "apache": [rf"TimeOut {seconds}\n", rf"timeout={seconds}\n"],
              "caddy": [r"flush_interval -1\n"]}
    for proxy, lines in wanted.items():
        text = print_config(proxy, "--heartbeat", heartbeat).stdout
        assert [line for line in lines if not re.search(line, text)] == [], text


def test_addresses_and_names_are_those_of_the_options():
    options = ["--listen", ":8081", "--listen", "[::1]:8082", "--listen", "unix:/run/sse.sock",
               "--host", "a.example", "--host", "*.b.example"]
    text = {proxy: print_config(proxy, *options).stdout for proxy in ("nginx", "haproxy", "caddy", "apache")}
    for server in ("127.0.0.1:8081", "[::1]:8082"):
        for proxy in ("nginx", "haproxy", "caddy"):
            assert server in text[proxy], (server, proxy)
    assert "server unix:/run/sse.sock;" in text["nginx"]
    assert " unix@/run/sse.sock" in text["haproxy"] and " unix//run/sse.sock" in text["caddy"]
    for proxy in ("nginx", "caddy", "apache"):
        assert "a.example" in text[proxy] and "*.b.example" in text[proxy], proxy


def test_a_port_nobody_knows_is_refused():
    out = print_config("nginx", "--listen", "127.0.0.1:0")
    assert out.returncode == 2 and "--listen" in out.stderr and not out.stdout
