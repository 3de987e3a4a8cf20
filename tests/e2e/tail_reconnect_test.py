"""sse-tail: requests, redirects, reconnecting, signals, and readers that are slow or gone."""

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import threading
import time

import pytest

from tail_support import (SSE_TAIL, STREAM, Server, Tail, environment, head, records, run,
                          stream_of, wait_until)


def test_the_request_of_a_stream():
    with Server(stream_of("data: a\n\n")) as server:
        run("-c", "1", server.url("/a?b=c"))
    request = server.requests[0]
    assert (request.method, request.target, request.body) == ("GET", "/a?b=c", b"")
    assert request.header("accept") == b"text/event-stream"
    assert request.header("cache-control") == b"no-cache"
    assert request.header("user-agent").startswith(b"sse-tail/")
    assert "last-event-id" not in request.headers and "expect" not in request.headers


def test_headers_of_the_user_replace_ours(tmp_path):
    secret = tmp_path / "headers"
    secret.write_text("Authorization: Bearer s3cret\n")
    with Server(stream_of("data: a\n\n")) as server:
        run("-c", "1", "-H", "Accept: application/json, text/event-stream", "-H", f"@{secret}",
            "--last-event-id", "e-5", server.url())
    request = server.requests[0]
    assert request.header("accept") == b"application/json, text/event-stream"
    assert request.header("authorization") == b"Bearer s3cret"
    assert request.header("last-event-id") == b"e-5"


def test_the_body_is_sent_again_by_every_request():
    with Server(stream_of("retry: 1\ndata: a\n\n")) as server:
        run("-c", "3", "-X", "PUT", "-d", '{"q":[1]}', "-H", "Content-Type: application/json",
            server.url())
    assert len(server.requests) == 3
    for request in server.requests:
        assert (request.method, request.body) == ("PUT", b'{"q":[1]}')
        assert request.header("content-type") == b"application/json"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed_each_time_from_the_original_url(status):
    def script(connection, request, _number):
        if request.target == "/stream":
            connection.send(head(status, [("Location", "/target"), ("Content-Length", 4)]))
            connection.send("gone")
        else:
            stream_of("retry: 1\nid: 7\ndata: a\n\n")(connection, request, 0)

    with Server(script) as server:
        done = run("-c", "2", "--lifecycle", server.url())
    assert [r.target for r in server.requests] == ["/stream", "/target"] * 2
    assert [r.header("last-event-id") for r in server.requests] == [None, None, b"7", b"7"]
    assert sum(r.get("kind") == "error" for r in records(done.stdout)) == 1


@pytest.mark.parametrize("location", ["/stream", "ftp://127.0.0.1/x", "file:///etc/passwd", None])
def test_a_redirect_that_leads_nowhere_is_final(location):
    def script(connection, _request, _number):
        connection.send(head(302, [("Location", location)] if location else []))

    with Server(script) as server:
        done = run(server.url())
    assert (done.returncode, done.stdout) == (4, b"")
    assert len(server.requests) == (21 if location == "/stream" else 1)


def test_no_event_is_lost_or_doubled_over_cut_connections():
    """The server sends events 1 to 40 and cuts each connection in the middle of a block."""

    def script(connection, request, _number):
        first = int(request.header("last-event-id") or 0) + 1
        connection.send(STREAM + "retry: 1\n\n")
        for n in range(first, min(first + 7, 40)):
            connection.send(f"id: {n}\ndata: {n}\n\n")
        connection.send(f"id: {first + 7}\ndata: torn" if first + 7 <= 40 else "id: 40\ndata: 40\n\n")

    with Server(script) as server:
        done = run("-c", "40", server.url())
    assert done.stdout.decode().split() == [str(n) for n in range(1, 41)]


def test_an_id_that_is_no_header_value_is_left_out_and_said_once():
    with Server(stream_of("retry: 1\nid: a\x01b\ndata: x\n\n")) as server:
        done = run("-c", "3", server.url())
    assert all("last-event-id" not in r.headers for r in server.requests)
    assert len(server.requests) == 3
    assert done.stderr.count(b"Last-Event-ID is not sent") == 1


