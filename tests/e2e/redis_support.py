"""A redis-server that dies and comes back, and nodes of sse-serve that share it."""

import contextlib
import json
import os
import random
import socket
import subprocess
import urllib.error
import urllib.request

from harness import DEADLINE_S, Server, Stream, events, wait_for
from pub_tools import Redis

AOF = ("--appendonly", "yes", "--appendfsync", "always")  # what is acknowledged survives kill -9
QUICK = ("--redis-backoff-max", "200ms")  # tests need not wait for a calm reconnect


def quiet_port():
    """A free port the kernel does not give to clients: nobody takes it while its server is down,
    and a client that tries it meanwhile does not connect to itself."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class RedisServer(Redis):
    """A redis-server that keeps its port, its folder and its settings through restarts."""

    def __init__(self, *settings):
        super().__init__(*settings, port=quiet_port())

    def kill(self):
        """As `kill -9` does: no goodbye, nothing saved on the way."""
        self.process.kill()
        self.process.wait()

    def start(self):
        self.process = subprocess.Popen(self.process.args, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        wait_for(lambda: self._accepts() and self.command("PING") == "PONG", "redis-server to load")

    def restart(self):
        self.kill()
        self.start()

    def command(self, *arguments):
        """The reply to one command of text or bytes: int, str, None or a list. An error reply is
        returned as RedisError."""
        encoded = [a if isinstance(a, bytes) else str(a).encode() for a in arguments]
        with socket.create_connection(("127.0.0.1", self.port), timeout=DEADLINE_S) as connection:
            connection.sendall(b"*%d\r\n" % len(encoded) + b"".join(
                b"$%d\r\n%s\r\n" % (len(a), a) for a in encoded))
            with connection.makefile("rb") as replies:
                return read_reply(replies)

    def publish(self, channel, message):
        return self.command("PUBLISH", channel, message)

    def channels(self):
        """What nodes are subscribed to, without the topic they keep to talk among themselves."""
        return {name for name in self.command("PUBSUB", "CHANNELS") if not name.endswith("}:nodes")}

    def subscribers(self, channel):
        """How many connections are subscribed to it by name."""
        return self.command("PUBSUB", "NUMSUB", channel)[1]

    def subscriber_connections(self):
        return len(self.command("CLIENT", "LIST", "TYPE", "pubsub").splitlines())

    def cut(self, kind):
        """Closes all connections of that kind: `pubsub` or `normal`."""
        return self.command("CLIENT", "KILL", "TYPE", kind)

    def wait_subscribers(self, channel, count):
        wait_for(lambda: self.subscribers(channel) == count, f"{count} subscribers of {channel}")


class RedisError(str):
    """What came after the `-` of an error reply."""


def read_reply(replies):
    line = replies.readline().rstrip(b"\r\n")
    kind, rest = line[:1], line[1:].decode()
    if kind == b"-":
        return RedisError(rest)
    if kind == b"+":
        return rest
    if kind == b":":
        return int(rest)
    if int(rest) < 0:
        return None
    if kind == b"*":
        return [read_reply(replies) for _ in range(int(rest))]
    return replies.read(int(rest) + 2)[:-2].decode("utf-8", "replace")


@contextlib.contextmanager
def redis_running(*settings):
    server = RedisServer(*settings)
    try:
        yield server
    finally:
        server.close()


class Node(Server):
    """One sse-serve on a Redis."""

    def __init__(self, url, *options, **kwargs):
        super().__init__("--redis", url, *QUICK, *options, **kwargs)

    def try_publish(self, channel, data, query=""):
        """The status and the body of the answer, whatever it is."""
        try:
            return 200, self.publish(channel, data, query)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def publish_batch(self, channel, data):
        """Publishes each of `data`, in one request; their ids."""
        body = "".join(f"data: {one}\n\n" for one in data)
        return self.publish(channel, body, headers={"Content-Type": "text/event-stream"})["ids"]

    def status(self, path):
        try:
            with urllib.request.urlopen(self.url + path, timeout=DEADLINE_S) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            with error:
                return error.code

    def wait_ready(self):
        wait_for(lambda: self.status("/-/readyz") == 200, "the node to be ready")

    def wait_away(self):
        wait_for(lambda: self.status("/-/readyz") == 503, "the node to notice that Redis is away")

    def open_unprimed(self, path, last_id=None):
        """A stream that was accepted, whether or not Redis is there."""
        return Stream(self, path, [f"Last-Event-ID: {last_id}"] if last_id else []).read_head()

    def open(self, path, last_id=None):
        """A stream that was given its position: what is published from now on reaches it."""
        stream = self.open_unprimed(path, last_id)
        stream.read_until(b"\n\n")
        return stream

    def wait_log(self, text):
        return wait_for(lambda: next((line for line in list(self.log) if text in line), None),
                        f"{text!r} on stderr")


@contextlib.contextmanager
def nodes_running(url, count, *options, **kwargs):
    """`count` ready nodes on one Redis; `url` may be one for all or a list of theirs."""
    urls = [url] * count if isinstance(url, str) else url
    with contextlib.ExitStack() as stack:
        nodes = []
        for one in urls:
            nodes.append(Node(one, *options, **kwargs))
            stack.callback(nodes[-1].process.wait)
            stack.callback(nodes[-1].process.kill)
        for node in nodes:
            node.wait_ready()
        yield nodes


@contextlib.contextmanager
def node_running(url, *options, **kwargs):
    with nodes_running(url, 1, *options, **kwargs) as (node,):
        yield node


def gaps(stream):
    return [json.loads(e["data"]) for e in events(stream.bytes) if e.get("event") == "gap"]


def data(stream):
    """The data of the events a stream got, gaps left out."""
    return [e["data"] for e in events(stream.bytes) if e.get("event") != "gap"]


def full_size():
    """Whether to run at the size users were promised, or at one that suits every change."""
    return os.environ.get("SSE_FULL") == "1"
