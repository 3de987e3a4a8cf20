"""sse-tail over HTTP/2: through a real nginx, and from a scripted server."""

import contextlib
import socket
import ssl
import struct
import threading

import pytest

from harness import serve
from proxy_support import nginx
from tail_support import Server, Tail, closed_port, run, self_signed, stream_of

SITE = """
proxy_http_version 1.1;
proxy_set_header Connection "";
proxy_set_header X-Protocol $server_protocol;
proxy_set_header X-Connection $connection;
proxy_buffering off;
server {{
    listen 80 {listen};
    {tls}
    keepalive_requests {requests_max};
    location / {{ proxy_pass http://127.0.0.1:{port}; }}
}}
"""
TLS = "ssl_certificate {0}; ssl_certificate_key {1};"


def held(connection, request, number):
    """One event named by the path, then silence."""
    stream_of(f"id: {number}\ndata: {request.target}\n\n", then="hold")(connection, request, number)


@contextlib.contextmanager
def nginx_in_front(folder, server, tls=True, listen="http2", requests_max=1000):
    """nginx before a scripted server; .url() takes a path, .trust is what to trust it by."""
    certificate = self_signed(folder)
    site = SITE.format(listen=f"ssl {listen}" if tls else listen, port=server.port,
                       tls=TLS.format(*certificate) if tls else "", requests_max=requests_max)
    with nginx(folder, site) as front:
        front.trust = ("--cacert", certificate[0]) if tls else ()
        front.url = lambda path: f"{'https' if tls else 'http'}://127.0.0.1:{front.port}{path}"
        yield front


def connections(server):
    """The protocol and the connection of each request as nginx took them."""
    return [(r.header("x-protocol").decode(), r.header("x-connection")) for r in server.requests]


@pytest.mark.parametrize("tls, options, protocol, shared", [
    (True, (), "HTTP/2.0", True),
    (True, ("--http2",), "HTTP/2.0", True),
    (True, ("--http1.1",), "HTTP/1.1", False),
    (False, ("--http2-prior-knowledge",), "HTTP/2.0", False),
])
def test_streams_of_one_server_share_a_connection(tmp_path, tls, options, protocol, shared):
    paths = [f"/{n}" for n in range(5)]
    with Server(held) as server, nginx_in_front(tmp_path, server, tls) as front:
        urls = [front.url(path) for path in paths]
        with Tail("-o", "data", *options, *front.trust, *urls) as tail:
            assert sorted(tail.line() for _ in paths) == paths
        seen = connections(server)
    assert {used for used, _ in seen} == {protocol}
    assert len({connection for _, connection in seen}) == (1 if shared else len(paths))


@pytest.mark.parametrize("options, connections_wanted", [((), 1), (("--http1.1",), 4)])
def test_our_own_server(options, connections_wanted, tmp_path, monkeypatch):
    certificate, key = self_signed(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))  # for what the test itself asks
    with serve("--tls-cert", certificate, "--tls-key", key) as server:
        channels = ["a", "b", "c", "d"]
        urls = [f"{server.url}/{channel}?since=earliest" for channel in channels]
        for channel in channels:
            server.publish(channel, channel)
        before = server.metric("sse_connections_total")
        with Tail("-o", "data", "--cacert", certificate, *options, *urls) as tail:
            assert sorted(tail.line() for _ in channels) == channels
            ours = server.metric("sse_connections_total") - before - 1  # and that which asks
            assert ours == connections_wanted
            server.publish("c", "more")
            assert tail.line() == "more"


def test_a_server_without_http2_is_asked_in_http1(tmp_path):
    with Server(held) as server, nginx_in_front(tmp_path, server, listen="") as front:
        urls = [front.url(f"/{n}") for n in range(3)]
        with Tail("-o", "data", "--http2", *front.trust, *urls) as tail:
            assert sorted(tail.line() for _ in urls) == ["/0", "/1", "/2"]
        assert {used for used, _ in connections(server)} == {"HTTP/1.1"}


def test_streams_do_not_wait_for_what_is_never_agreed_on(tmp_path):
    """A server that knows nothing of ALPN, and none at all."""
    certificate, key = self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with Server(held, tls=context) as server:
        urls = [server.url(f"/{n}") for n in range(3)]
        with Tail("-o", "data", "--cacert", certificate, *urls) as tail:
            assert sorted(tail.line() for _ in urls) == ["/0", "/1", "/2"]
    gone = [f"https://127.0.0.1:{closed_port()}/{n}" for n in range(3)]
    done = run("--max-retries", "0", *gone)
    assert done.returncode == 3 and done.stderr.count(b"cannot connect") == 3


def test_an_upgrade_that_is_ignored():
    with Server(stream_of("data: a\n\n")) as server:
        assert run("-c", "1", "--http2", server.url()).stdout == b"a\n"
    assert server.requests[0].header("upgrade") == b"h2c"


