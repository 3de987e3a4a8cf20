"""Starts the real programs on free ports and talks to them over raw sockets."""

import contextlib
import json
import os
import re
import resource
import signal
import socket
import ssl
import subprocess
import threading
import time
import urllib.request

BIN = os.environ["SSE_BIN"]
# Then streams are opened over TLS by default; everything else is asked in clear.
OVER_TLS = os.environ.get("SSE_TEST_TLS") == "1"
# A certificate for the life of the server, kept nowhere.
SELF_SIGNED = ("--tls-self-signed",)
NO_HOME = {"HOME": "", "XDG_STATE_HOME": ""}
DEADLINE_S = 30  # for a condition that must come true; generous: sanitizers are slow


def program(name):
    return os.path.join(BIN, name)


def worker_counts(*counts):
    """For a test that is run with each of these, unless the environment says with how many."""
    return [os.environ["SSE_WORKERS"]] if "SSE_WORKERS" in os.environ else list(counts)


def wait_for(condition, what, deadline_s=DEADLINE_S):
    """The first true value of condition(); fails naming `what` when the deadline passes."""
    end = time.monotonic() + deadline_s
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"timed out waiting for {what}"
        time.sleep(0.01)


def trusting_all():
    """A TLS client that does not ask who the server is."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def metric_in(page, name, labels=""):
    """A value on a page of metrics."""
    for line in page.splitlines():
        if line.startswith(name + labels + " "):
            return float(line.split()[-1])
    raise AssertionError(f"no metric {name}{labels}")


class Server:
    """A running sse-serve; its stderr is kept in `log`. With options for `tls` it listens on a second
    port, `tls_port`, that speaks it."""

    def __init__(self, *options, listen="127.0.0.1:0", command=(), stdin=subprocess.DEVNULL, env=None,
                 open_files=None, tls=None):
        if tls is None and OVER_TLS and "127.0.0.1" in listen:
            tls, env = SELF_SIGNED, {**NO_HOME, **(env or {})}
        argv = [program("sse-serve"), "--listen", f"http://{listen}" if tls else listen]
        if tls:
            argv += ["--listen", "https://127.0.0.1:0", *tls]
        argv += options
        if command:
            argv += ["--", *command]
        self.process = subprocess.Popen(
            argv, stdin=stdin, stderr=subprocess.PIPE, text=True,
            env={**os.environ, **(env or {})},
            preexec_fn=open_files and (lambda: resource.setrlimit(resource.RLIMIT_NOFILE, open_files)))
        self.log = []
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()
        count = 2 if tls else 1
        wait_for(lambda: self.process.poll() is not None or len(self._urls()) >= count,
                 "sse-serve to listen")
        assert self._urls(), f"sse-serve did not start: {self.log}"
        self.url = self._urls()[0]
        self.port = int(self.url.rsplit(":", 1)[1]) if self.url.startswith("http") else None
        self.tls_port = int(self._urls()[1].rsplit(":", 1)[1]) if tls else None

    def _read_log(self):
        for line in self.process.stderr:
            self.log.append(line.rstrip("\n"))

    def _urls(self):
        lines = (re.match(r"sse-serve: listening on (\S+)", line) for line in list(self.log))
        return [found.group(1) for found in lines if found]

    def publish(self, channel, data, query="", headers=None):
        request = urllib.request.Request(
            f"{self.url}/{channel}{query}", method="POST", headers=headers or {},
            data=data if isinstance(data, bytes) else data.encode())
        with urllib.request.urlopen(request, timeout=DEADLINE_S) as answer:
            return json.loads(answer.read())

    def get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=DEADLINE_S) as answer:
            return answer.read().decode()

    def channels(self):
        return {c["name"]: c for c in json.loads(self.get("/-/channels"))["channels"]}

    def metric(self, name, labels=""):
        return metric_in(self.get("/-/metrics"), name, labels)

    def wait_streams(self, channel, count):
        wait_for(lambda: self.channels().get(channel, {}).get("streams", 0) == count,
                 f"{count} streams on {channel}")

    def takes_connections(self):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False

    def memory_kib(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1))

    def stop(self, sig=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(sig)
        try:
            return self.process.wait(DEADLINE_S)
        finally:
            self.process.kill()
            self._reader.join(DEADLINE_S)


@contextlib.contextmanager
def serve(*options, **kwargs):
    server = Server(*options, **kwargs)
    try:
        yield server
    finally:
        server.process.kill()
        server.process.wait()


class Stream:
    """One subscription over a raw socket, or over TLS with a context for it: head and body as
    bytes."""

    def __init__(self, server, path, headers=(), version="1.1", receive_buffer=None,
                 host="localhost", tls=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(DEADLINE_S)
        if tls is None and OVER_TLS and getattr(server, "tls_port", None):
            tls = trusting_all()
        self.socket.connect(("127.0.0.1", server.tls_port if tls else server.port))
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_hostname=host)
        asks = any(line.lower().startswith("accept:") for line in headers)
        accept = [] if asks else ["Accept: text/event-stream"]
        lines = [f"GET {path} HTTP/{version}", f"Host: {host}", *accept, *headers]
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        self.bytes = b""
        self.head = None

    def read_head(self):
        self.read_until(b"\r\n\r\n")
        head, self.bytes = self.bytes.split(b"\r\n\r\n", 1)
        self.head = head.decode("latin-1")
        self.status = int(self.head.split()[1])
        self.headers = {k.lower(): v for k, v in
                        (line.split(": ", 1) for line in self.head.split("\r\n")[1:])}
        return self

    def read_until(self, marker, count=1):
        for piece in self._pieces():
            self.bytes += piece
            if self.bytes.count(marker) >= count:
                return self.bytes
        raise AssertionError(f"stream ended before {count} x {marker!r}: {self.bytes[-300:]!r}")

    def read_to_end(self):
        for piece in self._pieces():
            self.bytes += piece
        return self.bytes

    def _pieces(self):
        """What is there, then what comes, to the end; heartbeats alone keep nobody waiting."""
        give_up = time.monotonic() + 3 * DEADLINE_S
        yield b""
        while piece := self.socket.recv(1 << 20):
            yield piece
            assert time.monotonic() < give_up, f"waited too long: {self.bytes[-300:]!r}"

    def close(self):
        self.socket.close()


def blocks(raw):
    """The blocks of a text/event-stream body as lists of (field, value); comments as ('', text)."""
    out = []
    for block in raw.decode().split("\n\n"):
        fields = []
        for line in filter(None, block.split("\n")):
            name, _, value = line.partition(":")
            fields.append((name, value[1:] if value.startswith(" ") else value))
        if fields:
            out.append(fields)
    return out


def events(raw):
    """The dispatched events of a body as dictionaries with id, event, data."""
    out = []
    for fields in blocks(raw):
        data = [v for k, v in fields if k == "data"]
        if data:
            out.append({**{k: v for k, v in fields if k in ("id", "event")}, "data": "\n".join(data)})
    return out


def prime_id(raw):
    """The id a stream opens with."""
    return dict(blocks(raw)[0])["id"]


def data_marker(number):
    return f"event number {number}."


def raise_file_limit():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
