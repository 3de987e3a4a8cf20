"""The routes of sse-serve over HTTP/2: they are those of HTTP/1.1."""

import json
import subprocess

import pytest

from harness import DEADLINE_S, Stream, blocks, events, prime_id, serve, wait_for
from http2_support import (CANCEL, DATA, END_HEADERS, END_STREAM, HEADERS, INITIAL_WINDOW_SIZE, MAX_CONCURRENT_STREAMS,
                           NO_ERROR, PADDED, PROTOCOL_ERROR, REFUSED_STREAM, H2Client, frame, wait_all_gone)

LIMITS = ("--body-bytes-max", "64k", "--workers", "2")


@pytest.fixture(scope="module", name="server")
def fixture_server():
    with serve(*LIMITS, "--cors", "https://app.example", "--cors-credentials") as running:
        yield running
        wait_all_gone(running)


@pytest.fixture(name="client")
def fixture_client(server):
    with H2Client(server) as connected:
        yield connected


def body_json(stream):
    return json.loads(stream.bytes)


def test_a_stream_has_the_head_and_the_bytes_of_http_1(server, client):
    stream, plain = client.open("/same"), Stream(server, "/same").read_head()
    assert stream.status == plain.status == 200
    of_both = ("content-type", "cache-control", "x-accel-buffering", "vary")
    assert [stream.headers.get(name) for name in of_both] == [plain.headers.get(name) for name in of_both]
    assert not {"connection", "keep-alive", "transfer-encoding", "content-length"} & set(stream.headers)
    assert prime_id(stream.bytes) == prime_id(plain.read_until(b"\n\n"))
    answer = client.ask("/same", "POST", body="hello\nwörld".encode())
    assert answer.status == 200 and body_json(answer)["streams"] == 2
    stream.read_until(b"rld\n\n")
    plain.read_until(b"rld\n\n")
    assert events(stream.bytes) == events(plain.bytes) == [{"id": body_json(answer)["ids"][0], "data": "hello\nwörld"}]
    assert 2250 <= int(dict(blocks(stream.bytes)[0])["retry"]) <= 3750
    plain.close()


def test_fields_and_batches_of_a_publisher(client):
    stream = client.open("/fields")
    client.ask("/fields?event=tick&id=row-7&retry=1500", "POST", body=b"x")
    batch = client.ask("/fields", "POST", [("content-type", "text/event-stream")], b"data: one\n\nid: mine\ndata: two")
    assert body_json(batch)["ids"][1] == "mine"
    stream.read_until(b"data: two\n\n")
    assert b"id: row-7\nevent: tick\nretry: 1500\ndata: x\n\n" in stream.bytes


@pytest.mark.parametrize("method, path, headers, status", [
    ("GET", "/", {}, 404), ("GET", "/-/nothing", {}, 404), ("PUT", "/news", {}, 405), ("DELETE", "/news", {}, 405),
    ("POST", "/-/healthz", {}, 405), ("GET", "/news", {"accept": "application/json"}, 406), ("GET", "/-news", {}, 400),
    ("GET", "/@alice", {}, 403), ("GET", "/news?since=yesterday", {}, 400), ("POST", "/a,b", {}, 400),
    ("GET", "/" + "x" * 9000, {}, 414), ("GET", "/news", {"x": "y" * 9_000, "z": "y" * 9_000}, 431),
    ("GET", "/news", {f"x-{n}": "y" for n in range(200)}, 431), ("POST", "/big", {"content-length": "65537"}, 413),
    ("GET", "/news", {"host": "another.example"}, 400), ("POST", "/news", {"expect": "tea"}, 417)])
def test_what_cannot_be_served_says_why_and_the_connection_goes_on(client, method, path, headers, status):
    stream = client.open("/beside")
    # A body that is announced as too large is refused before it comes.
    answer = client.request(path, method, headers.items(), last="content-length" not in headers)
    answer.read_to_end()
    assert answer.ended and answer.status == status and body_json(answer)["status"] == status
    assert status != 405 or "GET" in answer.headers["allow"]
    client.ask("/beside", "POST", body=b"goes on")
    stream.read_until(b"data: goes on\n\n")


