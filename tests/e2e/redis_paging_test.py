"""Replay of more than a node holds: from Redis, page by page, while life goes on."""

import contextlib
import socket
import threading

import pytest

from harness import DEADLINE_S, Stream, events, wait_for
from redis_crowd import crowd_on
from redis_publishers import Audit, start_publishers, wait_publishers
from redis_support import AOF, data, gaps, nodes_running, redis_running

COUNT = 3000
OPTIONS = ("--redis-history", "20000", "--history", "100", "--redis-page", "70")
NODES = (2, *OPTIONS)


@pytest.fixture(scope="module")
def ids(nodes):
    """Ids of what was published to /long: `0`, `1` …"""
    return [one for first in range(0, COUNT, 500) for one in
            nodes[0].publish_batch("long", [str(n) for n in range(first, first + 500)])]


def read_all(stream, marker):
    stream.read_until(f"data: {marker}\n\n".encode())
    return data(stream)


@pytest.mark.parametrize("node", [0, 1])
def test_everything_comes_in_order_once(nodes, ids, node):
    stream = nodes[node].open("/long", ids[0])
    assert read_all(stream, COUNT - 1) == [str(n) for n in range(1, COUNT)] and gaps(stream) == []
    assert [e["id"] for e in events(stream.bytes)] == ids[1:]


@pytest.mark.parametrize("back", [1, 69, 70, 71, 99, 100, 101, 140, 169, 170, 171, 1234])
def test_every_distance_is_exact(nodes, ids, back):
    stream = nodes[1].open("/long", ids[-1 - back])
    assert read_all(stream, COUNT - 1) == [str(n) for n in range(COUNT - back, COUNT)]
    assert gaps(stream) == []


def test_earliest_and_a_number_reach_back_to_redis(nodes, ids):
    whole = nodes[1].open("/long?since=earliest")
    assert read_all(whole, COUNT - 1) == [str(n) for n in range(COUNT)]
    last = nodes[1].open("/long?since=-500")
    assert read_all(last, COUNT - 1) == [str(n) for n in range(COUNT - 500, COUNT)]
    assert gaps(whole) == gaps(last) == []


def test_a_head_request_gets_no_stream_however_much_there_is_to_read(nodes, ids):
    with socket.create_connection(("127.0.0.1", nodes[1].port), DEADLINE_S) as client:
        client.sendall(f"HEAD /long HTTP/1.1\r\nHost: x\r\nLast-Event-ID: {ids[0]}\r\n\r\n".encode())
        with client.makefile("rb") as answer:
            head, rest = answer.read().split(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n") and rest == b""


def test_a_merged_stream_reaches_back_on_all_its_channels(nodes):
    ids = [nodes[n % 2].publish(f"merge-{n % 3}", str(n))["ids"][0] for n in range(600)]
    stream = nodes[0].open("/merge-0,merge-1,merge-2", ids[0])
    assert read_all(stream, 599) == [str(n) for n in range(1, 600)] and gaps(stream) == []


def test_many_resume_while_events_go_on(nodes):
    """Live streams, and streams that resume from far back, all get everything once."""
    first = nodes[0].publish_batch("busy", [str(n) for n in range(2000)])[0]
    with crowd_on(nodes, 40, "/busy", one_log=True) as live:
        publishers = start_publishers(nodes, "busy", rate=300, seconds=3)
        late = [node.open("/busy", first) for _ in range(10) for node in nodes]
        lasts = wait_publishers(publishers)
        live.wait_level(lasts)
        audit = Audit(live, publishers)
        assert (audit.lost, audit.doubled, audit.reordered, audit.gaps, audit.faults) == (0, 0, 0, 0, [])
        order = next(iter(live.logs.values())).data
        expected = [*(str(n) for n in range(1, 2000)), *order]
        for stream in late:
            stream.read_until(f"data: {order[-1]}\n\n".encode())
            assert data(stream) == expected and gaps(stream) == []
            stream.close()


def test_a_replay_does_not_hold_up_the_others(redis, nodes):
    """Live events pass while replays of a long history are read by clients that stall."""
    filler = "x" * 2000
    first = nodes[0].publish_batch("bulk", [f"{filler}{n}" for n in range(400)])[0]
    for round_ in range(4):
        nodes[0].publish_batch("bulk", [f"{filler}{n}" for n in range(400)])
    live = nodes[0].open("/bulk-live")
    stalled = [nodes[0].open("/bulk", first) for _ in range(8)]
    for n in range(50):
        nodes[1].publish("bulk-live", str(n))
    assert read_all(live, 49) == [str(n) for n in range(50)]
    for stream in stalled:
        assert len(read_until_count(stream, 1999)) == 1999
        stream.close()


def read_until_count(stream, count):
    stream.read_until(b"\ndata: ", count)
    return data(stream)


def test_a_client_that_leaves_in_the_middle_costs_nothing(nodes, ids):
    for _ in range(20):
        stream = nodes[1].open("/long", ids[0])
        stream.close()
    wait_for(lambda: nodes[1].channels()["long"]["streams"] == 0, "the streams to be gone")
    assert nodes[1].status("/-/readyz") == 200


def test_a_replay_goes_on_after_redis_was_away(redis, nodes, ids):
    """The connection is closed again and again under replays."""
    stop = threading.Event()

    def kill():
        while not stop.wait(0.02):
            redis.cut("normal")
    killer = threading.Thread(target=kill)
    killer.start()
    try:
        for node in nodes:
            assert resumed_to_end(node, ids) == [str(n) for n in range(1, COUNT)]
    finally:
        stop.set()
        killer.join()


def resumed_to_end(node, ids):
    """All data after the first event, over as many connections as the server makes it."""
    got = []
    for _ in range(1000):
        stream = Stream(node, "/long", [f"Last-Event-ID: {ids[len(got)]}"])
        with contextlib.suppress(OSError):  # however the stream ends
            stream.read_head().read_until(f"data: {COUNT - 1}\n\n".encode())
        stream.bytes = stream.bytes[:stream.bytes.rfind(b"\n\n") + 2]
        assert gaps(stream) == []
        got += data(stream)
        if len(got) == COUNT - 1:
            return got
    raise AssertionError("the replay did not come to its end")


def test_a_stream_that_needs_redis_waits_for_it():
    """Not only a stream that is up to date when Redis is away: one that this node cannot serve."""
    with redis_running(*AOF) as redis, \
            nodes_running(redis.url, 1, *OPTIONS, "--heartbeat", "50ms") as (node,):
        ids = node.publish_batch("news", [str(n) for n in range(300)])
        live = node.open("/news")
        redis.kill()
        node.wait_away()
        early = node.open_unprimed("/news", ids[0])
        assert early.status == 200
        early.read_until(b":\n", 3)
        redis.start()
        assert read_all(early, 299) == [str(n) for n in range(1, 300)] and gaps(early) == []
        live.close()
