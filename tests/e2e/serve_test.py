"""The HTTP surface of sse-serve, as its users meet it."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import urllib.error
import urllib.request

import pytest

from harness import Server, Stream, blocks, events, prime_id, program, serve, wait_for


@pytest.fixture(scope="module")
def server():
    with serve("--body-bytes-max", "64k", "--workers", "2") as running:
        yield running


def request(server, method, path, headers=None, body=None):
    ask = urllib.request.Request(server.url + path, method=method, headers=headers or {}, data=body)
    try:
        with urllib.request.urlopen(ask, timeout=30) as answer:
            return answer.status, dict(answer.headers), answer.read()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read()


def test_a_stream_opens_with_retry_and_position_and_gets_what_is_published(server):
    stream = Stream(server, "/open").read_head()
    assert stream.status == 200
    assert stream.headers["content-type"] == "text/event-stream"
    assert stream.headers["cache-control"] == "no-cache, no-store, no-transform"
    assert stream.headers["x-accel-buffering"] == "no"
    assert "content-length" not in stream.headers and "transfer-encoding" not in stream.headers
    stream.read_until(b"\n\n")
    opening = dict(blocks(stream.bytes)[0])
    assert 2250 <= int(opening["retry"]) <= 3750
    answer = server.publish("open", "hello\nworld")
    assert answer["channel"] == "open" and answer["streams"] == 1
    stream.read_until(b"world\n\n")
    assert events(stream.bytes) == [{"id": answer["ids"][0], "data": "hello\nworld"}]


def test_curl_sees_the_stream_over_http_1_1_and_1_0(server):
    for version in ("--http1.1", "--http1.0"):
        channel = "curl" + version[-1]
        curl = subprocess.Popen(["curl", "-sN", version, f"{server.url}/{channel}"], stdout=subprocess.PIPE)
        server.wait_streams(channel, 1)
        server.publish(channel, "seen by curl")
        line = b""
        while b"data:" not in line:
            line = curl.stdout.readline()
            assert line, "curl ended"
        assert line == b"data: seen by curl\n"
        curl.terminate()
        curl.wait()


def test_fields_of_a_publish_come_from_the_query(server):
    stream = Stream(server, "/fields").read_head()
    server.publish("fields", "x", "?event=tick&id=row-7&retry=1500")
    stream.read_until(b"data: x\n\n")
    assert stream.bytes.endswith(b"id: row-7\nevent: tick\nretry: 1500\ndata: x\n\n")


def test_a_body_of_an_event_stream_is_a_batch(server):
    stream = Stream(server, "/batch").read_head()
    body = b"data: one\n\nevent: two\ndata: a\ndata: b\n\nid: mine\ndata: three"
    answer = server.publish("batch", body, headers={"Content-Type": "text/event-stream"})
    assert len(answer["ids"]) == 3 and answer["ids"][2] == "mine"
    stream.read_until(b"three\n\n")
    assert [(e.get("event"), e["data"]) for e in events(stream.bytes)] == [
        (None, "one"), ("two", "a\nb"), (None, "three")]


@pytest.mark.parametrize("query, field", [
    ("?event=a%0Ab", "event"), ("?id=a%0Db", "id"), ("?retry=5x", "retry"), ("?retry=", "retry")])
def test_a_field_that_cannot_be_sent_is_refused_by_name(server, query, field):
    status, _, body = request(server, "POST", "/bad" + query, body=b"x")
    assert status == 400 and field in json.loads(body)["error"]
    assert body.count(b"\n") == 1


def test_text_that_is_not_utf_8_is_refused(server):
    status, _, body = request(server, "POST", "/bad", body=b"a\xffb")
    assert status == 400 and "UTF-8" in json.loads(body)["error"]


@pytest.mark.parametrize("method, path, headers, status", [
    ("GET", "/", {}, 404), ("GET", "/-/nothing", {}, 404), ("PUT", "/news", {}, 405),
    ("DELETE", "/news", {}, 405), ("POST", "/-/healthz", {}, 405),
    ("GET", "/news", {"Accept": "application/json"}, 406), ("GET", "/-news", {}, 400),
    ("GET", "/@alice", {}, 403), ("GET", "/news?since=yesterday", {}, 400),
    ("POST", "/a,b", {}, 400), ("GET", "/" + "x" * 201, {}, 400)])
def test_what_cannot_be_served_says_why_in_one_line_of_json(server, method, path, headers, status):
    got, answer_headers, body = request(server, method, path, headers, b"" if method == "POST" else None)
    assert got == status
    assert json.loads(body)["status"] == status and body.endswith(b"\n") and body.count(b"\n") == 1
    if status == 405:
        assert "GET" in answer_headers["Allow"]


def test_requests_over_the_limits(server):
    assert request(server, "POST", "/big", body=b"x" * 65537)[0] == 413
    assert request(server, "POST", "/big", body=b"x" * 65536)[0] == 200
    assert request(server, "GET", "/" + "x" * 9000)[0] == 414
    assert request(server, "GET", "/big", {"X": "y" * 20000})[0] == 431


def test_a_too_large_chunked_body_is_refused_too(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as s:
        s.sendall(b"POST /big HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        s.sendall(b"10001\r\n" + b"x" * 65537 + b"\r\n0\r\n\r\n")
        assert s.recv(4096).startswith(b"HTTP/1.1 413 ")


def test_curl_is_asked_for_a_large_body(server):
    out = subprocess.run(["curl", "-s", "-H", "Expect: 100-continue", "-d", "x" * 2000,
                          f"{server.url}/expect"], capture_output=True, timeout=30, check=True)
    assert json.loads(out.stdout)["channel"] == "expect"


def test_requests_in_one_packet_are_answered_in_order(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as s:
        one = b"POST /pipe HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx"
        s.sendall(one * 50 + b"GET /-/healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = b""
        while piece := s.recv(65536):
            answer += piece
    assert answer.count(b"HTTP/1.1 200 OK") == 51 and answer.endswith(b"ok\n")


def test_a_head_that_never_ends_is_given_up():
    with serve("--head-timeout", "200ms") as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as s:
            s.sendall(b"GET /news HTTP/1.1\r\nHost:")
            assert s.recv(4096).startswith(b"HTTP/1.1 408 ")
            assert s.recv(4096) == b""


def test_blank_lines_before_a_request_do_not_keep_a_connection_open():
    with serve("--head-timeout", "300ms", "--head-bytes-max", "16m") as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as s:
            s.settimeout(0.02)

            def closed():
                try:
                    s.sendall(b"\r\n")
                    return s.recv(4096) == b""
                except TimeoutError:
                    return False
                except OSError:
                    return True
            wait_for(closed, "the connection to be given up")


def test_health_readiness_metrics_and_channels(server):
    assert request(server, "GET", "/-/healthz")[0] == 200
    assert request(server, "GET", "/-/readyz")[0] == 200
    server.publish("stats", "x")
    stats = server.channels()["stats"]
    assert stats["events"] == 1 and stats["history_events"] == 1 and stats["newest"] == stats["oldest"]
    assert server.metric("sse_position") >= 1
    status, headers, body = request(server, "HEAD", "/-/metrics")
    assert status == 200 and body == b"" and headers["Content-Type"].startswith("text/plain; version=0.0.4")


def test_head_of_a_channel_has_the_headers_of_the_stream(server):
    status, headers, body = request(server, "HEAD", "/heads")
    assert status == 200 and headers["Content-Type"] == "text/event-stream" and body == b""


def test_publishing_with_a_token(tmp_path):
    secret = tmp_path / "token"
    secret.write_text("s3cret\n")
    with serve("--publish-token-file", str(secret)) as server:
        status, headers, _ = request(server, "POST", "/news", body=b"x")
        assert status == 401 and headers["WWW-Authenticate"] == "Bearer"
        assert request(server, "POST", "/news", {"Authorization": "Bearer wrong"}, b"x")[0] == 401
        assert request(server, "POST", "/news", {"Authorization": "Bearer s3cret"}, b"x")[0] == 200


OPEN_PAGES, OPERATOR_PAGES = ["/-/healthz", "/-/readyz"], ["/-/channels", "/-/metrics"]


def test_an_open_listener_needs_a_token_but_for_streams_and_health():
    with serve(listen="0.0.0.0:0") as server:
        server.url = server.url.replace("0.0.0.0", "127.0.0.1")
        for method, path in [("POST", "/news")] + [("GET", page) for page in OPERATOR_PAGES]:
            status, _, body = request(server, method, path, body=b"x" if method == "POST" else None)
            assert status == 403 and "--publish-token-file" in json.loads(body)["error"], path
        for page in OPEN_PAGES:
            assert request(server, "GET", page)[0] == 200, page
        assert Stream(server, "/news").read_head().status == 200


def test_pages_for_the_operator_with_a_token(tmp_path):
    secret, path = tmp_path / "token", tmp_path / "sse.sock"
    secret.write_text("s3cret\n")
    with serve("--publish-token-file", str(secret), "--listen", f"unix:{path}") as server:
        for page in OPERATOR_PAGES:
            assert request(server, "GET", page)[0] == 401, page
            bearer = {"Authorization": "Bearer s3cret", "Host": "anything.example"}
            assert request(server, "GET", page, bearer)[0] == 200, page
            out = subprocess.run(["curl", "-sf", "--unix-socket", path, f"http://x{page}"],
                                 capture_output=True, timeout=30)
            assert out.returncode == 0 and out.stdout, page
        for page in OPEN_PAGES:
            assert request(server, "GET", page)[0] == 200, page


def publish_from_page(server, host, scheme="http"):
    return request(server, "POST", "/news", {"Host": host, "Origin": f"{scheme}://{host}"}, b"x")


def test_a_page_whose_name_was_made_to_point_here_cannot_publish(server):
    for host in ("evil.example", f"evil.example:{server.port}", "127.0.0.1.evil.example", "10.0.0.1"):
        status, _, body = publish_from_page(server, host)
        assert status == 403 and "--host" in json.loads(body)["error"], host
        for page in OPERATOR_PAGES:
            assert request(server, "GET", page, {"Host": host})[0] == 403, (host, page)
    for host in ("localhost", f"localhost:{server.port}", f"127.0.0.1:{server.port}", "[::1]:80"):
        assert publish_from_page(server, host)[0] == 200, host
    assert request(server, "POST", "/news", {"Host": "proxied.example"}, b"not a browser")[0] == 200


def test_names_of_the_server_can_be_added():
    with serve("--host", "app.example", "--host", "b.example", "--cors", "https://c.example") as server:
        assert publish_from_page(server, "App.Example", "https")[0] == 200
        assert publish_from_page(server, "b.example:8443")[0] == 200
        assert publish_from_page(server, "c.example", "https")[0] == 200
        assert publish_from_page(server, "d.example")[0] == 403
        assert request(server, "GET", "/-/channels", {"Host": "b.example"})[0] == 200


def test_bodies_under_way_have_a_limit_together():
    with serve("--body-bytes-max", "64k", "--bodies-bytes-max", "100k") as server:
        def post(path, headers, body):
            s = socket.create_connection(("127.0.0.1", server.port), timeout=30)
            s.sendall(f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n\r\n".encode() + body)
            return s

        slow = post("/news", "Content-Length: 65536", b"x" * 60000)
        wait_for(lambda: server.metric("sse_request_bodies_bytes") == 60000, "the body to arrive")
        status, headers, body = request(server, "POST", "/news", body=b"y" * 65536)
        assert status == 503 and "--bodies-bytes-max" in json.loads(body)["error"]
        assert int(headers["Retry-After"]) > 0 and "Date" in headers
        chunked = post("/news", "Transfer-Encoding: chunked", b"ea60\r\n" + b"z" * 60000)
        assert chunked.recv(4096).startswith(b"HTTP/1.1 503 ")
        assert request(server, "POST", "/news", body=b"small")[0] == 200
        slow.sendall(b"x" * 5536)
        assert slow.recv(4096).startswith(b"HTTP/1.1 200 ")
        assert request(server, "POST", "/news", body=b"y" * 65536)[0] == 200
        chunked.close()
        wait_for(lambda: server.metric("sse_request_bodies_bytes") == 0, "everything to be given back")


def test_localhost_is_both_loopback_addresses_on_one_port():
    with contextlib.closing(socket.socket(socket.AF_INET6)) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            pytest.skip("no IPv6 here")
    with serve("--workers", "2", listen="localhost:0") as server:
        wait_for(lambda: len(server.log) == 2, "both addresses to be told")
        assert server.log[1] == f"sse-serve: listening on http://[::1]:{server.port}"
        for url in (f"http://127.0.0.1:{server.port}", f"http://[::1]:{server.port}"):
            server.url = url
            assert request(server, "GET", "/-/healthz")[0] == 200


def test_a_unix_socket_serves_and_is_removed(tmp_path):
    path = str(tmp_path / "sse.sock")
    server = Server("--workers", "2", listen=f"unix:{path}")
    for _ in range(2):
        out = subprocess.run(["curl", "-s", "--unix-socket", path, "-d", "hi", "http://x/news"],
                             capture_output=True, timeout=30, check=True)
        assert json.loads(out.stdout)["ids"]
    assert server.stop() == -signal.SIGTERM
    assert not os.path.exists(path)


def test_an_address_in_use_is_an_error(server):
    for workers in ("1", "2"):
        out = subprocess.run([program("sse-serve"), "--workers", workers, "--listen",
                              f"127.0.0.1:{server.port}"], capture_output=True, text=True, timeout=30)
        assert out.returncode == 1 and "in use" in out.stderr and out.stderr.count("\n") == 1


@pytest.mark.parametrize("options, name", [
    (["--heartbeat", "5"], "--heartbeat"), (["--listen", "nonsense"], "--listen"),
    (["--history", "-1"], "--history"), (["--slow", "maybe"], "--slow"), (["--histroy", "5"], "--history"),
    (["--cors", "not an origin"], "--cors"), (["--host", "a.example:80"], "--host"), (["--since", "tuesday"], "--since"),
    (["--channel", "a b"], "--channel"), (["--publish-token-file", "/nonexistent"], "--publish-token-file"),
    (["--host", "a:80"], "--host"), (["--body-bytes-max", "65m"], "--bodies-bytes-max"),
    (["--restart"], "--restart"), (["--host", "a", "echo", "hi"], "unexpected argument echo"),
    (["--tls-key", "x"], "--tls-key needs --tls-cert"),
    (["--tls-cert", "a", "--tls-key", "b", "--tls-key", "c"], "--tls-key: 2 for 1 --tls-cert"),
    (["--listen", "https://127.0.0.1:0"], "--tls-cert or --tls-self-signed"),
    (["--tls-cert", "a", "--listen", "http://127.0.0.1:0", "--listen", "unix:x"], "--tls-cert: no --listen"),
    (["--tls-self-signed", "--listen", "unix:x"], "--tls-self-signed: no --listen"),
    (["--"], "command")])
def test_a_wrong_option_is_named_and_the_status_is_2(options, name):
    out = subprocess.run([program("sse-serve"), *options], capture_output=True, text=True, timeout=30)
    assert out.returncode == 2 and name in out.stderr and out.stderr.count("\n") == 1 and not out.stdout


def test_below_a_base_path():
    with serve("--base-path", "/sse/") as server:
        assert request(server, "GET", "/-/healthz")[0] == 404
        assert request(server, "GET", "/sse/-/healthz")[0] == 200
        stream = Stream(server, "/sse/news").read_head()
        assert request(server, "POST", "/sse/news", body=b"deep")[0] == 200
        stream.read_until(b"data: deep\n\n")


def test_silent_streams_get_heartbeats_and_busy_ones_do_not():
    with serve("--heartbeat", "400ms") as server:
        silent, busy = Stream(server, "/silent").read_head(), Stream(server, "/busy").read_head()
        while silent.bytes.count(b":\n\n") < 3:
            server.publish("busy", "x")
            silent.socket.settimeout(0.02)
            try:
                silent.bytes += silent.socket.recv(4096)
            except TimeoutError:
                pass
        busy.read_until(b"data: x\n\n")
        assert events(silent.bytes) == []
        assert busy.bytes.count(b":\n\n") < silent.bytes.count(b":\n\n")


def test_a_signal_ends_streams_cleanly():
    for sig in (signal.SIGTERM, signal.SIGINT):
        server = Server("--workers", "2")
        streams = [Stream(server, "/news").read_head() for _ in range(20)]
        server.publish("news", "last words")
        server.process.send_signal(sig)
        for stream in streams:
            assert stream.read_to_end().endswith(b"data: last words\n\n")
        assert server.process.wait(30) == -sig


def test_a_stalled_reader_does_not_hold_up_the_end():
    server = Server("--drain", "300ms", "--history-bytes", "64m", "--body-bytes-max", "8m", "--turn-bytes-max", "1m")
    stalled = Stream(server, "/news", receive_buffer=4096).read_head()
    for _ in range(6):
        server.publish("news", b"x" * (4 << 20))
    assert server.stop() == -signal.SIGTERM
    stalled.close()


def test_help_and_version_go_to_stdout():
    for option in ("--help", "--version"):
        out = subprocess.run([program("sse-serve"), option], capture_output=True, text=True, timeout=30)
        assert out.returncode == 0 and "sse-serve" in out.stdout and not out.stderr


def test_options_come_from_the_environment_and_a_file_too(tmp_path):
    config = tmp_path / "serve.toml"
    config.write_text('retry = "100ms"\nheartbeat = "1h"\n')
    with serve("--config", str(config), env={"SSE_EPOCH": "fromenv"}) as server:
        stream = Stream(server, "/news").read_head()
        stream.read_until(b"\n\n")
        assert prime_id(stream.bytes) == "fromenv-0"
        assert int(dict(blocks(stream.bytes)[0])["retry"]) <= 125


def blocks_sigterm(pid, thread):
    with open(f"/proc/{pid}/task/{thread}/status") as status:
        mask = next(line for line in status if line.startswith("SigBlk:"))
    return bool(int(mask.split()[1], 16) >> (signal.SIGTERM - 1) & 1)


def test_signals_are_for_the_first_thread_alone():
    with serve("--workers", "3") as server:
        pid = server.process.pid

        def others():
            threads = [int(thread) for thread in os.listdir(f"/proc/{pid}/task")]
            return len(threads) >= 3 and not blocks_sigterm(pid, pid) and set(threads) - {pid}

        workers = wait_for(others, "the workers to run")
        assert all(blocks_sigterm(pid, thread) for thread in workers)


@pytest.mark.parametrize("workers", ["1", "2", "2", "2"])  # which of them has the stream is chance
def test_a_second_signal_ends_a_drain_at_once(workers):
    with serve("--drain", "1h", "--workers", workers) as server:
        stream = Stream(server, "/news", receive_buffer=4096).read_head()
        server.wait_streams("news", 1)
        for _ in range(5):
            server.publish("news", "x" * 900_000)
        server.process.send_signal(signal.SIGTERM)
        wait_for(lambda: not server.takes_connections(), "the port to close")
        assert server.stop(signal.SIGINT) == -signal.SIGINT
        stream.close()