def test_retry_after_is_honoured():
    def script(connection, request, number):
        if number == 0:
            connection.send(head(503, [("Retry-After", "1"), ("Content-Length", 0)]))
        else:
            stream_of("data: a\n\n")(connection, request, number)

    with Server(script) as server:
        done = run("-c", "1", "--reconnect-delay", "0", server.url())
    assert (done.returncode, done.stdout) == (0, b"a\n")
    assert server.requests[1].at - server.requests[0].at >= 0.99


def test_a_204_after_a_stream_stops_it():
    def script(connection, request, number):
        if number == 0:
            stream_of("retry: 1\ndata: a\n\n")(connection, request, number)
        else:
            connection.send(head(204))

    with Server(script) as server:
        assert run(server.url()).returncode == 0
        server.requests.clear()
        assert run("-c", "2", server.url()).returncode == 6


def test_an_idle_connection_is_made_anew():
    def script(connection, request, number):
        connection.send(STREAM)
        connection.send(f"retry: 1\ndata: {number}\n\n")
        connection.hold()

    with Server(script) as server:
        done = run("-c", "2", "--lifecycle", "--read-timeout", "200ms", server.url())
        assert done.returncode == 0
        assert [r["error"] for r in records(done.stdout) if r.get("kind") == "error"] == ["idle"]
        assert run("--no-reconnect", "--read-timeout", "200ms", server.url()).returncode == 124


def test_a_server_that_never_answers_is_idle_too():
    with Server(lambda connection, _request, _number: connection.hold()) as server:
        assert run("--no-reconnect", "--read-timeout", "200ms", server.url()).returncode == 124


# Signals and readers

def test_sighup_reconnects_now():
    def script(connection, request, number):
        connection.send(STREAM + f"retry: 3600000\nid: {number}\ndata: {number}\n\n")
        if number == 0:
            connection.hold()

    with Server(script) as server, Tail("-o", "json", server.url()) as tail:
        assert tail.record()["data"] == "0"
        tail.signal(signal.SIGHUP)  # open: given up
        assert tail.record()["data"] == "1"
        tail.signal(signal.SIGHUP)  # waiting an hour, or about to: cut short
        assert tail.record()["data"] == "2"
        assert [r.header("last-event-id") for r in server.requests] == [None, b"0", b"1"]


def test_sigusr1_tells_the_status():
    with Server(stream_of("id: e-1\ndata: a\n\n", then="hold")) as server:
        with Tail(server.url()) as tail:
            assert tail.line() == "a"
            tail.signal(signal.SIGUSR1)
            told = tail.process.stderr.readline().decode()
            tail.signal(signal.SIGTERM)
            tail.wait()
    assert told.startswith(f"sse-tail: {server.url()}: connected for ")
    assert "1 event," in told and told.endswith("last id e-1\n")


def read_until(fd, wanted):
    seen = b""
    while wanted not in seen:
        seen += os.read(fd, 65536)
    return seen.decode()


def test_a_terminal_has_a_status_line_that_leaves_no_trace():
    def script(connection, request, number):
        stream_of("retry: 60000\ndata: a\n\n")(connection, request, number)

    ours, its = pty.openpty()
    with Server(script) as server:
        tail = subprocess.Popen([SSE_TAIL, server.url()], stdout=its, stderr=its,
                                env=environment(TERM="xterm"))
        os.close(its)
        seen = read_until(ours, b"retry in ")
        tail.send_signal(signal.SIGINT)
        rest = read_until(ours, b"\r\x1b[K")
        tail.wait(timeout=20)
    os.close(ours)
    assert "message\x1b[0m a\r\n" in seen
    assert rest.endswith("\r\x1b[K")


