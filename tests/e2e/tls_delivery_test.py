"""What TLS must not change: every byte of a replay, heartbeats, slow readers and the end."""

import signal
import socket
import threading

import pytest

from harness import DEADLINE_S, Stream, events, wait_for
from redis_support import node_running
from tls_support import tls_serve

VERSIONS = ["--http1.1", "--http2"]
LAST = b"data: last\n\n"


def fill(server, channel, bytes_wanted):
    """Publishes about so much in events of many sizes; the ids."""
    ids, body, size, n = [], "", 0, 0
    while size < bytes_wanted:
        data = f"{n} " + "abcdefghijklmnopqrstuvwxyz"[n % 26] * (n * 7919 % 20_000)
        body += f"data: {data}\n\n"
        size, n = size + len(data), n + 1
        if len(body) > 500_000:
            ids += server.publish(channel, body, headers={"Content-Type": "text/event-stream"})["ids"]
            body = ""
    ids += server.publish(channel, body + "data: last\n\n", headers={"Content-Type": "text/event-stream"})["ids"]
    return ids


def after_prime(raw):
    """Without the first block, whose reconnection time differs."""
    return raw.split(b"\n\n", 1)[1]


@pytest.fixture(scope="module")
def filled(authority):
    with tls_serve(authority, "--history", "100000", "--history-bytes", "64m") as server:
        server.ids = fill(server, "news", 8_000_000)
        yield server


@pytest.mark.parametrize("headers, query", [((), "?since=earliest"), (None, "")], ids=["earliest", "resumed"])
def test_a_long_replay_is_the_same_as_in_clear(authority, filled, headers, query):
    if headers is None:
        headers = (f"Last-Event-ID: {filled.ids[len(filled.ids) // 3]}",)
    clear = Stream(filled, f"/news{query}", headers, tls=False).read_head()
    clear.read_until(LAST)
    wanted = after_prime(clear.bytes)
    assert len(wanted) > 5_000_000
    tls = Stream(filled, f"/news{query}", headers, tls=authority.context()).read_head()
    given = [option for header in headers for option in ("-H", header)]
    curls = [authority.curl(filled, f"/news{query}", option, *given) for option in VERSIONS]
    for stream in [tls, *curls]:
        stream.read_until(LAST)
        assert after_prime(stream.bytes) == wanted
    for curl in curls:
        curl.stop()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_reader_that_stops_delays_nobody_and_gets_everything(authority, workers):
    with tls_serve(authority, "--history", "100000", "--history-bytes", "64m", "--workers", workers) as server:
        stalled = Stream(server, "/news", tls=authority.context(), receive_buffer=4096).read_head()
        curls = [authority.curl(server, "/news", option) for option in VERSIONS]
        server.wait_streams("news", 3)
        ids = fill(server, "news", 8_000_000)
        for curl in curls:
            curl.read_until(LAST)
            assert [e["id"] for e in events(curl.bytes)] == ids
            curl.stop()
        stalled.read_until(LAST)
        assert [e["id"] for e in events(stalled.bytes)] == ids


@pytest.mark.parametrize("option", VERSIONS)
def test_heartbeats(authority, option):
    with tls_serve(authority, "--heartbeat", "50ms") as server:
        stream = authority.curl(server, "/news", option)
        stream.read_until(b"\n:", count=3)
        server.publish("news", "last")
        stream.read_until(LAST)
        assert [e["data"] for e in events(stream.bytes)] == ["last"]
        stream.stop()


def test_the_end_comes_after_everything_with_a_farewell(authority):
    with tls_serve(authority, "--history", "100000", "--history-bytes", "64m") as server:
        # For these an end without a close_notify is an error.
        slow = Stream(server, "/news", tls=authority.context(), receive_buffer=4096).read_head()
        quick = Stream(server, "/news", tls=authority.context()).read_head()
        curls = [authority.curl(server, "/news", option) for option in VERSIONS]
        server.wait_streams("news", 4)
        ids = fill(server, "news", 4_000_000)
        server.process.send_signal(signal.SIGTERM)
        for stream in (quick, slow):
            stream.read_to_end()
        for curl in curls:
            assert curl.end() == (0, ""), curl.process.args
        for stream in (slow, quick, *curls):
            assert [e["id"] for e in events(stream.bytes)] == ids
        assert server.stop() == -signal.SIGTERM


def test_the_end_does_not_wait_for_half_a_handshake(authority):
    with tls_serve(authority, "--drain", "1h", "--head-timeout", "1h") as server:
        with socket.create_connection(("127.0.0.1", server.tls_port), DEADLINE_S) as half:
            half.sendall(b"\x16\x03")
            wait_for(lambda: server.metric("sse_connections") == 2, "the connection to be taken")
            assert server.stop() == -signal.SIGTERM


def test_history_comes_out_of_redis(authority, redis):
    options = ("--redis-history", "100000", "--history", "10")
    with node_running(redis.url, *options, tls=authority.issue("node", "localhost")) as node:
        ids = fill(node, "news", 2_000_000)
        tls = Stream(node, "/news?since=earliest", tls=authority.context()).read_head()
        curls = [authority.curl(node, "/news?since=earliest", option) for option in VERSIONS]
        resumed = Stream(node, "/news", [f"Last-Event-ID: {ids[20]}"], tls=authority.context()).read_head()
        for stream in [tls, *curls]:
            stream.read_until(LAST)
            assert [e["id"] for e in events(stream.bytes)] == ids
        resumed.read_until(LAST)
        assert [e["id"] for e in events(resumed.bytes)] == ids[21:]
        for curl in curls:
            curl.stop()


def test_requests_sent_ahead_are_answered_once_each(authority):
    """Many more answers than the client takes: encrypted ones are kept back, too."""
    count = 1000
    with tls_serve(authority, "--workers", "1", "--history", "10000") as server:
        plain = socket.create_connection(("127.0.0.1", server.tls_port), DEADLINE_S)
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        with authority.context().wrap_socket(plain, server_hostname="localhost") as client:
            answers, wanted = b"", count * len("HTTP/1.1 200 OK\r\n")
            requests = b"".join(b"POST /news HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\n%04d" % n
                                for n in range(count))
            sender = threading.Thread(target=client.sendall, args=(requests,))
            sender.start()
            wait_for(lambda: server.channels().get("news", {}).get("events", 0) > 0, "the first event")
            while answers.count(b"HTTP/1.1 200 OK\r\n") < count:
                piece = client.recv(1 << 16)
                assert piece, answers[-300:]
                answers += piece
            sender.join()
        assert answers.count(b"HTTP/1.1 ") == count and len(answers) > wanted
        assert server.channels()["news"]["events"] == count
        stream = Stream(server, "/news?since=earliest", tls=authority.context()).read_head()
        stream.read_until(f"data: {count - 1:04d}\n\n".encode())
        assert [int(e["data"]) for e in events(stream.bytes)] == list(range(count))
