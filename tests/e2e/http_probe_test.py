"""Raw HTTP/1.1 requests, right and wrong, against sse-serve: each is answered as listed or the
connection closes, and the server goes on serving.

The cases ask for "/", which names no channel. They are sent to "/-/healthz" (or, to publish, to a
channel of their own) so that a request that should be accepted is really answered with 2xx.
"""

import json
import os
import re
import socket

import pytest

from harness import DEADLINE_S, Stream, events, serve

DATA = os.path.join(os.environ["SSE_SOURCE_DIR"], "tests", "data", "http1_probe_cases.json")
with open(DATA) as file:
    CASES = json.load(file)

OK = "2xx"
CLOSE = "close"
FINAL = "any final status"

# What sse-serve may answer where a case leaves the choice or speaks of what it has not got
# (conditional requests, an echo). A case of status Exact(N) allows N, Range2xx allows 2xx.
ALLOWED = {
    "200": {200},
    "200 or 400": {200},
    "200 or 416": {200},
    "200 or 505": {505},
    "204 without CL": {204},
    "2xx (Range ignored)": {OK},
    "2xx (no crash)": {OK},
    "2xx + 2xx": {OK},
    "2xx + close": {OK},
    "2xx + echo": {OK},
    "2xx or 400": {OK, 400},
    "2xx preferred; 400 warns": {OK},
    "2xx with Allow header": {OK},
    "2xx with Content-Type": {OK},
    "2xx with Cookie in body": {OK},
    "2xx with Date header": {OK},
    "2xx with a=1, b=2, c=3 in body": {OK},
    "2xx with both cookies": {OK},
    "2xx with foo=bar in body": {OK},
    "2xx with no body": {OK},
    "304": {OK},
    "400 or 2xx": {OK, 400},
    "400 or 2xx+close": {400},
    "400 or 2xx/404": {OK, 400, 404},
    "400 or close (pass), 2xx (warn)": {400},
    "400, or 2xx + close": {400},
    "400, or close": {400},
    "400/405 or 200": {400, 405},
    "400/405/501 or 2xx": {400, 405, 501},
    "400/405/501 or close": {400, 405, 501},
    "400/501 or 2xx+close": {400, 501},
    "400/501 or close": {400, 501},
    "400/505 or close": {400, 505},
    "400/close preferred; poisoned follow-up = warn": {OK, 400},
    "400/close/pass-through; poisoned follow-up = warn": {OK, 400},
    "400/close/timeout": {CLOSE, 400, 413},
    "405 + Allow header": {405},
    "405/501 or 2xx": {405, 501},
    "405/501, or 200 without Auth": {405, 501},
    "406 or 2xx": {406},
    "415 or 2xx": {OK, 415},
    "417 or 2xx": {417},
    "417/400/close preferred; poisoned follow-up = warn": {OK},
    "501/405/400 or close": {400, 405, 501},
    "!101": {FINAL},
    "IMF-fixdate format": {OK},
    "Reject/drop (pass), normalize (fail), preserve (warn)": {400},
    "Reject/drop (pass), normalize casing (fail), preserve (warn)": {400},
    "non-101 (426 preferred)": {FINAL},
    "non-1xx response": {FINAL},
}
EXACT = {"Exact(400)": {400}, "Range2xx": {OK}}
EXACT_TEXTS = {"400 or close"}

# The published data where a case asks for an echo.
ECHOES = {
    "COMP-POST-CL-BODY": "hello",
    "COMP-CHUNKED-BODY": "hello",
    "COMP-CHUNKED-MULTI": "hello world",
    "COMP-CHUNKED-TRAILER-VALID": "hello",
    "COMP-CHUNKED-HEX-UPPERCASE": "helloworld",
}
# Cases about methods and media types of a channel rather than of a page.
ON_CHANNEL = {"COMP-405-ALLOW", "COMP-ACCEPT-NONSENSE", "COMP-OPTIONS-ALLOW", "COMP-NO-CL-IN-204"}


def unescape(text):
    short = {"r": "\r", "n": "\n", "t": "\t", "0": "\0", "\\": "\\"}
    found = re.compile(r"\\(?:x([0-9a-fA-F]{2})|(.))")
    return found.sub(lambda m: chr(int(m[1], 16)) if m[1] else short[m[2]], text).encode("latin-1")


def wire_bytes(probe, text, port):
    """The bytes to send: with a host, and the target "/" replaced by one that exists."""
    channel = "/" + probe["id"].lower()
    post = text.startswith("POST")
    target = channel if post or probe["id"] in ON_CHANNEL else "/-/healthz"
    text = re.sub(r"^((?:\\r\\n)*[A-Za-z]+) (http://[^/ ]+)?/ HTTP", rf"\1 \g<2>{target} HTTP", text)
    return unescape(text).replace(b"{host}", b"127.0.0.1:%d" % port)


def allowed(expected):
    if expected["status"]:
        assert expected["text"] is None or expected["text"] in EXACT_TEXTS
        return EXACT[expected["status"]] | ({CLOSE} if expected["close_ok"] else set())
    return ALLOWED[expected["text"]]


