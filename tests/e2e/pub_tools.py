"""What the tests of sse-pub need: a recording HTTP server, a redis-server, a runner."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import tempfile
import threading

from harness import DEADLINE_S, program, wait_for

HEAD_END = b"\r\n\r\n"


def environment(**extra):
    """The caller's environment without what would steer the tools."""
    kept = {k: v for k, v in os.environ.items()
            if (not k.startswith("SSE_") or k == "SSE_BIN") and not k.lower().endswith("_proxy")}
    return {**kept, "XDG_CONFIG_HOME": "/nonexistent", **extra}


def run_pub(*args, stdin=b"", env=None):
    return subprocess.run([program("sse-pub"), *args], input=stdin, capture_output=True,
                          timeout=DEADLINE_S, env=environment(**(env or {})))


def start_pub(*args, env=None):
    return subprocess.Popen([program("sse-pub"), *args], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            env=environment(**(env or {})))


class Request:
    def __init__(self, raw, connection):
        self.raw = raw
        self.connection = connection  # its number, from 0
        head, self.body = raw.split(HEAD_END, 1)
        lines = head.decode().split("\r\n")
        self.method, self.target, self.version = lines[0].split(" ")
        self.headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines[1:])}


class Recorder:
    """An HTTP server that keeps the bytes of each request. `answer(request)` gives
    (status, body), or None to close the connection without one, or "hang" to say nothing."""

    def __init__(self, answer=None, port=0, path=None):
        self.answer = answer or (lambda request: (200, {"ids": []}))
        self.requests = []
        self._open = []
        self._connections = 0
        if path:
            self._listener = socket.socket(socket.AF_UNIX)
            self._listener.bind(path)
        else:
            self._listener = socket.socket()
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._listener.bind(("127.0.0.1", port))
            self.port = self._listener.getsockname()[1]
            self.url = f"http://127.0.0.1:{self.port}"
        self._listener.listen(16)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._open.append(client)
                number, self._connections = self._connections, self._connections + 1
                threading.Thread(target=self._serve, args=(client, number), daemon=True).start()

    def _serve(self, client, number):
        with contextlib.suppress(OSError), client:
            pending = b""
            while True:
                while HEAD_END not in pending:
                    piece = client.recv(1 << 16)
                    if not piece:
                        return
                    pending += piece
                size = pending.index(HEAD_END) + len(HEAD_END)
                for line in pending[:size].decode().split("\r\n"):
                    if line.lower().startswith("content-length: "):
                        size += int(line.split(": ")[1])
                while len(pending) < size:
                    piece = client.recv(1 << 16)
                    if not piece:
                        return
                    pending += piece
                request, pending = Request(pending[:size], number), pending[size:]
                self.requests.append(request)
                if not self._reply(client, self.answer(request)):
                    return

    @staticmethod
    def _reply(client, answer):
        if answer == "hang":
            return True
        if answer is None:
            client.shutdown(socket.SHUT_RDWR)
            return False
        status, body = answer
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        client.sendall(b"HTTP/1.1 %d Word\r\nContent-Length: %d\r\n\r\n" % (status, len(body)) + body)
        return True

    def wait_requests(self, count):
        wait_for(lambda: len(self.requests) >= count, f"{count} requests")
        return self.requests

    def close(self):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for client in self._open:
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def recorder(*args, **kwargs):
    server = Recorder(*args, **kwargs)
    try:
        yield server
    finally:
        server.close()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Redis:
    """A redis-server on a free port and a unix socket; nothing saved."""

    def __init__(self, *settings, port=0):
        self.folder = tempfile.mkdtemp(prefix="sse-redis-")
        self.port = port or free_port()
        self.socket_path = os.path.join(self.folder, "redis.sock")
        self.url = f"redis://127.0.0.1:{self.port}"
        self.process = subprocess.Popen(
            ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--unixsocket",
             self.socket_path, "--save", "", "--appendonly", "no", "--dir", self.folder, *settings],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(self._accepts, "redis-server to listen")

    def _accepts(self):
        assert self.process.poll() is None, "redis-server did not start"
        with socket.socket() as tcp, socket.socket(socket.AF_UNIX) as unix:
            return (tcp.connect_ex(("127.0.0.1", self.port)) == 0 and
                    unix.connect_ex(self.socket_path) == 0)

    def cli(self, *args):
        return subprocess.run(["redis-cli", "-p", str(self.port), *args], capture_output=True,
                              text=True, timeout=DEADLINE_S, check=True).stdout

    def close(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


@contextlib.contextmanager
def redis_server(*settings, **kwargs):
    server = Redis(*settings, **kwargs)
    try:
        yield server
    finally:
        server.close()


class Subscriber:
    """redis-cli SUBSCRIBE; its lines, without quotes, as they come."""

    def __init__(self, server, channel, *login):
        self.process = subprocess.Popen(
            ["redis-cli", "-p", str(server.port), *login, "SUBSCRIBE", channel],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(3):  # subscribe, the channel, the number of subscriptions
            self.process.stdout.readline()

    def message(self):
        assert self.process.stdout.readline() == b"message\n"
        channel = self.process.stdout.readline().decode().rstrip("\n")
        return channel, self.process.stdout.readline().decode().rstrip("\n")

    def close(self):
        self.process.kill()
        self.process.wait()
