"""sse-tail: output formats, when it ends and with which status, and the bytes it is fed."""

import os
import pty
import signal
import ssl
import subprocess

import pytest

from tail_support import (SSE_TAIL, Server, Tail, closed_port, environment, head, records,
                          run, self_signed, stream_of)

BODY = ("retry: 10\n: hello\nid: 1\ndata: one\n\n"
        "event: news\ndata: two\ndata: 2\u2026\n\nevent: ping\ndata\n\n")


# Output

@pytest.mark.parametrize("output, expected", [
    ("data", "one\ntwo\n2\u2026\n\n"),
    ("json", '{"id":"1","event":"message","data":"one"}\n'
             '{"id":"1","event":"news","data":"two\\n2\u2026"}\n'
             '{"id":"1","event":"ping","data":""}\n'),
    ("sse", "id: 1\ndata: one\n\nid: 1\nevent: news\ndata: two\ndata: 2\u2026\n\n"
            "id: 1\nevent: ping\ndata:\n\n"),
    ("raw", BODY),
])
def test_output(output, expected):
    with Server(stream_of(BODY)) as server:
        done = run("-o", output, "--no-reconnect", server.url())
    assert (done.returncode, done.stdout.decode(), done.stderr) == (0, expected, b"")


def test_data_is_the_default_in_a_pipe():
    with Server(stream_of(BODY)) as server:
        assert run("-c", "1", server.url()).stdout == b"one\n"


def test_pretty_is_the_default_on_a_terminal_and_nothing_steers_it():
    ours, its = pty.openpty()
    with Server(stream_of(": hb\nid: 9\nevent: n\ndata: a\x1b[2J\x07\n\n")) as server:
        done = subprocess.run([SSE_TAIL, "--no-reconnect", server.url()], stdout=its, check=False,
                              env=environment(TERM="xterm", NO_COLOR="1"), timeout=20)
    os.close(its)
    text = os.read(ours, 65536).decode()
    os.close(ours)
    assert done.returncode == 0
    assert "hb" not in text and " n 9 a\\x1b[2J\\x07\r\n" in text
    assert "\x1b" not in text


def test_color_always():
    with Server(stream_of(BODY)) as server:
        done = run("-o", "pretty", "--color", "always", "--no-reconnect", server.url())
    assert b"\x1b[1;36mnews\x1b[0m" in done.stdout


def test_lifecycle_records():
    with Server(stream_of(BODY)) as server:
        seen = records(run("--lifecycle", "--no-reconnect", server.url()).stdout)
    assert seen[:4] == [{"kind": "open"}, {"kind": "retry", "retry": 10},
                        {"kind": "comment", "comment": " hello"},
                        {"id": "1", "event": "message", "data": "one"}]
    assert seen[6] == {"kind": "error", "error": "ended", "message": "the stream ended"}
    assert seen[7] == {"kind": "close", "reason": "ended"}
    assert all("data" not in r for r in seen if "kind" in r)


@pytest.mark.parametrize("names, expected", [
    (["news"], b"two\n2\xe2\x80\xa6\n"),
    (["news", "message"], b"one\ntwo\n2\xe2\x80\xa6\n"),
    (["!news", "!ping"], b"one\n"),
])
def test_event_filter(names, expected):
    options = [word for name in names for word in ("-e", name)]
    with Server(stream_of(BODY)) as server:
        assert run(*options, "--no-reconnect", server.url()).stdout == expected


def test_count_counts_what_is_printed():
    with Server(stream_of(BODY, then="hold")) as server:
        done = run("-c", "1", "-e", "ping", "-o", "json", server.url())
    assert done.returncode == 0
    assert [r["event"] for r in records(done.stdout)] == ["ping"]


def test_several_streams_are_labelled():
    with Server(stream_of("data: a\n\n")) as one, Server(stream_of("data: b\n\n")) as two:
        done = run("-o", "json", "--no-reconnect", one.url(), two.url())
    assert done.returncode == 0
    assert {(r["url"], r["data"]) for r in records(done.stdout)} == {(one.url(), "a"),
                                                                     (two.url(), "b")}


# The bytes of a stream

