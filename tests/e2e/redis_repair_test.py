"""History: whatever happens to the connections, streams get everything, once and in order."""

import contextlib
import signal
import threading

import pytest

from harness import wait_for
from redis_crowd import crowd_on
from redis_proxy import proxy_to
from redis_publishers import Audit, start_publishers, wait_publishers
from redis_support import AOF, data, gaps, node_running, nodes_running, redis_running

HISTORY = ("--redis-history", "20000", "--redis-timeout", "500ms")
STREAMS = 30
RATE = 200


@contextlib.contextmanager
def checked_load(nodes, publish_to, seconds, channels=("news",)):
    """Streams on all nodes and publishers, while the caller does harm; then the proof."""
    with crowd_on(nodes, STREAMS, "/" + ",".join(channels), one_log=True) as crowd:
        publishers = [publisher for channel in channels for publisher in
                      start_publishers(publish_to, channel, RATE / len(channels), seconds)]
        yield crowd, publishers
        wait_publishers(publishers)
        for node in nodes:
            node.wait_ready()
        crowd.wait_level([publish_to[0].publish(channels[0], "last") and "last"])
        audit = Audit(crowd, publishers)
        assert len(audit.accepted) > RATE * seconds / 10, "too little was accepted to prove anything"
        assert (audit.lost, audit.doubled, audit.reordered, audit.gaps) == (0, 0, 0, 0)
        assert audit.faults == [] and audit.reconnects == 0


def some_accepted(publishers, more):
    """Waits until each publisher got `more` events accepted from now on."""
    start = {p: len(p.accepted) for p in publishers}
    wait_for(lambda: all(not p.is_alive() or len(p.accepted) >= start[p] + more for p in publishers),
             "publishing to go on")


@pytest.mark.parametrize("kind", ["pubsub", "normal"])
@pytest.mark.parametrize("channels", [("news",), ("a", "b", "c")])
def test_killed_connections(kind, channels):
    with redis_running() as redis, nodes_running(redis.url, 2, *HISTORY) as nodes:
        with checked_load(nodes, nodes, 4, channels) as (_, publishers):
            for _ in range(5):
                some_accepted(publishers, 10)
                assert redis.cut(kind) >= 1
        if kind == "pubsub":
            assert all(node.metric("sse_redis_reconnects_total") >= 1 for node in nodes)


def test_a_subscriber_that_is_cut_repairs_what_it_missed():
    with redis_running() as redis, proxy_to(redis) as proxy:
        with nodes_running([redis.url, proxy.url], 2, *HISTORY) as nodes:
            with checked_load(nodes, nodes[:1], 4) as (_, publishers):
                some_accepted(publishers, 10)
                proxy.cut()
                nodes[1].wait_away()
                some_accepted(publishers, 20)
                proxy.heal()
                nodes[1].wait_ready()
            assert nodes[1].metric("sse_redis_repaired_events_total") >= 20
            assert nodes[0].metric("sse_redis_repaired_events_total") == 0


def test_a_network_that_swallows_everything_for_a_while():
    with redis_running() as redis, proxy_to(redis) as proxy:
        with nodes_running([redis.url, proxy.url], 2, *HISTORY) as nodes:
            with checked_load(nodes, nodes, 6) as (_, publishers):
                some_accepted(publishers, 10)
                proxy.black_hole()
                healing = threading.Timer(3, proxy.heal)
                healing.start()
                nodes[1].wait_away()
                healing.join()
                nodes[1].wait_ready()
                some_accepted(publishers, 5)


def test_a_redis_that_restarts_with_its_history():
    with redis_running(*AOF) as redis, nodes_running(redis.url, 2, *HISTORY) as nodes:
        with checked_load(nodes, nodes, 5) as (_, publishers):
            for _ in range(2):
                some_accepted(publishers, 10)
                redis.kill()
                for node in nodes:
                    node.wait_away()
                    assert node.try_publish("news", "refused")[0] == 503
                redis.start()
                for node in nodes:
                    node.wait_ready()


@pytest.mark.parametrize("lose", ["restart", "flush"])
def test_a_history_lost_under_load_is_lost_by_announcement_only(lose):
    with redis_running() as redis, nodes_running(redis.url, 2, *HISTORY) as nodes, \
            crowd_on(nodes, STREAMS, "/news", one_log=True) as crowd:
        publishers = start_publishers(nodes, "news", RATE, 4)
        for times in range(2):
            some_accepted(publishers, 10)
            redis.restart() if lose == "restart" else redis.command("FLUSHALL")
            wait_for(lambda: all(len(m.gaps) > times for m in crowd.members), "every stream to be told")
        wait_publishers(publishers)
        for node in nodes:
            node.wait_ready()
        wait_for(lambda: nodes[0].try_publish("news", "last")[0] == 200, "the node to accept an event")
        crowd.wait_level(["last"])
        audit = Audit(crowd, publishers)
        assert (audit.lost_silently, audit.doubled, audit.reordered) == (0, 0, 0)
        assert audit.faults == [] and audit.gaps == 2 * STREAMS
        told = {gap["reason"] for member in crowd.members for _, _, gap in member.gaps}
        assert told == {"epoch"}


def test_a_redis_that_hangs_for_a_while():
    with redis_running() as redis, nodes_running(redis.url, 2, *HISTORY) as nodes:
        with checked_load(nodes, nodes, 4) as (_, publishers):
            some_accepted(publishers, 10)
            redis.process.send_signal(signal.SIGSTOP)
            for node in nodes:
                node.wait_away()
            redis.process.send_signal(signal.SIGCONT)
            for node in nodes:
                node.wait_ready()
            some_accepted(publishers, 5)