class Answer:
    """One response, checked for its form; status CLOSE when the connection ended instead."""

    def __init__(self, connection, head_only=False):
        self.headers = {}
        self.body = b""
        self.interim = []
        self.status = 100
        while self.status == 100:
            self._read_head(connection)
            if self.status == 100:
                self.interim.append(100)
        if self.status == CLOSE:
            return
        length = self.headers.get("content-length")
        if self.status == 204:
            assert length is None
        elif "text/event-stream" != self.headers.get("content-type"):
            assert length is not None, "a body without an end"
            if not head_only:
                self.body = connection.read_exactly(int(length))

    def _read_head(self, connection):
        head = connection.read_head()
        if head is None:
            self.status = CLOSE
            return
        status_line, *lines = head.split(b"\r\n")
        assert re.fullmatch(rb"HTTP/1\.1 [1-5]\d\d [ -~]+", status_line), status_line
        for line in lines:
            assert re.fullmatch(rb"[A-Za-z-]+: [ -~]*", line), line
        self.status = int(status_line.split()[1])
        pairs = (line.decode().split(": ", 1) for line in lines)
        self.headers = {name.lower(): value for name, value in pairs}

    def matches(self, wanted):
        kind = OK if self.status != CLOSE and 200 <= self.status < 300 else None
        final = self.status != CLOSE and self.status >= 200
        return self.status in wanted or kind in wanted or (FINAL in wanted and final)


class Connection:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=DEADLINE_S)
        self.bytes = b""

    def send(self, data):
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the answer or the end is still to be read

    def _receive(self):
        try:
            piece = self.socket.recv(1 << 16)
        except ConnectionResetError:
            piece = b""
        self.bytes += piece
        return bool(piece)

    def read_head(self):
        while b"\r\n\r\n" not in self.bytes:
            if not self._receive():
                assert self.bytes == b"", f"ended inside a head: {self.bytes!r}"
                return None
        head, self.bytes = self.bytes.split(b"\r\n\r\n", 1)
        return head

    def read_exactly(self, size):
        while len(self.bytes) < size:
            assert self._receive(), "ended inside a body"
        body, self.bytes = self.bytes[:size], self.bytes[size:]
        return body

    def assert_closed(self):
        """The server ends it, and nothing but what was read came before."""
        while self._receive():
            pass
        assert self.bytes == b"", self.bytes

    def close(self):
        self.socket.close()


@pytest.fixture(scope="module")
def server():
    with serve("--workers", "1") as running:
        yield running


@pytest.fixture
def connection(server):
    opened = Connection(server.port)
    yield opened
    opened.close()


def assert_serves(server):
    """A request on a fresh connection is answered: nothing was left behind."""
    probe = Connection(server.port)
    probe.send(b"GET /-/healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert Answer(probe).status == 200
    probe.assert_closed()
    probe.close()
    assert server.process.poll() is None


def check_content(server, probe, answer):
    """What a case says beyond the status."""
    text = probe["expected"]["text"] or ""
    if "Allow header" in text:
        assert {"GET", "POST"} <= set(answer.headers["allow"].split(", "))
    if "Content-Type" in text:
        assert "content-type" in answer.headers
    if "Date" in text or "fixdate" in text:
        assert re.fullmatch(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT",
                            answer.headers["date"])
    if probe["id"] == "COMP-NO-1XX-HTTP10":
        assert answer.interim == []
    if "echo" in text:
        stream = Stream(server, f"/{probe['id'].lower()}?since=earliest").read_head()
        stream.read_until(ECHOES[probe["id"]].encode() + b"\n\n")
        assert [event["data"] for event in events(stream.bytes)] == [ECHOES[probe["id"]]]
        stream.close()


def ask(connection, probe, text, port):
    data = wire_bytes(probe, text, port)
    connection.send(data)
    if CLOSE in allowed(probe["expected"]):
        connection.socket.shutdown(socket.SHUT_WR)  # no more will come: the server need not wait
    return Answer(connection, head_only=data.startswith(b"HEAD"))


SINGLE = [probe for probe in CASES if not probe["sequence"]]
SEQUENCES = [probe for probe in CASES if probe["sequence"]]


def test_every_expectation_is_understood():
    assert len(CASES) == 163
    for probe in CASES:
        assert allowed(probe["expected"])


@pytest.mark.parametrize("probe", SINGLE, ids=lambda probe: probe["id"])
def test_a_request_is_answered_as_listed(server, connection, probe):
    answer = ask(connection, probe, probe["requests_escaped"][0], server.port)
    assert answer.matches(allowed(probe["expected"])), (answer.status, answer.body)
    if answer.status != CLOSE:
        check_content(server, probe, answer)
    if answer.matches({400, 501, 505, 413, 417}) or "+ close" in (probe["expected"]["text"] or ""):
        assert answer.headers["connection"] == "close"
        connection.assert_closed()
    assert_serves(server)


@pytest.mark.parametrize("probe", SEQUENCES, ids=lambda probe: probe["id"])
def test_a_sequence_is_answered_or_ends(server, connection, probe):
    first, second = probe["requests_escaped"]
    answer = ask(connection, probe, first, server.port)
    assert answer.matches(allowed(probe["expected"])), (answer.status, answer.body)
    if answer.headers.get("connection") == "close":
        connection.assert_closed()
    else:
        follow_up = ask(connection, probe, second, server.port)
        # One byte too many before the second request makes its method unknown, and no other.
        poisoned = probe["id"] == "SMUG-CL0-BODY-POISON"
        assert follow_up.matches({501} if poisoned else {OK}), follow_up.status
    assert_serves(server)


@pytest.mark.parametrize("probe", [p for p in SINGLE if p["id"] in ECHOES], ids=lambda probe: probe["id"])
def test_a_request_may_come_byte_by_byte(server, connection, probe):
    connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    slow = {**probe, "id": probe["id"] + "-SLOW"}
    for byte in wire_bytes(slow, probe["requests_escaped"][0], server.port):
        connection.send(bytes([byte]))
    assert Answer(connection).status == 200


def test_whoever_has_the_answer_finds_room_for_another_body():
    body = b"x" * (64 << 10)
    with serve("--workers", "4", "--body-bytes-max", "64k", "--bodies-bytes-max", "64k") as server:
        for _ in range(500):  # on connections of their own, so with other workers
            server.publish("news", body)