STREAM_BYTES = "\ufeffdata:a\r\rid: 1\r\ndata: b\u2026\r\n\r\n:c\nevent:x\ndata\ndata\n\n".encode()
STREAM_EVENTS = [{"event": "message", "data": "a"},
                 {"id": "1", "event": "message", "data": "b\u2026"},
                 {"id": "1", "event": "x", "data": "\n"}]


def in_pieces(framing, pieces):
    def script(connection, _request, _number):
        if framing == "chunked":
            connection.send(head(200, [("Content-Type", "text/event-stream"),
                                       ("Transfer-Encoding", "chunked")]))
            connection.send_chunked(pieces)
            return
        length = [("Content-Length", len(STREAM_BYTES))] if framing == "length" else []
        connection.send(head(200, [("Content-Type", "text/event-stream")] + length,
                             version="1.0" if framing == "1.0" else "1.1"))
        for piece in pieces:
            connection.send(piece)

    return script


@pytest.mark.parametrize("framing", ["1.0", "1.1", "chunked", "length"])
@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_framing_and_cuts_do_not_matter(framing, size):
    pieces = [STREAM_BYTES[i:i + size] for i in range(0, len(STREAM_BYTES), size)]
    with Server(in_pieces(framing, pieces)) as server:
        done = run("-o", "json", "--no-reconnect", server.url())
    assert (done.returncode, records(done.stdout)) == (0, STREAM_EVENTS)


def test_a_cut_at_every_byte():
    cuts = range(len(STREAM_BYTES) + 1)

    def script(connection, request, number):
        cut = int(request.target[1:])
        in_pieces("chunked", [p for p in (STREAM_BYTES[:cut], STREAM_BYTES[cut:]) if p])(
            connection, request, number)

    with Server(script) as server:
        for cut in cuts:
            done = run("-o", "json", "--no-reconnect", server.url(f"/{cut}"))
            assert (done.returncode, records(done.stdout)) == (0, STREAM_EVENTS), cut


@pytest.mark.parametrize("block", ["data: a\n\n", "data: a\r\r", "data: a\r\n\r\n"])
def test_an_event_is_printed_while_the_stream_is_idle(block):
    with Server(stream_of(block, then="hold")) as server, Tail(server.url()) as tail:
        assert tail.line() == "a"
        tail.signal(signal.SIGTERM)
        tail.wait()


# How it ends

def refusal(status, headers=(), body=""):
    def script(connection, _request, _number):
        connection.send(head(status, headers))
        connection.send(body)

    return script


def test_status_0_and_6_at_a_clean_end():
    with Server(stream_of(BODY)) as server:
        assert run("--no-reconnect", server.url()).returncode == 0
        short = run("--no-reconnect", "-c", "4", server.url())
        assert short.returncode == 6
        assert b"the stream ended" in short.stderr


def test_status_6_for_a_stream_cut_short():
    def script(connection, _request, _number):
        connection.send(head(200, [("Content-Type", "text/event-stream"),
                                   ("Transfer-Encoding", "chunked")]))
        connection.send_chunked([b"data: a\n\n"], last=False)

    with Server(script) as server:
        done = run("--no-reconnect", server.url())
    assert (done.returncode, done.stdout) == (6, b"a\n")
    assert server.url().encode() in done.stderr


@pytest.mark.parametrize("args", [["not a url"], ["http://"], ["http://h:x/"], ["file:///etc/passwd"],
                                  [], ["--nonsense", "http://h/"], ["-W", "5", "http://h/"],
                                  ["-o", "xml", "http://h/"],
                                  ["--lifecycle", "-o", "raw", "http://h/"]])
def test_status_2_for_usage(args):
    done = run(*args)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"sse-tail: ") and done.stderr.count(b"\n") == 1


def test_a_bad_url_makes_no_request_to_a_good_one():
    with Server(stream_of(BODY)) as server:
        assert run(server.url(), "http://this is invalid/").returncode == 2
        assert server.requests == []


@pytest.mark.parametrize("options", [["--no-reconnect"],
                                     ["--max-retries", "2", "--reconnect-delay", "0"]])
