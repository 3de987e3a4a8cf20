"""HTTP/2 clients that break the rules, or keep to them and only cost: their connection is ended with
the right code and counted, and nobody else suffers."""

import contextlib
import socket
import struct

import pytest

from harness import DEADLINE_S, serve, wait_for
from http2_support import (ACK, COMPRESSION_ERROR, CONTINUATION, DATA, END_HEADERS, END_STREAM, ENHANCE_YOUR_CALM,
                           FLOW_CONTROL_ERROR, FRAME_SIZE_ERROR, GOAWAY, HEADERS, INITIAL_WINDOW_SIZE, PADDED,
                           PING, PREFACE, PRIORITY, PROTOCOL_ERROR, PUSH_PROMISE, RST_STREAM, SETTINGS, STREAM_CLOSED,
                           WINDOW_UPDATE, H2Client, frame, rst, settings, wait_all_gone, window_update)

MANY = 3000  # frames at once: more than a connection may send in a second


@pytest.fixture(scope="module", name="server")
def fixture_server():
    with serve("--workers", "1", "--linger-timeout", "200ms", "--heartbeat", "2s") as running:
        with H2Client(running) as witness:
            stream = witness.open("/witness")
            yield running
            running.publish("witness", "alive")
            stream.read_until(b"data: alive\n\n")
        wait_all_gone(running)
        assert running.process.poll() is None


@contextlib.contextmanager
def one_more(server, metric):
    before = server.metric(metric)
    yield
    wait_for(lambda: server.metric(metric) == before + 1, f"{metric} to count")


def assert_goes_on(server):
    with H2Client(server) as client:
        assert client.ask("/-/healthz").bytes == b"ok\n"


def head(client, number, fields=None, flags=END_HEADERS | END_STREAM):
    block = client.block("/-/healthz") if fields is None else client.encoder.encode(fields)
    return frame(HEADERS, flags, number, block)


FLOODS = {
    "ping": lambda client: frame(PING, payload=b"12345678") * MANY,
    "ping answers": lambda client: frame(PING, ACK, payload=b"12345678") * MANY,
    "settings": lambda client: settings({INITIAL_WINDOW_SIZE: 1 << 20}) * MANY,
    "empty settings": lambda client: frame(SETTINGS) * MANY,
    "priority": lambda client: frame(PRIORITY, 0, 1, struct.pack(">IB", 3, 16)) * MANY,
    "rapid reset": lambda client: b"".join(head(client, n) + rst(n) for n in range(1, 2 * MANY, 2)),
    "reset of streams": lambda client: b"".join(
        head(client, n, [(":method", "GET"), (":scheme", "http"), (":path", "/news"), (":authority", "localhost")]) +
        rst(n) for n in range(1, 2 * MANY, 2)),
    "empty data": lambda client: head(client, 1, [(":method", "POST"), (":scheme", "http"), (":path", "/flood"),
                                                  (":authority", "localhost")], END_HEADERS) +
    frame(DATA, 0, 1) * MANY,
    "unknown frames": lambda client: frame(77, 0, 0, b"x") * MANY,
    "continuations": lambda client: head(client, 1, None, 0) + frame(CONTINUATION, 0, 1) * MANY,
    "continuations of a byte": lambda client: frame(HEADERS, END_STREAM, 1) + b"".join(
        frame(CONTINUATION, 0, 1, bytes([byte])) for byte in client.block("/-/healthz") * 10),
}


@pytest.mark.parametrize("name", FLOODS)
def test_a_flood_ends_its_connection(server, name):
    with H2Client(server) as client:
        with one_more(server, "sse_http2_floods_total"):
            client.send(FLOODS[name](client))
            assert client.read_to_end()[1] == ENHANCE_YOUR_CALM
    assert_goes_on(server)


def test_a_flood_of_window_updates_is_work_and_no_flood(server):
    with H2Client(server, windows=False) as client:
        stream = client.open("/windows")
        client.send(b"".join(window_update(0, 1) + window_update(stream.number, 1) for _ in range(MANY)))
        client.ping()
        server.publish("windows", "x")
        stream.read_until(b"data: x\n\n")


def post(client):
    return client.request("/post", "POST", last=False)