def test_admin_pages_and_heads(server, client):
    for path in ("/-/healthz", "/-/readyz", "/-/channels", "/-/metrics", "/-/"):
        answer = client.ask(path)
        assert answer.status == 200 and int(answer.headers["content-length"]) == len(answer.bytes)
        head = client.ask(path, "HEAD")
        assert head.status == 200 and head.bytes == b"" and head.ended
    assert client.ask("/heads", "HEAD").headers["content-type"] == "text/event-stream"
    assert server.metric("sse_http2_connections") >= 1


def test_pages_of_other_sites(client):
    allowed = [("origin", "https://app.example")]
    asked = client.ask("/news", "OPTIONS", [*allowed, ("access-control-request-method", "POST")])
    assert asked.status == 204 and asked.bytes == b"" and asked.ended
    assert asked.headers["access-control-allow-origin"] == "https://app.example"
    stream = client.open("/news", allowed)
    assert stream.headers["access-control-allow-credentials"] == "true" and "Origin" in stream.headers["vary"]
    other = client.ask("/news", "POST", [("origin", "https://evil.example")], b"x")
    assert other.status == 403 and "access-control-allow-origin" not in other.headers


def test_who_waits_for_100_continue_gets_it(client):
    post = client.request("/expect", "POST", [("expect", "100-continue"), ("content-length", "5")], last=False)
    post.read_head()
    assert post.status == 100
    post.data(b"hello", last=True)
    post.read_to_end()
    assert [head[":status"] for head in post.heads] == ["100", "200"]
    refused = client.request("/expect", "POST", [("expect", "100-continue"), ("content-length", "65537")], last=False)
    refused.read_to_end()
    assert [head[":status"] for head in refused.heads] == ["413"]


def test_a_body_in_many_pieces_padded_and_with_trailers(client):
    stream = client.open("/pieces")
    post = client.request("/pieces", "POST", [("content-length", "300")], last=False)
    for n in range(100):
        client.send(frame(DATA, PADDED, post.number, bytes([n % 8]) + b"abc" + bytes(n % 8)))
    client.send(frame(HEADERS, END_HEADERS | END_STREAM, post.number, client.encoder.encode([("x-sum", "1")])))
    post.read_to_end()
    assert post.status == 200
    stream.read_until(b"data: " + b"abc" * 100 + b"\n\n")


@pytest.mark.parametrize("told, sent", [("5", b"four"), ("3", b"four")])
def test_a_body_that_is_not_as_long_as_was_said_is_an_error_of_its_stream(client, told, sent):
    stream = client.open("/length")
    post = client.request("/length", "POST", [("content-length", told)], sent)
    post.read_to_end()
    assert post.reset == PROTOCOL_ERROR
    client.ask("/length", "POST", body=b"fine")
    stream.read_until(b"data: fine\n\n")
    assert len(events(stream.bytes)) == 1


def test_a_body_over_the_limit_is_refused_while_it_comes(client):
    post = client.request("/big", "POST", body=b"x" * 80_000, last=False)
    post.read_to_end()
    assert post.status == 413 and post.ended
    client.pump(lambda: post.reset is not None, "the word that the rest is not wanted")
    assert post.reset == NO_ERROR
    assert client.ask("/big", "POST", body=b"x" * 65_536).status == 200
    assert client.ask("/big", "POST", body=b"x" * 65_537).status == 413


def test_bodies_have_a_limit_together():
    with serve("--body-bytes-max", "64k", "--bodies-bytes-max", "100k") as server:
        with H2Client(server) as slow, H2Client(server) as other:
            first = slow.request("/news", "POST", body=b"x" * 60_000, last=False)
            wait_for(lambda: server.metric("sse_request_bodies_bytes") == 60_000, "the body to arrive")
            answer = other.request("/news", "POST", body=b"y" * 60_000)
            answer.read_to_end()
            assert answer.status == 503 and int(answer.headers["retry-after"]) > 0
            assert other.ask("/news", "POST", body=b"small").status == 200
            first.data(b"x", last=True)
            first.read_to_end()
            assert first.status == 200
            assert other.ask("/news", "POST", body=b"y" * 60_000).status == 200
            gone = other.request("/news", "POST", body=b"y" * 60_000, last=False)
            wait_for(lambda: server.metric("sse_request_bodies_bytes") == 60_000, "the body to arrive")
            gone.cancel()
            wait_for(lambda: server.metric("sse_request_bodies_bytes") == 0, "it to be given back")
        wait_all_gone(server)


