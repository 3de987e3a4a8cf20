"""sse-tail: what a request says and the way it takes."""

import socket
import ssl
import zlib

import pytest

from tail_support import (STREAM, Server, Tail, closed_port, environment, head, run, self_signed,
                          stream_of)

ONE = "data: a\n\n"


def only_request(*options, body=ONE, path="/stream", env=None):
    with Server(stream_of(body)) as server:
        done = run("-c", "1", *options, server.url(path), env=env)
    assert (done.returncode, done.stdout) == (0, b"a\n"), done.stderr
    return server.requests[0]


def test_json_body(tmp_path):
    path = tmp_path / "body"
    path.write_text('"b":2}\n')
    request = only_request("--json", '{"a":1,', "--json", f"@{path}")
    assert (request.method, request.body) == ("POST", b'{"a":1,"b":2}\n')
    assert request.header("content-type") == b"application/json"
    request = only_request("--json", "{}", "-H", "content-type: application/x", "-X", "PUT")
    assert (request.method, request.header("content-type")) == ("PUT", b"application/x")


def test_bearer_tokens():
    assert only_request("--oauth2-bearer", "t0k").header("authorization") == b"Bearer t0k"


def test_a_token_file_is_read_for_every_request(tmp_path):
    token = tmp_path / "token"
    token.write_text("first\n")

    def script(connection, request, number):
        token.write_text("second")
        stream_of("retry: 1\ndata: a\n\n")(connection, request, number)

    with Server(script) as server:
        assert run("-c", "2", "--token-file", str(token), server.url()).returncode == 0
    assert [r.header("authorization") for r in server.requests] == [b"Bearer first",
                                                                    b"Bearer second"]


def test_a_token_is_not_told_to_another_host():
    with Server(stream_of(ONE)) as other:
        target = f"http://localhost:{other.port}/"

        def script(connection, _request, _number):
            connection.send(head(307, [("Location", target), ("Content-Length", 0)]))

        with Server(script) as server:
            assert run("-c", "1", "--oauth2-bearer", "t", server.url()).returncode == 0
        assert "authorization" not in other.requests[0].headers


def test_a_user_is_not_sent_to_where_a_redirect_leads():
    assert only_request("-u", "ann:sec:ret").header("authorization") == b"Basic YW5uOnNlYzpyZXQ="
    with Server(stream_of(ONE)) as other:
        there = head(302, [("Location", other.url())])
        with Server(lambda connection, *_: connection.send(there)) as server:
            assert run("-c", "1", "-u", "ann:secret", server.url()).returncode == 0
    assert "authorization" not in other.requests[0].headers


def test_netrc(tmp_path):
    path = tmp_path / ".netrc"
    path.write_text("machine 127.0.0.1 login ann password secret\n")
    basic = b"Basic YW5uOnNlY3JldA=="
    assert only_request("--netrc-file", str(path)).header("authorization") == basic
    home = environment(HOME=str(tmp_path))
    assert only_request("-n", env=home).header("authorization") == basic
    assert "authorization" not in only_request(env=home).headers


def test_resolve_and_unknown_hosts():
    with Server(stream_of(ONE)) as server:
        url = f"http://made.up.example:{server.port}/x"
        done = run("-c", "1", "--resolve", f"made.up.example:{server.port}:127.0.0.1", url)
        assert done.stdout == b"a\n"
        assert server.requests[0].header("host") == f"made.up.example:{server.port}".encode()


@pytest.mark.parametrize("entry", ["made.up.example:80:127.0.0.1:{}", "::127.0.0.1:{}", "::localhost:{}"])
def test_connect_to(entry):
    with Server(stream_of(ONE)) as server:
        entry = entry.format(server.port)
        done = run("-c", "1", "--connect-to", entry, "http://made.up.example/x")
        assert done.stdout == b"a\n", done.stderr
        assert server.requests[0].header("host") == b"made.up.example"


def test_addresses_of_one_kind():
    with Server(stream_of(ONE)) as server:
        url = f"http://localhost:{server.port}/"
        assert run("-c", "1", "-4", url).returncode == 0
        assert run("--max-retries", "0", "-6", url).returncode == 3


def test_a_proxy_is_asked_for_the_whole_url():
    with Server(stream_of(ONE)) as proxy:
        env = environment(http_proxy=f"http://127.0.0.1:{proxy.port}", no_proxy="")
        assert run("-c", "1", "http://x.example/a", env=env).stdout == b"a\n"
        assert run("-c", "1", "-x", f"http://127.0.0.1:{proxy.port}", "--noproxy", "",
                   "http://y.example/b").stdout == b"a\n"
        assert [r.target for r in proxy.requests] == ["http://x.example/a", "http://y.example/b"]
        only_request("--proxy", "", env=env)
        only_request("--noproxy", "127.0.0.1", env=env)
        assert len(proxy.requests) == 2


def test_a_dead_proxy_is_no_connection():
    done = run("--no-reconnect", "-x", f"http://127.0.0.1:{closed_port()}", "--noproxy", "",
               "http://x.example/")
    assert done.returncode == 3 and done.stderr.count(b"\n") == 1