ERRORS = {
    "a window update of nothing": (lambda c, s: window_update(s.number, 0), PROTOCOL_ERROR),
    "... of the connection": (lambda c, s: window_update(0, 0), PROTOCOL_ERROR),
    "... of a stream that never was": (lambda c, s: window_update(99, 1), PROTOCOL_ERROR),
    "... that is too short": (lambda c, s: frame(WINDOW_UPDATE, 0, 0, b"abc"), FRAME_SIZE_ERROR),
    "... beyond the maximum": (lambda c, s: window_update(0, (1 << 31) - 1), FLOW_CONTROL_ERROR),
    "data on no stream": (lambda c, s: frame(DATA, 0, 0, b"x"), PROTOCOL_ERROR),
    "data on an idle stream": (lambda c, s: frame(DATA, 0, 99, b"x"), PROTOCOL_ERROR),
    "data after the end": (lambda c, s: frame(DATA, 0, s.number, b"x"), STREAM_CLOSED),
    "a head on an even stream": (lambda c, s: head(c, 2), PROTOCOL_ERROR),
    "a head on no stream": (lambda c, s: head(c, 0), PROTOCOL_ERROR),
    "a head on a smaller stream": (lambda c, s: head(c, 99) + head(c, 97), PROTOCOL_ERROR),
    "a head that is cut by another frame": (lambda c, s: head(c, 99, None, 0) + frame(PING, 0, 0, b"12345678"),
                                            PROTOCOL_ERROR),
    "a continuation of nothing": (lambda c, s: frame(CONTINUATION, 0, s.number, b""), PROTOCOL_ERROR),
    "a head that is no HPACK": (lambda c, s: frame(HEADERS, END_HEADERS, 99, b"\xff\xff\xff\xff\xff"),
                                COMPRESSION_ERROR),
    "padding longer than the frame": (lambda c, s: frame(DATA, PADDED, post(c).number, b"\x05abc"), PROTOCOL_ERROR),
    "a frame that is too large": (lambda c, s: frame(HEADERS, END_HEADERS, 99, bytes(20_000)), FRAME_SIZE_ERROR),
    "a ping that is too short": (lambda c, s: frame(PING, payload=b"1234"), FRAME_SIZE_ERROR),
    "a ping of a stream": (lambda c, s: frame(PING, 0, s.number, b"12345678"), PROTOCOL_ERROR),
    "settings that are cut": (lambda c, s: frame(SETTINGS, payload=b"12345"), FRAME_SIZE_ERROR),
    "settings of a stream": (lambda c, s: frame(SETTINGS, 0, s.number), PROTOCOL_ERROR),
    "settings that are wrong": (lambda c, s: settings({5: 1}), PROTOCOL_ERROR),
    "an answer to settings with settings": (lambda c, s: frame(SETTINGS, ACK, 0, b"123456"), FRAME_SIZE_ERROR),
    "answers to settings that were not": (lambda c, s: frame(SETTINGS, ACK) * 2, PROTOCOL_ERROR),
    "a reset of no stream": (lambda c, s: rst(0), PROTOCOL_ERROR),
    "a reset of an idle stream": (lambda c, s: rst(99), PROTOCOL_ERROR),
    "a reset that is too short": (lambda c, s: frame(RST_STREAM, 0, s.number, b"1"), FRAME_SIZE_ERROR),
    "a promise": (lambda c, s: frame(PUSH_PROMISE, END_HEADERS, s.number, b"\0\0\0\2\x82"), PROTOCOL_ERROR),
    "a stream that depends on itself": (lambda c, s: frame(PRIORITY, 0, 99, struct.pack(">IB", 99, 1)), PROTOCOL_ERROR),
    "a goaway of a stream": (lambda c, s: frame(GOAWAY, 0, s.number, bytes(8)), PROTOCOL_ERROR),
}


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_of_the_connection_ends_it_and_all_its_streams(server, name):
    make, code = ERRORS[name]
    with H2Client(server) as client:
        stream = client.open("/errors")
        client.ask("/-/healthz")
        with one_more(server, "sse_http2_errors_total"):
            client.send(make(client, stream))
            assert client.read_to_end()[1] == code
        wait_for(lambda: server.channels()["errors"]["streams"] == 0, "its streams to be gone")


@pytest.mark.parametrize("fields", [
    [(":method", "GET")], [(":method", "GET"), (":scheme", "http"), (":path", "")],
    [(":method", "GET"), (":scheme", "http"), (":path", "/x"), (":path", "/y")],
    [(":method", "GET"), (":scheme", "http"), (":path", "/x"), ("Upper", "case")],
    [(":method", "GET"), (":scheme", "http"), (":path", "/x"), ("connection", "close")],
    [(":method", "GET"), (":scheme", "http"), (":path", "/x"), ("transfer-encoding", "chunked")],
    [(":method", "GET"), (":scheme", "http"), (":path", "/x"), ("te", "gzip")],
    [(":method", "GET"), (":scheme", "http"), (":path", "/x"), (":status", "200")],
    [(":method", "GET"), ("early", "x"), (":scheme", "http"), (":path", "/x")],
    [(":method", "GET"), (":scheme", "http"), (":path", "/x"), ("line", "a\r\nb: c")],
    [(":method", "CONNECT"), (":authority", "localhost")]])
def test_a_head_that_makes_no_sense_is_an_error_of_its_stream(server, fields):
    with H2Client(server) as client:
        stream = client.open("/heads")
        bad = client.new_stream()
        if (":authority", "localhost") not in fields:
            fields = [fields[0], (":authority", "localhost"), *fields[1:]]
        client.send(head(client, bad.number, fields))
        bad.read_to_end()
        assert bad.reset == PROTOCOL_ERROR or bad.status in (400, 501)
        server.publish("heads", "x")
        stream.read_until(b"data: x\n\n")


def bomb(client, references):
    """A head of few bytes that says a long field very often."""
    start = client.block("/-/healthz", headers=[("x-bomb", "y" * 3000)])
    index = 62  # what was added last
    return start + bytes([0x80 | index]) * references


