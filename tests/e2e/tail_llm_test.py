"""sse-tail: the answers of language models, and MCP over HTTP."""

import json
import os
import pty
import re
import subprocess

import pytest

from tail_support import SSE_TAIL, STREAM, Server, environment, head, records, run, stream_of


def openai(*pieces, end="data: [DONE]\n\n"):
    chunks = [{"choices": [{"delta": {"role": "assistant", "content": ""}}]}]
    chunks += [{"choices": [{"delta": {"content": piece}}]} for piece in pieces]
    return "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + end


def anthropic(*pieces, end=({"type": "message_stop"},)):
    events = [{"type": "message_start", "message": {"content": []}}, {"type": "ping"}]
    events += [{"type": "content_block_delta", "index": 0,
                "delta": {"type": "text_delta", "text": piece}} for piece in pieces]
    events += [{"type": "message_delta", "delta": {}, "usage": {"output_tokens": 25}}, *end]
    return "".join(f"event: {e['type']}\ndata: {json.dumps(e)}\n\n" for e in events)


REPORT = re.compile(r"^sse-tail: time to first token \d+\.\d\ds, \d+ tokens(, [\d.]+ tokens/s)?, "
                    r"longest gap \d+\.\d\ds\n$")


@pytest.mark.parametrize("shape", [openai, anthropic])
def test_an_answer_is_running_text_and_ends_by_itself(shape):
    with Server(stream_of(shape("Caf\u00e9 ", "is\n", "open"), then="hold")) as server:
        done = run("--llm", "--json", '{"stream":true}', server.url())
    assert (done.returncode, done.stdout.decode()) == (0, "Caf\u00e9 is\nopen\n")
    assert REPORT.match(done.stderr.decode())
    assert server.requests[0].body == b'{"stream":true}'
    if shape is anthropic:
        assert b" 25 tokens" in done.stderr


@pytest.mark.parametrize("shape, end", [
    (openai, 'data: {"error":{"message":"Quota \\u001b[2J"}}\n\n'),
    (anthropic, [{"type": "error", "error": {"type": "x", "message": "Quota \x1b[2J"}}])])
def test_an_error_inside_the_stream_is_the_status(shape, end):
    with Server(stream_of(shape("a", end=end), then="hold")) as server:
        done = run("--llm", "-d", "{}", server.url())
    assert (done.returncode, done.stdout) == (7, b"a\n")
    assert b"the answer failed: Quota \\x1b[2J\n" in done.stderr


def test_an_answer_that_breaks_off_is_not_asked_for_again():
    with Server(stream_of(openai("a", end=""))) as server:
        done = run("--llm", "-d", "{}", server.url())
        assert len(server.requests) == 1
    assert (done.returncode, done.stdout) == (6, b"a\n")


def test_a_refusal_shows_what_the_provider_says():
    def script(connection, _request, _number):
        connection.send(head(401, [("Content-Type", "application/json")]))
        connection.send('{"error":{"message":"Incorrect API key"}}')

    with Server(script) as server:
        done = run("--llm", "-d", "{}", server.url())
    assert done.returncode == 4 and b"Incorrect API key" in done.stderr


def test_text_cannot_steer_a_terminal():
    ours, its = pty.openpty()
    with Server(stream_of(openai("a\x1b[2J\nb\t"))) as server:
        subprocess.run([SSE_TAIL, "--llm", server.url()], stdout=its, check=True, timeout=20,
                       env=environment(TERM="xterm"), stderr=subprocess.DEVNULL)
    os.close(its)
    assert os.read(ours, 65536) == b"a\\x1b[2J\r\nb\t\r\n"
    os.close(ours)


def test_llm_prints_text_only():
    for options in (["-o", "json"], ["-f", "x"], ["--lifecycle"], ["--exec", "x"], ["-0"]):
        done = run("--llm", *options, "http://127.0.0.1:1/")
        assert done.returncode == 2 and done.stderr.count(b"\n") == 1


# MCP

CALL = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call"})
RESULT = json.dumps({"jsonrpc": "2.0", "id": 1, "result": {"ok": True}})


def test_a_json_answer_is_printed_and_ends_it():
    def script(connection, _request, _number):
        connection.send(head(200, [("Content-Type", "application/json; charset=utf-8"),
                                   ("Mcp-Session-Id", "s-1"), ("Content-Length", len(RESULT) + 1)]))
        connection.send(RESULT + "\n")

    with Server(script) as server:
        done = run("--mcp", "--json", CALL, server.url())
        assert (done.returncode, done.stdout.decode()) == (0, RESULT + "\n")
        assert b"Mcp-Session-Id: s-1\n" in done.stderr
        request = server.requests[0]
        assert request.header("accept") == b"application/json, text/event-stream"
        assert run("--mcp", "--json", CALL, "-o", "json-data", server.url()).returncode == 0
        assert run("--json", CALL, server.url()).returncode == 5


def test_a_notification_is_accepted():
    with Server(lambda c, _r, _n: c.send(head(202, [("Content-Length", 0)]))) as server:
        done = run("--mcp", "--json", '{"method":"notifications/initialized"}', server.url())
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_a_stream_is_resumed_by_get_in_the_same_session():
    def script(connection, request, number):
        session = [] if number else [("Mcp-Session-Id", "s-1")]
        connection.send(head(200, [("Content-Type", "text/event-stream")] + session))
        if number == 0:
            connection.send("id: prime\nretry: 1\n\n")
        elif number == 1:
            connection.send("id: 2\ndata: {\"method\":\"notifications/progress\"}\n\n")
        else:
            connection.send(f"id: 3\ndata: {RESULT}\n\n")
            connection.hold()

    with Server(script) as server:
        done = run("--mcp", "--json", CALL, "-H", "MCP-Session-Id: s-0", server.url())
    assert done.returncode == 0
    assert [r.get("id") for r in records(done.stdout)] == [None, 1]
    seen = [(r.method, r.body, r.header("last-event-id"), r.header("mcp-session-id"),
             r.header("content-type")) for r in server.requests]
    assert seen == [("POST", CALL.encode(), None, b"s-0", b"application/json"),
                    ("GET", b"", b"prime", b"s-1", None), ("GET", b"", b"2", b"s-1", None)]


def test_a_stream_that_cannot_be_resumed_is_not_asked_for_again():
    with Server(stream_of("data: {}\n\n")) as server:
        done = run("--mcp", "--json", CALL, server.url())
        assert (done.returncode, len(server.requests)) == (6, 1)


def test_an_error_answer_is_the_status():
    error = json.dumps({"id": 1, "error": {"code": -32601}})
    with Server(stream_of(f"data: {error}\n\n")) as server:
        assert run("--mcp", "--json", CALL, server.url()).returncode == 7


def test_an_answer_beyond_the_limit_or_cut_short():
    def script(connection, _request, number):
        connection.send(head(200, [("Content-Type", "application/json"), ("Content-Length", 9999)]))
        connection.send("1" * (5000 if number == 0 else 10))

    with Server(script) as server:
        done = run("--mcp", "--event-bytes-max", "1k", "--json", CALL, server.url())
        assert done.returncode == 1 and b"--event-bytes-max" in done.stderr
        assert run("--mcp", "--json", CALL, server.url()).returncode == 6