def test_a_stream_that_is_cut_resumes_on_the_same_connection(tmp_path):
    def script(connection, request, number):
        after = int(request.header("last-event-id") or 0)
        stream_of(f"retry: 1\nid: {after + 1}\ndata: {after + 1}\n\n")(connection, request, number)

    with Server(script) as server, nginx_in_front(tmp_path, server) as front:
        done = run("-c", "5", *front.trust, front.url("/"))
        assert done.stdout == b"1\n2\n3\n4\n5\n"
        assert len(set(connections(server))) == 1


def test_a_connection_that_takes_no_more_requests_is_replaced(tmp_path):
    """nginx says GOAWAY after so many requests."""
    def script(connection, request, number):
        stream_of(f"retry: 1\nid: {number}\ndata: {number}\n\n")(connection, request, number)

    with Server(script) as server, nginx_in_front(tmp_path, server, requests_max=2) as front:
        done = run("-c", "6", *front.trust, front.url("/"))
        assert done.stdout == b"0\n1\n2\n3\n4\n5\n"
        seen = connections(server)
    assert {used for used, _ in seen} == {"HTTP/2.0"} and len(set(seen)) >= 3
    assert [r.header("last-event-id") for r in server.requests] == \
        [None, *(str(n).encode() for n in range(5))]


def test_no_http2_server():
    done = run("--http2-prior-knowledge", "--max-retries", "0", f"http://127.0.0.1:{closed_port()}/")
    assert done.returncode == 3
    with Server(lambda connection, *_: connection.send("HTTP/1.1 400 Bad\r\n\r\n")) as server:
        done = run("--http2-prior-knowledge", "--no-reconnect", server.url())
    assert done.returncode == 3 and done.stderr.count(b"\n") == 1, done.stderr


# A few frames of HTTP/2 (RFC 9113), written by hand.
DATA, HEADERS, RST_STREAM, SETTINGS, GOAWAY = 0, 1, 3, 4, 7
END_HEADERS = ACK = 4
CANCEL, REFUSED_STREAM, ENHANCE_YOUR_CALM = 8, 7, 11


def frame(kind, payload=b"", flags=0, stream=0):
    return struct.pack("!BHBBI", len(payload) >> 16, len(payload) & 0xffff, kind, flags,
                       stream) + payload


def answer(stream, body):
    """The head of an event stream (:status 200 and content-type, not Huffman-coded), and a piece."""
    fields = b"\x88\x0f\x10\x11text/event-stream"
    return frame(HEADERS, fields, END_HEADERS, stream) + frame(DATA, body, 0, stream)


class Http2Server:
    """Sends each of pieces(stream, number) for each request, the second and further ones when told
    by go_on(), then closes the connection."""

    def __init__(self, pieces):
        self.pieces, self.count, self.told = pieces, 0, threading.Semaphore(0)
        self.go_on = self.told.release
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}/"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                sock = self.listener.accept()[0]
                with sock, contextlib.suppress(OSError), sock.makefile("rb") as received:
                    self._talk(sock, received)

    def _talk(self, sock, received):
        assert received.read(24).startswith(b"PRI * HTTP/2.0")
        sock.sendall(frame(SETTINGS) + frame(SETTINGS, flags=ACK))
        while True:
            high, low, kind, _, stream = struct.unpack("!BHBBI", received.read(9))
            received.read(high << 16 | low)
            if kind == HEADERS:
                break
        first, *others = self.pieces(stream, self.count)
        self.count += 1
        sock.sendall(first)
        for piece in others:
            self.told.acquire()
            sock.sendall(piece)
        sock.shutdown(socket.SHUT_WR)
        received.read()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


def going_away(error):
    return lambda stream: frame(GOAWAY, struct.pack("!II", stream, error))


def reset(error):
    return lambda stream: frame(RST_STREAM, struct.pack("!I", error), 0, stream)


@pytest.mark.parametrize("end", [going_away(0), going_away(ENHANCE_YOUR_CALM), reset(CANCEL),
                                 reset(0), lambda stream: b""],
                         ids=["goaway", "calm", "cancel", "reset", "close"])
def test_a_stream_that_is_broken_off_is_connected_anew(end):
    def pieces(stream, number):
        return answer(stream, f"retry: 1\nid: {number}\ndata: {number}\n\n".encode()), end(stream)

    with Http2Server(pieces) as server:
        with Tail("-o", "data", "-c", "3", "--http2-prior-knowledge", server.url) as tail:
            for number in range(3):
                assert tail.line() == str(number)
                server.go_on()
            assert tail.wait() == 0


@pytest.mark.parametrize("refusal", [lambda stream: frame(GOAWAY, struct.pack("!II", 0, 0)),
                                     reset(REFUSED_STREAM)], ids=["goaway", "refused"])
def test_a_request_that_was_not_looked_at_is_made_again(refusal):
    def pieces(stream, number):
        return [answer(stream, b"data: a\n\n") if number else refusal(stream)]

    with Http2Server(pieces) as server:
        done = run("-c", "1", "--reconnect-delay", "1ms", "--http2-prior-knowledge", server.url)
    assert done.stdout == b"a\n", done.stderr
