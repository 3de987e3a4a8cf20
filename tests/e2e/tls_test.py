"""TLS as clients meet it: protocols, handshakes that fail, and requests however records cut them."""

import contextlib
import json
import os
import signal
import socket
import ssl
import subprocess

import pytest

from harness import DEADLINE_S, Stream, data_marker, events, wait_for
from tls_support import tls_serve

GET = b"GET /-/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
VERSIONS = {"--http1.1": "1.1", "--http2": "2"}


@pytest.fixture(scope="module")
def server(authority):
    with tls_serve(authority, "--workers", "2") as running:
        yield running


def connect(server, context, name="localhost"):
    raw = socket.create_connection(("127.0.0.1", server.tls_port), DEADLINE_S)
    return context.wrap_socket(raw, server_hostname=name)


def read_to_end(connection):
    got = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := connection.recv(1 << 16):
            got += piece
    return got


def failed(server):
    return server.metric("sse_tls_handshakes_failed_total")


def check_well(server, context):
    """It serves others."""
    with connect(server, context) as connection:
        connection.sendall(b"GET /-/healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert read_to_end(connection).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("option", VERSIONS)
def test_streams_and_publishing(authority, server, channel, option):
    stream = authority.curl(server, f"/{channel}", option, "-i")
    head = stream.read_until(b"\n\n").decode()
    assert head.startswith(f"HTTP/{VERSIONS[option]} 200") and "content-type: text/event-stream" in head.lower()
    for n in range(3):
        post = authority.curl(server, f"/{channel}", option, "-d", f"event {n}", "-w", " %{http_version}")
        status, complaint = post.end()
        answer, version = post.bytes.decode().rsplit(" ", 1)
        assert (status, complaint, version) == (0, "", VERSIONS[option])
        stream.read_until(f"id: {json.loads(answer)['ids'][0]}\ndata: event {n}\n\n".encode())
    stream.stop()
    server.wait_streams(channel, 0)


def test_every_version_on_one_channel_gets_the_same(authority, server, channel):
    tls, clear = authority.context(), Stream(server, f"/{channel}", tls=False).read_head()
    streams = [Stream(server, f"/{channel}", tls=tls).read_head() for _ in range(10)]
    curls = [authority.curl(server, f"/{channel}", option) for option in VERSIONS for _ in range(3)]
    server.wait_streams(channel, 17)
    last = b"data: last\n\n"
    for n in range(200):
        server.publish(channel, f"{n} " + "x" * (n * 37 % 5000))
    server.publish(channel, "last")
    clear.read_until(last)
    for one in streams + curls:
        one.read_until(last)
        assert events(one.bytes) == events(clear.bytes)
    for curl in curls:
        curl.stop()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_versions_spoken(authority, server, version):
    context = authority.context()
    context.minimum_version = context.maximum_version = version
    with connect(server, context) as connection:
        assert connection.version() == version.name.replace("_", ".")
        # Forward secrecy, and nothing that is not authenticated encryption.
        assert "GCM" in connection.cipher()[0] or "CHACHA20" in connection.cipher()[0]
    check_well(server, context)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_old_versions_are_refused(authority, server):
    context = authority.context()
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    context.minimum_version, context.maximum_version = 0x301, 0x302  # TLS 1.0 and 1.1
    before = failed(server)
    with pytest.raises(ssl.SSLError, match="(?i)protocol.version"):
        connect(server, context)
    wait_for(lambda: failed(server) == before + 1, "the failure to be counted")
    wait_for(lambda: any("no shared protocol version" in line for line in server.log), "a line in the log")


def test_protocols_are_negotiated(authority, server):
    for offered, chosen in ((["h2", "http/1.1"], "h2"), (["http/1.1"], "http/1.1"),
                            (["http/1.0"], "http/1.0"), (["http/1.0", "http/1.1"], "http/1.1"), ([], None)):
        context = authority.context()
        context.set_alpn_protocols(offered)
        with connect(server, context) as connection:
            assert connection.selected_alpn_protocol() == chosen
    context.set_alpn_protocols(["gopher"])
    with pytest.raises(ssl.SSLError, match="(?i)no.application.protocol"):
        connect(server, context)


def test_the_oldest_http_is_understood(authority, server):
    curl = authority.curl(server, "/-/healthz", "--http1.0")
    assert curl.end() == (0, "") and curl.bytes == b"ok\n"


def test_sessions_are_resumed_until_certificates_change(authority):
    with tls_serve(authority, "--workers", "2") as server:
        context = authority.context()

        def is_resumed(session=None):
            raw = socket.create_connection(("127.0.0.1", server.tls_port), DEADLINE_S)
            with context.wrap_socket(raw, server_hostname="localhost", session=session) as connection:
                connection.sendall(GET)
                connection.recv(1 << 16)  # the ticket comes before the answer
                return connection.session_reused, connection.session
        _, first = is_resumed()
        resumed, second = is_resumed(first)
        assert resumed
        server.process.send_signal(signal.SIGHUP)
        wait_for(lambda: any("read again" in line for line in server.log), "the certificates to be read")
        assert not is_resumed(second)[0]


class OpenSsl:
    """A running `openssl s_client`, which takes commands: K and R alone on a line."""

    def __init__(self, authority, server, *options):
        argv = ["openssl", "s_client", "-connect", f"127.0.0.1:{server.tls_port}", "-servername", "localhost",
                "-CAfile", str(authority.ca), "-verify_return_error", *options]
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, bufsize=0)
        self.bytes = b""

    def say(self, text):
        self.process.stdin.write(text)

    def read_until(self, marker, count=1):
        while self.bytes.count(marker) < count:
            piece = self.process.stdout.read(1 << 16)
            assert piece, self.bytes
            self.bytes += piece

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()