def test_a_compressed_stream_is_read_as_it_comes():
    def script(connection, _request, _number):
        packer = zlib.compressobj(wbits=31)
        connection.send(head(200, [("Content-Type", "text/event-stream"),
                                   ("Content-Encoding", "gzip")]))
        for text in (b"data: a\n\n", b"data: b\n\n"):
            connection.send(packer.compress(text) + packer.flush(zlib.Z_SYNC_FLUSH))
        connection.hold()

    with Server(script) as server:
        assert run("-c", "2", "--compressed", server.url()).stdout == b"a\nb\n"
        assert b"gzip" in server.requests[0].header("accept-encoding")
    assert "accept-encoding" not in only_request().headers


def test_a_bomb_takes_little_memory():
    """A megabyte that becomes a gigabyte of one line: refused at the limit."""

    def script(connection, _request, _number):
        packer = zlib.compressobj(wbits=31)
        connection.send(head(200, [("Content-Type", "text/event-stream"),
                                   ("Content-Encoding", "gzip")]))
        connection.send(packer.compress(b"data: "))
        for _ in range(1000):
            connection.send(packer.compress(bytes(1 << 20)))

    with Server(script) as server:
        done = run("--compressed", "--no-reconnect", server.url())
    assert done.returncode == 1 and b"--line-bytes-max" in done.stderr


def test_a_client_certificate(tmp_path):
    certificate, key = self_signed(tmp_path)
    client, client_key = self_signed(tmp_path, "client")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.load_verify_locations(client)
    context.verify_mode = ssl.CERT_REQUIRED
    files = ["--cacert", certificate]
    own = ["-E", client, "--key", client_key]
    with Server(stream_of(ONE), tls=context) as server:
        assert run("-c", "1", *files, *own, server.url()).stdout == b"a\n"
        assert run("--no-reconnect", *files, server.url()).returncode in (3, 6)
        wrong = run(*files, "-E", key, server.url())
        assert wrong.returncode == 1 and wrong.stderr.count(b"\n") == 1


@pytest.mark.parametrize("status, option", [(502, "502"), (500, "503,5xx"), (401, "4xx")])
def test_statuses_that_are_tried_again(status, option):
    def script(connection, request, number):
        if number < 2:
            connection.send(head(status, [("Content-Length", 5)]) + b"later")
        else:
            stream_of(ONE)(connection, request, number)

    with Server(script) as server:
        done = run("-c", "1", "--reconnect-delay", "1ms", "--retry-status", option, server.url())
        assert (done.returncode, done.stdout) == (0, b"a\n")
        server.requests.clear()
        assert run("--no-reconnect", "--retry-status", option, server.url()).returncode == 4


def test_a_day_of_bad_network():
    """Cuts, stalls, split characters, redirects and refusals: every event once and in order."""
    last = 60
    text = "caf\u00e9 \U0001F600 {}"

    def block(n):
        return f"id: {n}\ndata: {text.format(n)}\n\n".encode()

    def script(connection, request, number):
        if request.target == "/stream":
            return trouble(connection, request, number)
        return deliver(connection, request, number)

    def trouble(connection, request, number):
        kind = number % 5
        if kind == 0:
            connection.send(head(307, [("Location", "/moved"), ("Content-Length", 0)]))
        elif kind == 1:
            connection.send(head(503, [("Content-Length", 0)]))
        elif kind == 2:
            connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        elif kind == 3:
            connection.send(STREAM + "data: never whole")
        else:
            deliver(connection, request, number)

    def deliver(connection, request, number):
        first = int(request.header("last-event-id") or 0) + 1
        connection.send(STREAM + "retry: 1\n\n")
        whole = b"".join(block(n) for n in range(first, min(first + 4, last) + 1))
        cut = len(whole) if first + 4 > last else len(whole) - 7 - number % 9
        for at in range(0, cut, 3):
            connection.send(whole[at:min(at + 3, cut)])
        if number % 3 == 0:
            connection.hold()  # stalls

    with Server(script) as server:
        done = run("-c", str(last), "--retry-status", "503", "--read-timeout", "200ms",
                   "--reconnect-delay", "1ms", server.url(), timeout=60)
    assert done.stdout.decode().splitlines() == [text.format(n) for n in range(1, last + 1)]


@pytest.mark.parametrize("options", [["-d", "a", "--json", "b"], ["--token-file", "/nonexistent"],
                                     ["--oauth2-bearer", "a\nb"], ["--key", "/dev/null"],
                                     ["--resolve", "x:1"], ["--connect-to", "x:1:y"], ["-u", "ann"],
                                     ["-u", "a:b", "--oauth2-bearer", "t"], ["--retry-status", "200"],
                                     ["--retry-status", "5x"], ["-x", "", "--retry-status", "999"],
                                     ["--token-file", "/dev/null"]])
def test_bad_input_is_one_line_that_names_the_option(options):
    done = run(*options, "http://127.0.0.1:1/")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"sse-tail: --") and done.stderr.count(b"\n") == 1


def test_a_token_that_cannot_be_read_later_is_tried_again(tmp_path):
    token = tmp_path / "token"
    token.write_text("first")
    with Server(stream_of("retry: 1\ndata: a\n\n")) as server:
        with Tail("-c", "1000000", "--token-file", str(token), server.url()) as tail:
            assert tail.line() == "a"
            token.unlink()
            assert "cannot connect: --token-file: cannot read" in tail.process.stderr.readline(
                ).decode()
            token.write_text("second")
            while b"Bearer second" not in [r.header("authorization") for r in server.requests]:
                tail.line()
