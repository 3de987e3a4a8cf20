"""A scripted HTTP server on a raw socket, and sse-tail driven against it."""

import json
import os
import queue
import signal
import socket
import subprocess
import threading
import time

SSE_TAIL = os.path.join(os.environ["SSE_BIN"], "sse-tail")
DEADLINE = 20  # seconds until a test gives up waiting for what must come
STREAM = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"


def head(status, headers=(), reason="X", version="1.1"):
    lines = [f"HTTP/{version} {status} {reason}"] + [f"{name}: {value}" for name, value in headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def wait_until(condition, what="the condition"):
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.005)


class Request:
    """What one connection asked for: `headers` maps lower-case names to lists of byte values."""

    def __init__(self, raw_head, body, at):
        lines = raw_head.split(b"\r\n")
        self.method, self.target, _ = lines[0].decode().split(" ")
        self.headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(b":")
            self.headers.setdefault(name.decode().lower(), []).append(value.strip())
        self.body = body
        self.at = at

    def header(self, name):
        values = self.headers.get(name, [])
        assert len(values) <= 1, f"{name} sent {len(values)} times"
        return values[0] if values else None


class Connection:
    """The server's side of one request, for the script to answer."""

    def __init__(self, sock, server):
        self.sock = sock
        self.server = server

    def send(self, data):
        self.sock.sendall(data.encode() if isinstance(data, str) else data)

    def send_chunked(self, pieces, last=True):
        for piece in pieces:
            self.send(b"%x\r\n%s\r\n" % (len(piece), piece))
        if last:
            self.send(b"0\r\n\r\n")

    def hold(self):
        """Keeps the connection open until the client or the test ends."""
        self.sock.settimeout(0.05)
        while not self.server.stopping:
            try:
                if not self.sock.recv(4096):
                    return
            except TimeoutError:
                continue
            except OSError:
                return


class Server:
    """Runs `script(connection, request, number)` for each request, then closes the connection.

    `number` counts the requests from 0. `requests` holds all of them.
    """

    def __init__(self, script, unix_path=None, tls=None):
        self.script = script
        self.tls = tls
        self.requests = []
        self.stopping = False
        if unix_path:
            self.listener = socket.socket(socket.AF_UNIX)
            self.listener.bind(unix_path)
        else:
            self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.listen(64)
        self.port = None if unix_path else self.listener.getsockname()[1]
        self.threads = [threading.Thread(target=self._accept, daemon=True)]
        self.threads[0].start()

    def url(self, path="/stream"):
        scheme = "https" if self.tls else "http"
        return f"{scheme}://127.0.0.1:{self.port}{path}"

    def _accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(sock,), daemon=True)
            self.threads.append(thread)
            thread.start()

    def _serve(self, sock):
        try:
            if self.tls:
                sock = self.tls.wrap_socket(sock, server_side=True)
            elif sock.family == socket.AF_INET:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            request = self._read_request(sock)
            if request:
                number = len(self.requests)
                self.requests.append(request)
                self.script(Connection(sock, self), request, number)
        except OSError:
            pass
        finally:
            sock.close()

    @staticmethod
    def _read_request(sock):
        data = b""
        while b"\r\n\r\n" not in data:
            piece = sock.recv(65536)
            if not piece:
                return None
            data += piece
        at = time.monotonic()
        raw_head, _, body = data.partition(b"\r\n\r\n")
        request = Request(raw_head, body, at)
        length = int(request.header("content-length") or 0)
        while len(request.body) < length:
            piece = sock.recv(65536)
            if not piece:
                return None
            request.body += piece
        return request

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stopping = True
        self.listener.shutdown(socket.SHUT_RDWR)  # wakes accept(), which close() would not
        self.listener.close()


def stream_of(body, then="close"):
    """A script that answers every request with this stream."""

    def script(connection, _request, _number):
        connection.send(STREAM)
        connection.send(body)
        if then == "hold":
            connection.hold()

    return script


def self_signed(folder, name="server"):
    """A certificate for 127.0.0.1 and localhost, which is its own authority, and its key."""
    certificate, key = folder / f"{name}.crt", folder / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", certificate,
                    "-subj", f"/CN={name}", "-addext",
                    "subjectAltName=IP:127.0.0.1,DNS:localhost", "-days", "2"],
                   check=True, capture_output=True)
    return certificate, key


def closed_port():
    """A port of 127.0.0.1 that refuses connections."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def environment(**extra):
    clean = {k: v for k, v in os.environ.items() if not k.startswith("SSE_")}
    clean.update({"HOME": "/nonexistent", "XDG_CONFIG_HOME": "/nonexistent", "no_proxy": "*"})
    clean.pop("NO_COLOR", None)
    return {**clean, **extra}


def run(*args, stdin=None, env=None, timeout=DEADLINE):
    """sse-tail to its end: .returncode, .stdout and .stderr (bytes)."""
    return subprocess.run([SSE_TAIL, *args], capture_output=True, input=stdin, timeout=timeout,
                          env=env or environment(), check=False)


def records(stdout):
    return [json.loads(line) for line in stdout.decode().splitlines()]


class Tail:
    """A running sse-tail whose output lines are read as they come."""

    def __init__(self, *args, stdout=subprocess.PIPE):
        self.process = subprocess.Popen([SSE_TAIL, *args], stdout=stdout, stderr=subprocess.PIPE,
                                        env=environment())
        self.lines = queue.Queue()
        if stdout == subprocess.PIPE:
            threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line.decode().rstrip("\n"))
        self.lines.put(None)

    def line(self):
        """The next line of stdout; None at its end."""
        return self.lines.get(timeout=DEADLINE)

    def record(self):
        line = self.line()
        return None if line is None else json.loads(line)

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self):
        return self.process.wait(timeout=DEADLINE)

    def stderr(self):
        return self.process.stderr.read().decode()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stderr.close()
