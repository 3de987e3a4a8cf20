"""An HTTP/2 client that does what it is told: it answers SETTINGS and PING, and nothing else. Windows
are widened, or not, by the test; frames may be as broken as bytes can be."""

import select
import socket
import ssl
import struct
import time

import hpack

from harness import DEADLINE_S, wait_for

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM = ACK = 0x1
END_HEADERS = 0x4
PADDED = 0x8
(NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FLOW_CONTROL_ERROR, SETTINGS_TIMEOUT, STREAM_CLOSED,
 FRAME_SIZE_ERROR, REFUSED_STREAM, CANCEL, COMPRESSION_ERROR, CONNECT_ERROR, ENHANCE_YOUR_CALM) = range(12)
MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE = 3, 4
WINDOW = 65_535  # that every connection and stream begins with
WINDOW_MAX = (1 << 31) - 1


def frame(kind, flags=0, stream=0, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def settings(values):
    return frame(SETTINGS, payload=b"".join(struct.pack(">HI", *pair) for pair in values.items()))


def window_update(stream, size):
    return frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", size))


def rst(stream, code=CANCEL):
    return frame(RST_STREAM, 0, stream, struct.pack(">I", code))


class H2Stream:
    """One request and what comes for it."""

    def __init__(self, client, number):
        self.client = client
        self.number = number
        self.heads = []  # interim ones too; trailers are dropped
        self.bytes = b""
        self.ended = False
        self.reset = None  # the code of an RST_STREAM

    @property
    def headers(self):
        return self.heads[-1]

    @property
    def status(self):
        return int(self.headers[":status"])

    @property
    def over(self):
        return self.ended or self.reset is not None

    def read_head(self):
        self.client.pump(lambda: self.heads or self.over, "the head of an answer")
        return self

    def read_until(self, marker, count=1):
        self.client.pump(lambda: self.bytes.count(marker) >= count or self.over,
                         f"{count} x {marker[:40]!r} after {self.bytes[-40:]!r}")
        assert self.bytes.count(marker) >= count, f"the stream ended: {self.bytes[-40:]!r}, reset {self.reset}"
        return self.bytes

    def read_to_end(self):
        self.client.pump(lambda: self.over, "the end of a stream")
        return self.bytes

    def data(self, payload, last=False):
        self.client.send(frame(DATA, END_STREAM if last else 0, self.number, payload))

    def widen(self, size):
        self.client.send(window_update(self.number, size))

    def cancel(self, code=CANCEL):
        self.client.send(rst(self.number, code))


class H2Client:
    """A connection. `windows`: False leaves those for events as small as they begin."""

    def __init__(self, server, values=None, windows=True, receive_buffer=None, tls=False, start=True, port=None):
        raw = socket.socket()
        if receive_buffer:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        raw.connect(("127.0.0.1", port or server.port))
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = over_tls(raw) if tls else raw
        self.authority = f"localhost:{server.port}"
        self.encoder = hpack.Encoder()
        self.decoder = hpack.Decoder()
        self.input = b""
        self.streams = {}
        self.next_stream = 1
        self.settings = {}
        self.agrees = True  # to the server's settings, and says so
        self.pongs = []
        self.goaway = None  # (last stream, code)
        self.closed = False
        values = {INITIAL_WINDOW_SIZE: WINDOW_MAX if windows else WINDOW, **(values or {})}
        if start:
            self.send(PREFACE + settings(values))
        if start and windows:
            self.send(window_update(0, WINDOW_MAX - WINDOW))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.closed = True
        self.socket.close()

    def send(self, data):
        """Whatever the server does meanwhile: it may have closed, which pump() then sees."""
        if self.closed:
            return
        self.socket.settimeout(DEADLINE_S)
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def block(self, path, method="GET", headers=(), **pseudo):
        fields = {":method": method, ":scheme": "http", ":path": path, ":authority": self.authority, **pseudo}
        return self.encoder.encode([(k, v) for k, v in fields.items() if v is not None] + list(headers))

    def new_stream(self):
        stream = H2Stream(self, self.next_stream)
        self.next_stream += 2
        self.streams[stream.number] = stream
        return stream

    def request(self, path, method="GET", headers=(), body=None, last=True, **pseudo):
        """`last` False: the body goes on."""
        stream = self.new_stream()
        ends = last and body is None
        self.send(frame(HEADERS, END_HEADERS | (END_STREAM if ends else 0), stream.number,
                        self.block(path, method, headers, **pseudo)))
        for start in range(0, len(body or b""), 16384):
            stream.data(body[start:start + 16384], last and start + 16384 >= len(body))
        if body == b"":
            stream.data(b"", last)
        return stream

    def ask(self, path, method="GET", headers=(), body=None, **pseudo):
        """The whole answer to a request."""
        stream = self.request(path, method, headers, body, **pseudo)
        stream.read_to_end()
        return stream

    def open(self, path, headers=(), last_id=None):
        """An event stream whose head and position have come."""
        more = [("last-event-id", last_id)] if last_id else []
        stream = self.request(path, headers=[("accept", "text/event-stream"), *headers, *more])
        stream.read_until(b"\n\n")
        return stream

    def ping(self):
        """Waits until the server has seen all that was sent before."""
        token = struct.pack(">Q", len(self.pongs) + 1)
        self.send(frame(PING, payload=token))
        self.pump(lambda: token in self.pongs, "the answer to a PING")

    def read_to_end(self):
        self.pump(lambda: self.closed, "the end of the connection")
        return self.goaway

    def pump(self, condition, what):
        """Takes frames until the condition is true. Fails when the connection ends before."""
        end = time.monotonic() + DEADLINE_S
        while not condition():
            assert not self.closed, f"connection ended, waiting for {what}; GOAWAY {self.goaway}"
            assert time.monotonic() < end, f"timed out waiting for {what}"
            self.take(1)

    def take(self, timeout_s=0):
        """What has come, or comes so soon; false if nothing."""
        if self.closed:
            return False
        waiting = getattr(self.socket, "pending", int)()
        if not waiting and not select.select([self.socket], [], [], timeout_s)[0]:
            return False
        try:
            piece = self.socket.recv(1 << 18)
        except (ConnectionResetError, BrokenPipeError):
            piece = b""
        if not piece:
            self.close()
        self.input += piece
        at = 0
        while len(self.input) - at >= 9:
            size = int.from_bytes(self.input[at:at + 3], "big")
            if len(self.input) - at < 9 + size:
                break
            kind, flags, stream = struct.unpack(">BBI", self.input[at + 3:at + 9])
            self.take_frame(kind, flags, stream, self.input[at + 9:at + 9 + size])
            at += 9 + size
        self.input = self.input[at:]
        return True

    def take_frame(self, kind, flags, number, payload):
        stream = self.streams.get(number)
        if kind == DATA:
            assert not stream.over, f"DATA on stream {number} after its end"
            stream.bytes += payload
        elif kind == HEADERS:
            assert flags & END_HEADERS
            fields = dict(self.decoder.decode(payload))
            if ":status" in fields:
                stream.heads.append(fields)
        elif kind == RST_STREAM:
            stream.reset = int.from_bytes(payload, "big")
        elif kind == SETTINGS and not flags & ACK:
            self.settings.update(struct.iter_unpack(">HI", payload))
            if self.agrees:
                self.send(frame(SETTINGS, ACK))
        elif kind == PING:
            self.pongs.append(payload)
        elif kind == GOAWAY:
            self.goaway = struct.unpack(">II", payload[:8])
        if kind in (DATA, HEADERS) and flags & END_STREAM:
            stream.ended = True


def over_tls(raw):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    wrapped = context.wrap_socket(raw, server_hostname="localhost")
    assert wrapped.selected_alpn_protocol() == "h2"
    return wrapped


def wait_all_gone(server):
    """The connections of a test are closed: nothing is left of them but the one that asks."""
    for name, left in (("sse_streams", 0), ("sse_http2_connections", 0), ("sse_connections", 1),
                       ("sse_streams_lagging", 0), ("sse_request_bodies_bytes", 0)):
        wait_for(lambda: server.metric(name) == left, f"{name} to be {left}")


def assert_served(server):
    """Others are: on connections old and new."""
    with H2Client(server) as client:
        assert client.ask("/-/healthz").bytes == b"ok\n"
