"""Personal channels: for the user whom a proxy in front names."""

import subprocess

import pytest

from harness import DEADLINE_S, Stream, events, program, serve
from redis_support import nodes_running, redis_running

HEADER = ("--user-header", "X-Remote-User")


def open_as(server, path, *users):
    return Stream(server, path, [f"X-Remote-User: {user}" for user in users]).read_head()


@pytest.fixture(scope="module", name="server")
def fixture_server():
    with serve(*HEADER) as server:
        yield server


def test_a_user_gets_what_is_for_them_beside_what_they_asked_for(server):
    alice, bob = (open_as(server, "/news", user) for user in ("alice", "bob"))
    nobody = open_as(server, "/news")
    for channel, data in (("@alice", "for alice"), ("@bob", "for bob"), ("news", "for all")):
        server.publish(channel, data)
    got = {name: [e["data"] for e in events(stream.read_until(b"data: for all\n\n"))]
           for name, stream in (("alice", alice), ("bob", bob), ("nobody", nobody))}
    assert got == {"alice": ["for alice", "for all"], "bob": ["for bob", "for all"],
                   "nobody": ["for all"]}


def test_a_user_may_ask_for_their_own_channel_alone(server):
    own = open_as(server, "/@carol", "carol")
    assert own.status == 200
    server.publish("@carol", "hi")
    assert events(own.read_until(b"data: hi\n\n"))[-1]["data"] == "hi"
    assert open_as(server, "/@carol", "dave").status == 403
    assert open_as(server, "/@carol").status == 403
    assert open_as(server, "/@carol", "").status == 403


@pytest.mark.parametrize("users", [["a b"], ["alice", "bob"], ["a,b"], ["x" * 200]])
def test_a_name_that_cannot_be_one_is_refused(server, users):
    stream = open_as(server, "/news", *users)
    assert stream.status == 400


def test_without_the_option_the_header_means_nothing():
    with serve() as server:
        assert open_as(server, "/@alice", "alice").status == 403


def test_a_header_that_cannot_be_one_is_a_usage_error():
    done = subprocess.run([program("sse-serve"), "--user-header", "a b"], capture_output=True,
                          text=True, timeout=DEADLINE_S)
    assert done.returncode == 2 and "--user-header" in done.stderr


@pytest.mark.parametrize("history", [(), ("--redis-history", "100")])
def test_a_user_is_reached_on_every_node(history):
    with redis_running() as redis, nodes_running(redis.url, 2, *HEADER, *history) as nodes:
        streams = [Stream(node, "/news", ["X-Remote-User: alice"]).read_head()
                   for node in nodes]
        for stream in streams:
            stream.read_until(b"\n\n")  # primed: nothing published from here on is missed
        nodes[0].publish("@alice", "for alice")
        nodes[1].publish("news", "for all")
        for stream in streams:
            got = events(stream.read_until(b"data: for all\n\n"))
            assert [e["data"] for e in got] == ["for alice", "for all"]
