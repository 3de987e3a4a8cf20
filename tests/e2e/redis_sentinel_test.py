"""Sentinels: who is asked where Redis is, and what a failover costs."""

import contextlib
import os
import socket
import subprocess
import threading

import pytest

from harness import DEADLINE_S, program, wait_for
from pub_tools import run_pub
from redis_support import RedisServer, data, gaps, node_running, quiet_port, redis_running

HISTORY = ("--redis-history", "1000")


class Sentinel:
    """One that alone decides, and quickly."""

    def __init__(self, master):
        self.port = quiet_port()
        self._master = master
        path = os.path.join(master.folder, "sentinel.conf")
        with open(path, "w") as config:
            config.write(f"bind 127.0.0.1\nport {self.port}\ndir {master.folder}\n"
                         f"sentinel monitor one 127.0.0.1 {master.port} 1\n"
                         "sentinel down-after-milliseconds one 300\n"
                         "sentinel failover-timeout one 3000\n")
        self.process = subprocess.Popen(["redis-server", path, "--sentinel"],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(self._knows_replica, "the sentinel to know the replica")

    def _knows_replica(self):
        assert self.process.poll() is None, "the sentinel did not start"
        return "master-link-status\nok" in self.ask("replicas")

    def ask(self, question):
        return subprocess.run(["redis-cli", "-p", str(self.port), "SENTINEL", question, "one"],
                              capture_output=True, text=True, timeout=DEADLINE_S, check=False).stdout

    def close(self):
        self.process.kill()
        self.process.wait()


class Group:
    """A master, a replica, a sentinel; the first address of the URL is nobody's."""

    def __init__(self, stack):
        self.master = RedisServer()
        stack.callback(self.master.close)
        self.replica = RedisServer("--replicaof", "127.0.0.1", str(self.master.port))
        stack.callback(self.replica.close)
        self.sentinel = sentinel = Sentinel(self.master)
        stack.callback(sentinel.close)
        self.url = f"redis+sentinel://127.0.0.1:{quiet_port()},127.0.0.1:{sentinel.port}/one"

    def fail_over(self):
        """Once the replica has everything."""
        def offset(server):
            return server.command("INFO", "replication").split("master_repl_offset:")[1].split()[0]
        wait_for(lambda: offset(self.master) == offset(self.replica), "the replica to catch up")
        self.master.kill()
        # Not asked itself: a new master closes the connections it had.
        wait_for(lambda: str(self.replica.port) in self.sentinel.ask("get-master-addr-by-name"),
                 "a new master")


@pytest.fixture
def group():
    with contextlib.ExitStack() as stack:
        yield Group(stack)


def publish(url, data, *options):
    done = run_pub("--redis", url, *options, "news", data)
    assert done.returncode == 0, done.stderr


def test_a_failover_loses_nothing_with_a_history(group):
    with node_running(group.url, *HISTORY) as node:
        node.wait_log(f"connected to Redis at redis://127.0.0.1:{group.master.port}")
        stream = node.open("/news")
        publish(group.url, "1", "--redis-history")
        node.publish("news", "2")
        stream.read_until(b"data: 2\n\n")
        group.fail_over()
        publish(group.url, "3", "--redis-history")
        stream.read_until(b"data: 3\n\n")
        assert data(stream) == ["1", "2", "3"] and gaps(stream) == []
        node.wait_log(f"connected to Redis at redis://127.0.0.1:{group.replica.port}")
        resumed = node.open("/news?since=earliest")
        resumed.read_until(b"data: 3\n\n")
        assert data(resumed) == ["1", "2", "3"]


def test_a_failover_is_told_without_a_history(group):
    with node_running(group.url) as node:
        stream = node.open("/news")
        publish(group.url, "1")
        stream.read_until(b"data: 1\n\n")
        group.fail_over()
        wait_for(lambda: node.metric("sse_redis_reconnects_total") == 2, "the new master")
        node.wait_ready()
        publish(group.url, "2")
        stream.read_until(b"data: 2\n\n")
        assert data(stream) == ["1", "2"]
        assert [gap["reason"] for gap in gaps(stream)] == ["disconnected"]


@contextlib.contextmanager
def scripted_sentinel(answer):
    """Knows PING and one answer."""
    def serve(client):
        with client, contextlib.suppress(OSError):
            while request := client.recv(4096):
                client.sendall(answer if b"SENTINEL" in request else b"+PONG\r\n")

    def accept(listener):
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=serve, args=listener.accept()[:1], daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, args=(listener,), daemon=True).start()
        yield f"redis+sentinel://127.0.0.1:{listener.getsockname()[1]}/one"
        listener.shutdown(socket.SHUT_RDWR)


def naming(port):
    return b"*2\r\n$9\r\n127.0.0.1\r\n$%d\r\n%s\r\n" % (len(str(port)), str(port).encode())


@contextlib.contextmanager
def node_that_is_not_ready(url):
    process = subprocess.Popen([program("sse-serve"), "--listen", "127.0.0.1:0", "--redis", url],
                               stderr=subprocess.PIPE, text=True)
    try:
        yield process.stderr
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("answer, complaint", [
    (b"*-1\r\n", "knows no master 'one'"),
    (b"-NOAUTH Authentication required.\r\n", "NOAUTH"),
    (b"*1\r\n$1\r\nx\r\n", "unexpected reply"),
    (naming(0), "is not one"),
    (b"*2\r\n$0\r\n\r\n$4\r\n6379\r\n", "is not one"),
])
def test_what_a_sentinel_says_is_told(answer, complaint):
    with scripted_sentinel(answer) as url:
        done = run_pub("--redis", url, "--retry-time", "0", "news", "x")
        assert done.returncode == 3 and complaint in done.stderr.decode()
        with node_that_is_not_ready(url) as log:
            assert any(complaint in line for line in log)


def test_a_replica_is_not_taken_for_the_master():
    with redis_running() as master, \
            redis_running("--replicaof", "127.0.0.1", str(master.port)) as replica, \
            scripted_sentinel(naming(replica.port)) as url:
        complaint = "is not the master (slave)"
        done = run_pub("--redis", url, "--retry-time", "0", "news", "x")
        assert done.returncode == 3 and complaint in done.stderr.decode()
        with node_that_is_not_ready(url) as log:
            assert any(complaint in line for line in log)