def test_the_status_line_fits_the_terminal():
    columns = 70
    stream = "id: " + "\u65e5" * 100 + "\ndata: a\n\n"
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with Server(stream_of(stream.encode(), then="hold")) as server:
        tail = subprocess.Popen([SSE_TAIL, server.url()], stdout=its, stderr=its,
                                env=environment(TERM="xterm"))
        os.close(its)
        seen = b""
        while not (found := re.search(rb"\x1b\[2m([^\x1b]*last id [^\x1b]*)\x1b\[0m", seen)):
            seen += os.read(ours, 65536)
        tail.kill()
        tail.wait(timeout=20)
    os.close(ours)
    line = found[1].decode()
    assert columns - 2 <= len(line) + line.count("\u65e5") < columns


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_as_such(number):
    with Server(stream_of("data: a\n\n", then="hold")) as server:
        with Tail("--lifecycle", server.url()) as tail:
            assert tail.record() == {"kind": "open"}
            assert tail.record()["data"] == "a"
            tail.signal(number)
            assert tail.record() == {"kind": "close", "reason": "signal"}
            assert tail.wait() == -number


def test_a_signal_is_heard_while_the_reader_is_stuck():
    flood = "data: " + "x" * 1000 + "\n\n"
    with Server(stream_of(flood * 2000, then="hold")) as server:
        ours, its = os.pipe()
        with Tail(server.url(), stdout=its) as tail:
            os.close(its)
            os.read(ours, 1)
            tail.signal(signal.SIGINT)
            assert tail.wait() == -signal.SIGINT
            os.close(ours)


def test_a_reader_that_leaves_is_noticed_while_the_stream_is_idle():
    with Server(stream_of("data: a\n\n", then="hold")) as server:
        ours, its = os.pipe()
        with Tail(server.url(), stdout=its) as tail:
            os.close(its)
            assert os.read(ours, 100) == b"a\n"
            os.close(ours)
            assert tail.wait() == -signal.SIGPIPE


def test_a_reader_that_left_is_noticed_between_connections():
    with Server(stream_of("retry: 3600000\ndata: a\n\n")) as server:
        ours, its = os.pipe()
        with Tail("-v", server.url(), stdout=its) as tail:
            os.close(its)
            assert os.read(ours, 100) == b"a\n"
            os.close(ours)
            assert tail.wait() == -signal.SIGPIPE


def resident_kib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def test_a_slow_reader_slows_the_stream_and_memory_stays_bounded():
    count, size = 60_000, 2000
    sent = [0]

    def script(connection, _request, _number):
        connection.send(STREAM)
        for n in range(count):
            connection.send(f"data: {n:0{size}d}\n\n")
            sent[0] = n

    with Server(script) as server:
        ours, its = os.pipe()
        with Tail("--no-reconnect", server.url(), stdout=its) as tail:
            os.close(its)
            stalled_at, since = -1, time.monotonic()

            def is_stalled():
                nonlocal stalled_at, since
                if sent[0] != stalled_at:
                    stalled_at, since = sent[0], time.monotonic()
                return stalled_at > 0 and time.monotonic() - since > 0.5

            wait_until(is_stalled, "the server to be held back")
            assert sent[0] < count - 1  # it would have sent all by now
            assert resident_kib(tail.process.pid) < 64 * 1024
            with os.fdopen(ours, "rb") as reader:
                numbers = [int(line) for line in reader]
            assert numbers == list(range(count))
            assert tail.wait() == 0


def test_output_waits_for_its_reader_at_the_end():
    """-c is met long before the reader has taken it all: nothing is cut off."""
    size = 400_000
    with Server(stream_of("data: " + "y" * size + "\n\n", then="hold")) as server:
        command = subprocess.Popen([SSE_TAIL, "-c", "1", server.url()], stdout=subprocess.PIPE,
                                   env=environment())
        done = threading.Event()
        assert not done.wait(0.2)
        out, _ = command.communicate(timeout=20)
    assert (command.returncode, len(out)) == (0, size + 1)