def test_a_node_that_hangs_for_a_while():
    """Redis closes the connection of a subscriber that does not read; the node comes back to it."""
    with redis_running("--client-output-buffer-limit", "pubsub", "2mb", "2mb", "60") as redis, \
            nodes_running(redis.url, 2, *HISTORY) as nodes:
        with checked_load(nodes, nodes[:1], 3) as (_, publishers):
            some_accepted(publishers, 5)
            nodes[1].process.send_signal(signal.SIGSTOP)
            for n in range(100):  # the kernel's buffers first
                nodes[0].publish("news", "x" * 200_000 + str(n))
            wait_for(lambda: redis.subscriber_connections() == 1, "Redis to close the connection")
            nodes[1].process.send_signal(signal.SIGCONT)


def test_scripts_that_redis_has_forgotten_are_loaded_again():
    with redis_running() as redis, nodes_running(redis.url, 2, *HISTORY) as nodes:
        with checked_load(nodes, nodes, 1) as (_, publishers):
            for _ in range(3):
                some_accepted(publishers, 5)
                assert redis.command("SCRIPT", "FLUSH") == "OK"


def test_a_merged_stream_is_in_order_across_a_repair():
    with redis_running() as redis, proxy_to(redis) as proxy, \
            nodes_running([redis.url, proxy.url], 2, *HISTORY, "--redis-page", "7") as nodes:
        stream = nodes[1].open("/a,b,c")
        for round_ in range(3):
            proxy.cut()
            nodes[1].wait_away()
            for n in range(round_ * 100, round_ * 100 + 60):
                nodes[0].publish("abc"[n % 3], str(n))
            proxy.heal()
            for n in range(round_ * 100 + 60, round_ * 100 + 100):
                nodes[0].publish("abc"[n % 3], str(n))
            stream.read_until(f"data: {round_ * 100 + 99}\n\n".encode())
        assert data(stream) == [str(n) for n in range(300)] and gaps(stream) == []


def test_a_hole_longer_than_the_history_is_told_in_band():
    """Streams that were open all the time are told exactly what was trimmed meanwhile."""
    options = ("--redis-history", "50", "--redis-timeout", "500ms")
    with redis_running() as redis, proxy_to(redis) as proxy, \
            nodes_running([redis.url, proxy.url], 2, *options) as nodes:
        stream = nodes[1].open("/news")
        ids = [nodes[0].publish("news", "0")["ids"][0]]
        stream.read_until(b"data: 0\n\n")
        proxy.cut()
        nodes[1].wait_away()
        ids += [nodes[0].publish("news", str(n))["ids"][0] for n in range(1, 301)]
        proxy.heal()
        last = wait_resumed(nodes[1], stream, ids[0])
        got = [int(d) for d in data(last)]
        assert got == list(range(got[0], 301)) and got[0] > 1
        assert gaps(last) == [{"requested": ids[0], "oldest": ids[got[0]], "missed": got[0] - 1,
                               "reason": "evicted"}]


def wait_resumed(node, stream, last_id):
    """The stream up to event 300, or the one a client opens next if the node ends it."""
    stream.bytes = b""
    while not stream.bytes.endswith(b"data: 300\n\n"):
        piece = stream.socket.recv(1 << 16)
        if not piece:
            stream = node.open("/news", last_id)
        stream.bytes += piece
    return stream


def test_streams_opened_while_redis_is_away_resume_when_it_is_back():
    with redis_running(*AOF) as redis, \
            nodes_running(redis.url, 2, *HISTORY, "--heartbeat", "50ms") as nodes:
        ids = [nodes[0].publish("news", str(n))["ids"][0] for n in range(1, 6)]
        redis.kill()
        nodes[1].wait_away()
        early = nodes[1].open_unprimed("/news", ids[1])
        fresh = nodes[1].open_unprimed("/news")
        for stream in (early, fresh):
            assert stream.status == 200
            while b"\n:" not in b"\n" + stream.bytes:
                stream.bytes += stream.socket.recv(4096)
        redis.start()
        fresh.read_until(b"id:")
        for node in nodes:
            node.wait_ready()
        nodes[0].publish("news", "6")
        for stream in (early, fresh):
            stream.read_until(b"data: 6\n\n")
        assert data(early) == ["3", "4", "5", "6"] and data(fresh) == ["6"]
        assert gaps(early) == gaps(fresh) == []


def test_what_was_answered_503_was_not_needed():
    """Accepted events of a publisher that is refused in between are all there, in order."""
    with redis_running(*AOF) as redis, nodes_running(redis.url, 2, *HISTORY) as nodes:
        accepted = []
        for n in range(60):
            if n % 20 == 10:
                redis.kill()
                nodes[0].wait_away()
            if n % 20 == 15:
                redis.start()
                nodes[0].wait_ready()
            status, _ = nodes[0].try_publish("news", str(n))
            assert status == (503 if 10 <= n % 20 < 15 else 200)
            if status == 200:
                accepted.append(str(n))
        with node_running(redis.url, *HISTORY) as late:
            stream = late.open("/news?since=earliest")
            stream.read_until(b"data: 59\n\n")
            assert data(stream) == accepted and gaps(stream) == []