def test_keys_may_be_changed_under_a_stream(authority, server, channel):
    with OpenSsl(authority, server, "-tls1_3") as client:
        client.say(b"K\n")
        client.read_until(b"KEYUPDATE")
        client.say(f"GET /{channel} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        client.read_until(b"retry: ")
        for n in range(4):
            client.say(b"K\n")
            client.read_until(b"KEYUPDATE", n + 2)
            server.publish(channel, f"{n} " + "x" * 40_000 + data_marker(n))
            client.read_until(data_marker(n).encode())
        assert [client.bytes.count(f"data: {n} ".encode()) for n in range(4)] == [1] * 4


def test_nobody_can_renegotiate(authority, server):
    with OpenSsl(authority, server, "-tls1_2") as client:
        client.say(b"R\n")
        client.read_until(b"no renegotiation")
    check_well(server, authority.context())


def test_what_is_not_tls_ends_a_stream(authority, server, channel):
    others = Stream(server, f"/{channel}", tls=authority.context()).read_head()
    for broken in (b"\x17\x03\x03\x00\x20" + b"x" * 32, b"GET / HTTP/1.1\r\n\r\n", b"\x17\x03\x03\xff\xff" + b"x" * 70_000):
        stream = Stream(server, f"/{channel}", tls=authority.context()).read_head()
        server.wait_streams(channel, 2)
        with socket.socket(fileno=os.dup(stream.socket.fileno())) as raw, contextlib.suppress(OSError):
            raw.sendall(broken)
        server.wait_streams(channel, 1)
        stream.close()
    server.publish(channel, "still here")
    others.read_until(b"data: still here\n\n")


def test_without_http2_it_is_not_offered(authority):
    with tls_serve(authority, "--no-http2") as server:
        stream = authority.curl(server, "/news", "--http2", "-i")
        assert stream.read_until(b"\n\n").startswith(b"HTTP/1.1 200 ")
        stream.stop()


def test_plain_http_is_told(authority, server):
    before = failed(server)
    with socket.create_connection(("127.0.0.1", server.tls_port), DEADLINE_S) as connection:
        connection.sendall(b"GET /news HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answer = read_to_end(connection)
    assert answer.startswith(b"HTTP/1.1 400 ") and b"https://" in answer
    wait_for(lambda: failed(server) == before + 1, "the failure to be counted")
    check_well(server, authority.context())


HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 40  # and nothing more


def test_who_stops_halfway_is_dropped_in_time(authority):
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(tls_serve(authority, "--head-timeout", "500ms"))

        def begin(hello):
            half = stack.enter_context(socket.create_connection(("127.0.0.1", server.tls_port), DEADLINE_S))
            half.sendall(hello)
            return half
        half_open = [begin(HELLO[:size]) for size in (0, 3, len(HELLO))]
        assert [read_to_end(one) for one in half_open] == [b""] * 3
        wait_for(lambda: failed(server) == 3, "the failures to be counted")


def test_a_handshake_without_a_request_ends_in_time(authority):
    with tls_serve(authority, "--head-timeout", "500ms") as server:
        def shake_hands():  # on a machine so busy that it takes too long: again
            with contextlib.suppress(OSError):
                return connect(server, authority.context())
        with wait_for(shake_hands, "a handshake in time") as silent:
            assert read_to_end(silent) == b""


def test_clients_that_vanish_leave_nothing_behind(authority, server, channel):
    stream = Stream(server, f"/{channel}", tls=authority.context()).read_head()
    server.wait_streams(channel, 1)
    idle = server.metric("sse_connections")
    for n in range(100):
        with socket.create_connection(("127.0.0.1", server.tls_port), DEADLINE_S) as connection:
            if n % 2:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            connection.sendall((b"", b"\x16", os.urandom(100), b"\x16\x03\x01\x40\x00" + os.urandom(500))[n // 2 % 4])
    wait_for(lambda: server.metric("sse_connections") <= idle, "the connections to be closed")
    server.publish(channel, "still here")
    stream.read_until(b"data: still here\n\n")


def ask(authority, server, records, answers):
    """The records as given, each by itself; what came until there were so many answers."""
    with connect(server, authority.context()) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for record in records:
            connection.sendall(record)
        got = b""
        while got.count(b"HTTP/1.1 200 ") < answers:
            piece = connection.recv(1 << 16)
            assert piece, got
            got += piece
        return got


def test_several_requests_in_one_record(authority, server):
    assert ask(authority, server, [GET * 2], 2).count(b"HTTP/1.1 ") == 2
    assert ask(authority, server, [GET * 300], 300).count(b"HTTP/1.1 ") == 300


def test_one_request_in_many_records(authority, server):
    assert ask(authority, server, [GET[n:n + 1] for n in range(len(GET))] * 2, 2).count(b"HTTP/1.1 ") == 2


def test_publish_and_subscribe_in_one_record(authority, server, channel):
    body = b"x" * 5000
    post = (f"POST /{channel} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body
    get = f"GET /{channel}?since=earliest HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    assert len(post + post + get) < 1 << 14
    with connect(server, authority.context()) as connection:
        connection.sendall(post + post + get)
        got = b""
        while got.count(b"data: " + body) < 2:
            got += connection.recv(1 << 16)


def test_a_body_larger_than_what_is_read_at_once(authority, server, channel):
    stream = Stream(server, f"/{channel}", tls=authority.context()).read_head()
    post = authority.curl(server, f"/{channel}", "--http1.1", "-d", "x" * 100_000)
    assert post.end() == (0, "")
    stream.read_until(b"data: " + b"x" * 100_000 + b"\n\n")