def test_streams_too_many_are_refused_and_may_come_again(client):
    streams = [client.request("/crowd") for _ in range(300)]  # the limit is not known yet
    for stream in streams:
        client.pump(lambda: b"\n\n" in stream.bytes or stream.over, "an answer")
    most = client.settings[MAX_CONCURRENT_STREAMS]
    assert all(stream.reset == REFUSED_STREAM and not stream.heads for stream in streams[most:])
    streams[0].cancel()
    again = client.open("/crowd")
    streams[1].cancel()
    assert body_json(client.ask("/crowd", "POST", body=b"for all"))["streams"] == most - 1
    for stream in [*streams[2:most], again]:
        stream.read_until(b"data: for all\n\n")
    # Who knows the limit and goes over it is not to be talked with.
    for _ in range(2):
        client.request("/crowd")
    assert client.read_to_end()[1] == PROTOCOL_ERROR


def test_a_connection_with_nothing_to_do_is_closed_in_time_and_one_with_streams_is_not():
    with serve("--idle-timeout", "300ms", "--heartbeat", "800ms") as server:
        with H2Client(server) as idle, H2Client(server) as busy:
            stream = busy.open("/news")
            idle.ask("/-/healthz")
            assert idle.read_to_end() == (1, NO_ERROR)
            server.publish("news", "still here")
            stream.read_until(b"data: still here\n\n")
        wait_all_gone(server)


def test_an_answer_nobody_takes_is_given_up_and_not_taken_for_a_whole_one():
    with serve("--idle-timeout", "200ms", "--heartbeat", "800ms") as server:
        with H2Client(server, {INITIAL_WINDOW_SIZE: 5}) as client:
            stream = client.request("/news").read_head()
            answer = client.request("/-/metrics")
            answer.read_to_end()
            assert len(answer.bytes) == 5 and not answer.ended and answer.reset == CANCEL
            assert not stream.over
        wait_all_gone(server)


def test_a_connection_that_asks_for_nothing_is_closed_in_time():
    with serve("--head-timeout", "200ms", "--linger-timeout", "200ms", "--heartbeat", "800ms") as server:
        with H2Client(server) as client, H2Client(server, start=False) as silent:
            assert client.read_to_end() == (0, NO_ERROR)
            silent.read_to_end()
        wait_all_gone(server)


@pytest.mark.parametrize("size", [1, 60_000, 900_000])
def test_curl_shows_why_an_upload_is_refused(tmp_path, size):
    """Some versions drop the answer when the rest of the upload is not wanted at once."""
    secret = tmp_path / "token"
    secret.write_text("s" * 32)
    with serve("--publish-token-file", str(secret)) as server:
        out = subprocess.run(
            ["curl", "-s", "--http2-prior-knowledge", "--data-binary", "@-", f"{server.url}/x"],
            input=b"x" * size, capture_output=True, timeout=DEADLINE_S, check=False)
        assert out.returncode == 0 and b"bearer token" in out.stdout


def test_curl_with_prior_knowledge(server):
    curl = subprocess.Popen(["curl", "-sN", "--http2-prior-knowledge", "-w", "%{http_version}", f"{server.url}/curl2"],
                            stdout=subprocess.PIPE)
    server.wait_streams("curl2", 1)
    server.publish("curl2", "seen by curl")
    while (line := curl.stdout.readline()) != b"data: seen by curl\n":
        assert line, "curl ended"
    curl.terminate()
    curl.wait()
    out = subprocess.run(["curl", "-s", "--http2-prior-knowledge", "-w", "%{http_version}", "-H", "Expect: 100-continue",
                          "-d", "x" * 2000, f"{server.url}/curl2"], capture_output=True, timeout=DEADLINE_S, check=True)
    assert out.stdout.endswith(b"\n2")


def test_h2load_and_nghttp(server, tmp_path):
    load = subprocess.run(["h2load", "-n", "2000", "-c", "4", "-m", "50", f"{server.url}/-/healthz"],
                          capture_output=True, text=True, timeout=DEADLINE_S, check=True)
    assert "2000 succeeded, 0 failed, 0 errored" in load.stdout
    (tmp_path / "body").write_text("by nghttp")
    got = subprocess.run(["nghttp", "-d", str(tmp_path / "body"), f"{server.url}/nghttp"],
                         capture_output=True, timeout=DEADLINE_S, check=True)
    assert b'"channel":"nghttp"' in got.stdout
