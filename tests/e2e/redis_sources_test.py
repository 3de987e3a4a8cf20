"""Commands, standard input and files as sources of a node that shares a Redis."""

import signal
import subprocess

import pytest

from harness import events, wait_for
from redis_support import AOF, Node, gaps, node_running, redis_running

MODES = pytest.mark.parametrize("mode", [(), ("--redis-history", "1000")], ids=["plain", "history"])
LINES = [str(n) for n in range(1, 201)]


def lines(stream):
    """What the source said, without the event that tells its end."""
    return [e["data"] for e in events(stream.bytes) if "event" not in e]


@MODES
def test_a_command_on_one_node_reaches_streams_on_another_once(mode):
    with redis_running() as redis, node_running(redis.url, *mode) as listener:
        streams = [listener.open("/events") for _ in range(3)]
        command = ["sh", "-c", "seq 1 200; echo done; exec sleep 1000"]
        with node_running(redis.url, *mode, command=command) as node:
            for stream in streams:
                stream.read_until(b"data: done\n\n")
                assert lines(stream) == [*LINES, "done"] and gaps(stream) == []
            assert node.stop() == -signal.SIGTERM  # and the command with it


@MODES
def test_the_end_of_a_source_is_told_on_every_node(mode):
    with redis_running() as redis, node_running(redis.url, *mode) as listener:
        stream = listener.open("/events")
        with node_running(redis.url, *mode, command=["sh", "-c", "echo one; exit 3"]):
            stream.read_until(b"event: end\n")
            stream.read_until(b"}\n\n")
            assert lines(stream) == ["one"]


@MODES
def test_streams_of_the_node_itself_get_it_once_too(mode):
    with redis_running() as redis, \
            node_running(redis.url, *mode, "--stdin", stdin=subprocess.PIPE) as node:
        stream = node.open("/events")
        node.process.stdin.write("".join(line + "\n" for line in LINES))
        node.process.stdin.flush()
        stream.read_until(b"data: 200\n\n")
        assert lines(stream) == LINES


def test_lines_written_while_redis_is_away_arrive_when_it_is_back(tmp_path):
    path = tmp_path / "app.log"
    path.write_text("")
    with redis_running(*AOF) as redis, node_running(redis.url, "--redis-history", "1000") as listener:
        stream = listener.open("/log")
        with node_running(redis.url, "--redis-history", "1000", "--follow", f"log={path}") as node:
            append(path, LINES[:50])
            stream.read_until(b"data: 50\n\n")
            redis.kill()
            for one in (node, listener):
                one.wait_away()
            append(path, LINES[50:])
            redis.start()
            stream.read_until(b"data: 200\n\n")
            assert lines(stream) == LINES and gaps(stream) == []


def append(path, added):
    with open(path, "a") as file:
        file.write("".join(line + "\n" for line in added))


def test_a_source_that_ends_before_redis_comes_is_not_lost():
    with redis_running() as redis:
        redis.kill()
        node = Node(redis.url, "--redis-history", "1000", command=["sh", "-c", "echo early; sleep 1000"])
        try:
            node.wait_away()
            redis.start()
            node.wait_ready()
            stream = node.open_unprimed("/events?since=earliest")
            stream.read_until(b"data: early\n\n")
        finally:
            node.stop()


def test_a_fast_source_is_held_to_what_redis_takes():
    """More than any queue of a node holds, from a command that never waits."""
    count = 50_000
    with redis_running() as redis, \
            node_running(redis.url, "--redis-history", str(count + 10)) as listener:
        stream = listener.open("/events")
        with node_running(redis.url, "--redis-history", str(count + 10), "--stdin",
                          stdin=subprocess.PIPE) as node:
            seq = subprocess.Popen(["seq", "1", str(count)], stdout=node.process.stdin)
            stream.read_until(f"data: {count}\n\n".encode())
            seq.wait()
            assert lines(stream) == [str(n) for n in range(1, count + 1)]
            wait_for(lambda: node.status("/-/readyz") == 200, "the node to be well")