def test_a_head_that_grows_when_it_is_unpacked_is_refused_and_costs_no_memory(server):
    before = server.memory_kib()
    with H2Client(server) as client:
        stream = client.open("/beside")
        for _ in range(50):
            bombed = client.new_stream()
            block = bomb(client, 10_000)
            client.send(frame(HEADERS, END_STREAM | END_HEADERS, bombed.number, block))
            client.pump(lambda: bombed.over or client.closed, "an answer")
            if client.closed:
                break
            assert bombed.reset is not None or bombed.status == 431
        assert client.closed or not stream.over
    assert server.memory_kib() - before < 8_000
    assert_goes_on(server)


def test_a_head_over_many_continuations_is_fine_while_they_are_few(server):
    with H2Client(server) as client:
        asked = client.new_stream()
        block = client.block("/-/healthz", headers=[(f"x-{n}", "y" * 50) for n in range(50)])
        pieces = [block[at:at + 400] for at in range(0, len(block), 400)]
        assert 3 < len(pieces) < 8
        client.send(frame(HEADERS, END_STREAM, asked.number, pieces[0]) +
                    b"".join(frame(CONTINUATION, 0, asked.number, piece) for piece in pieces[1:-1]) +
                    frame(CONTINUATION, END_HEADERS, asked.number, pieces[-1]))
        assert asked.read_to_end() == b"ok\n"


def test_a_head_that_never_ends_is_given_up():
    with serve("--head-timeout", "200ms", "--linger-timeout", "200ms", "--heartbeat", "800ms") as server:
        with H2Client(server) as client:
            client.ping()
            client.send(head(client, 1, None, 0))
            assert client.read_to_end()[1] == ENHANCE_YOUR_CALM
        wait_all_gone(server)


def test_a_body_that_never_ends_is_given_up_and_the_connection_goes_on():
    with serve("--body-timeout", "200ms", "--heartbeat", "800ms") as server, H2Client(server) as client:
        stream = client.open("/beside")
        post = client.request("/news", "POST", body=b"x", last=False)
        post.read_to_end()
        assert post.status == 408
        server.publish("beside", "x")
        stream.read_until(b"data: x\n\n")


@pytest.mark.parametrize("start", [b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n", PREFACE + b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
                                   PREFACE + frame(PING, payload=b"12345678")])
def test_a_connection_that_does_not_begin_as_it_should_is_closed(server, start):
    with H2Client(server, start=False) as client:
        client.send(start)
        client.read_to_end()
    assert_goes_on(server)


def reset_all(client, streams):
    client.send(b"".join(rst(stream.number) for stream in streams))


def close_with_reset(client, _):
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


@pytest.mark.parametrize("end", [
    reset_all, close_with_reset, lambda client, _: client.close(),
    lambda client, _: client.socket.shutdown(socket.SHUT_WR),
    lambda client, _: (client.send(head(client, 999)[:12]), client.close())])
def test_early_ends_of_streams_and_connections_leave_nothing(server, end):
    client = H2Client(server)
    streams = [client.open("/ends") for _ in range(20)]
    halves = [client.request("/ends", "POST", body=b"half", last=False) for _ in range(20)]
    client.ping()
    server.publish("ends", "x" * 1000)
    end(client, streams + halves)
    wait_for(lambda: server.channels()["ends"]["streams"] == 0, "the streams to be gone")
    wait_for(lambda: server.metric("sse_request_bodies_bytes") == 0, "the bodies to be gone")
    client.close()
    wait_for(lambda: server.metric("sse_http2_connections") == 1, "the connection to be gone")


def test_a_flood_from_a_peer_that_does_not_read_is_closed_too(server):
    with H2Client(server, receive_buffer=4096) as client:
        for _ in range(20):
            client.open("/deaf")
        for _ in range(50):
            server.publish("deaf", "x" * 10_000)
        with one_more(server, "sse_http2_floods_total"):
            client.socket.settimeout(DEADLINE_S)
            with contextlib.suppress(OSError):
                client.socket.sendall(frame(PING, payload=b"12345678") * MANY)
            wait_for(lambda: server.channels()["deaf"]["streams"] == 0, "its streams to be gone")
        wait_for(lambda: server.metric("sse_http2_connections") == 1, "it to be closed unread")


def test_a_peer_that_does_not_read_cannot_make_answers_pile_up(server):
    with H2Client(server, receive_buffer=4096) as client:
        client.agrees = False
        for _ in range(256):
            client.open("/pile")
        for _ in range(50):
            server.publish("pile", "x" * 10_000)
        # Each is refused for the limit of streams, and the refusals cannot leave.
        heads = b"".join(head(client, number) for number in range(1001, 201_001, 2))
        before = server.memory_kib()
        with one_more(server, "sse_http2_floods_total"):
            client.socket.settimeout(DEADLINE_S)
            with contextlib.suppress(OSError):
                client.socket.sendall(heads)
        assert server.memory_kib() - before < 8_000
        wait_for(lambda: server.metric("sse_http2_connections") == 1, "it to be closed")