def test_status_3_when_nobody_answers(options):
    done = run("--lifecycle", *options, f"http://127.0.0.1:{closed_port()}/")
    assert done.returncode == 3
    assert b"cannot connect" in done.stderr
    errors = [r for r in records(done.stdout) if r["kind"] == "error"]
    assert len(errors) == (1 if options == ["--no-reconnect"] else 3)
    assert {r["error"] for r in errors} == {"unreachable"}


@pytest.mark.parametrize("status", [204, 205, 301, 400, 401, 403, 404, 500, 503])
def test_status_4_when_refused(status):
    body = "" if status in (204, 205) else "no such channel\nmore\n"
    with Server(refusal(status, [("Content-Length", len(body))], body)) as server:
        done = run(server.url())
    assert (done.returncode, done.stdout) == (4, b"")
    assert str(status).encode() in done.stderr
    assert (b"no such channel\n" in done.stderr) == bool(body)
    assert len(server.requests) == 1


def test_status_5_shows_the_first_line_of_what_came_instead():
    page = "<!doctype html><title>Log \x1bin</title>\n<body>"
    with Server(refusal(200, [("Content-Type", "text/html")], page)) as server:
        done = run(server.url())
    assert (done.returncode, done.stdout) == (5, b"")
    assert b"text/html" in done.stderr and b"<title>Log \\x1bin</title>\n" in done.stderr


def test_status_5_for_what_is_not_http():
    def script(connection, _request, _number):
        connection.send("220 ready\r\n")

    with Server(script) as server:
        assert run("--max-retries", "1", server.url()).returncode == 5


def test_status_1_beyond_a_limit():
    with Server(stream_of("data: " + "x" * 5000 + "\n\n", then="hold")) as server:
        done = run("--line-bytes-max", "4k", server.url())
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"--line-bytes-max" in done.stderr


def test_status_1_when_output_cannot_be_written():
    with Server(stream_of(BODY, then="hold")) as server, open("/dev/full", "wb") as full:
        done = subprocess.run([SSE_TAIL, server.url()], stdout=full, stderr=subprocess.PIPE,
                              env=environment(), timeout=20, check=False)
    assert done.returncode == 1
    assert b"No space left" in done.stderr


def test_status_124_at_the_time_limit():
    with Server(stream_of(BODY, then="hold")) as server:
        done = run("-W", "300ms", "-c", "99", server.url())
    assert (done.returncode, done.stdout) == (124, b"one\ntwo\n2\xe2\x80\xa6\n\n")


def test_help_and_version():
    assert run("--version").stdout.startswith(b"sse-tail ")
    helped = run("--help")
    assert helped.returncode == 0 and b"--last-event-id" in helped.stdout


# TLS and sockets

@pytest.fixture(scope="module", name="certificate")
def fixture_certificate(tmp_path_factory):
    certificate, key = self_signed(tmp_path_factory.mktemp("tls"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context, certificate


def test_a_certificate_is_verified(certificate):
    context, authority = certificate
    with Server(stream_of(BODY), tls=context) as server:
        refused = run(server.url())
        assert refused.returncode == 3 and b"certificate" in refused.stderr
        assert run("-c", "1", "-k", server.url()).stdout == b"one\n"
        assert run("-c", "1", "--cacert", authority, server.url()).stdout == b"one\n"


def test_unix_socket(tmp_path):
    path = str(tmp_path / "s")
    with Server(stream_of(BODY), unix_path=path) as server:
        assert run("-c", "1", "--unix-socket", path, "http://anything/x").stdout == b"one\n"
        assert server.requests[0].target == "/x"


def test_options_from_environment_and_file(tmp_path):
    config = tmp_path / "tail.toml"
    config.write_text('output = "json"\nevent = ["news", "ping"]\ncount = 2\n')
    with Server(stream_of(BODY)) as server:
        done = run("--config", str(config), server.url(), env=environment(SSE_COUNT="1"))
        assert [r["event"] for r in records(done.stdout)] == ["news"]
        done = run("--config", str(config), "-c", "3", server.url(), env=environment(SSE_COUNT="1"))
        assert len(records(done.stdout)) == 3
