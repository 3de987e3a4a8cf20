"""Plain Pub/Sub: what a node subscribes to and when, and what it tells its streams after a loss."""

import signal

import pytest

from harness import DEADLINE_S, events, wait_for
from redis_proxy import proxy_to
from redis_support import Node, data, gaps, node_running, nodes_running, redis_running

NO_GRACE = ("--redis-grace", "50ms")


def wait_gap(stream):
    stream.read_until(b"event: gap\n")
    stream.read_until(b"}\n\n")


def test_a_channel_is_subscribed_only_while_it_has_streams(redis):
    with node_running(redis.url, *NO_GRACE) as node:
        assert redis.channels() == set() and redis.command("PUBSUB", "NUMPAT") == 0
        first, second = node.open("/news"), node.open("/news")
        other = node.open("/other")
        assert redis.channels() == {"news", "other"}
        assert node.metric("sse_redis_channels") == 2
        for stream in (first, other):
            stream.close()
        wait_for(lambda: redis.channels() == {"news"}, "the channel without streams to be left")
        second.close()
        wait_for(lambda: redis.channels() == set(), "the last channel to be left")
        assert node.metric("sse_redis_channels") == 0
        again = node.open("/news")
        redis.publish("news", "again")
        again.read_until(b"data: again\n\n")
        again.close()


def test_a_stream_that_comes_back_within_the_grace_misses_nothing(redis):
    with node_running(redis.url, "--redis-grace", "1h") as node:
        first = node.open("/news")
        redis.publish("news", "1")
        first.read_until(b"data: 1\n\n")
        first.close()
        wait_for(lambda: node.channels()["news"]["streams"] == 0, "the stream to be gone")
        redis.publish("news", "2")
        again = node.open("/news", events(first.bytes)[-1]["id"])
        again.read_until(b"data: 2\n\n")
        assert data(again) == ["2"] and gaps(again) == []
        again.close()


def test_who_was_away_longer_than_the_grace_is_told_of_a_gap(redis):
    with node_running(redis.url, *NO_GRACE) as node:
        first = node.open("/news")
        redis.publish("news", "1")
        first.read_until(b"data: 1\n\n")
        first.close()
        wait_for(lambda: redis.channels() == set(), "the channel to be left")
        assert redis.publish("news", "lost") == 0
        last_id = events(first.bytes)[-1]["id"]
        again = node.open("/news", last_id)
        redis.publish("news", "3")
        again.read_until(b"data: 3\n\n")
        assert gaps(again)[0]["requested"] == last_id and gaps(again)[0]["missed"] is None
        assert events(again.bytes)[0]["event"] == "gap"
        assert data(again)[-1] == "3" and "lost" not in data(again)
        again.close()


def test_one_connection_is_enough_for_all_channels(redis):
    with node_running(redis.url) as node:
        streams = [node.open(f"/channel-{n}") for n in range(50)]
        assert len(redis.channels()) == 50
        assert redis.subscriber_connections() == 1
        for n, stream in enumerate(streams):
            redis.publish(f"channel-{n}", str(n))
        for n, stream in enumerate(streams):
            stream.read_until(f"data: {n}\n\n".encode())
            assert data(stream) == [str(n)]
            stream.close()


def test_a_pinned_pattern_is_held_without_streams_and_not_doubled(redis):
    with node_running(redis.url, *NO_GRACE, "--redis-subscribe", "news*",
                      "--redis-subscribe", "log:?") as node:
        assert redis.command("PUBSUB", "NUMPAT") == 2  # before a node says that it is ready
        redis.publish("news-1", "before")
        redis.publish("log:a", "line")
        wait_for(lambda: {"news-1", "log:a"} <= set(node.channels()), "the events")
        stream = node.open("/news-1?since=earliest")
        redis.publish("news-1", "live")
        redis.publish("news-1", "end")
        stream.read_until(b"data: end\n\n")
        assert data(stream) == ["before", "live", "end"]
        stream.close()


def test_patterns_that_overlap_bring_an_event_once(redis):
    with node_running(redis.url, "--redis-subscribe", "news*", "--redis-subscribe", "*-1") as node:
        for n in range(3):
            redis.publish("news-1", str(n))
        wait_for(lambda: "news-1" in node.channels(), "the events")
        stream = node.open("/news-1?since=earliest")
        redis.publish("news-1", "end")
        stream.read_until(b"data: end\n\n")
        assert data(stream) == ["0", "1", "2", "end"]


def test_a_pinned_channel_is_told_of_a_loss_when_redis_has_the_pattern_again(redis):
    with proxy_to(redis) as proxy, node_running(proxy.url, "--redis-subscribe", "news*") as node:
        redis.publish("news-1", "1")
        wait_for(lambda: "news-1" in node.channels(), "the event")
        stream = node.open("/news-1?since=earliest")
        waits = proxy.hold_back(b"PSUBSCRIBE")
        redis.cut("pubsub")
        assert waits.wait(DEADLINE_S)
        assert redis.publish("news-1", "lost") == 0  # so the gap must not have been told yet
        assert node.metric("sse_redis_gaps_total") == 0 and node.status("/-/readyz") == 503
        proxy.heal()
        node.wait_ready()
        redis.publish("news-1", "after")
        stream.read_until(b"data: after\n\n")
        assert [gap["reason"] for gap in gaps(stream)] == ["disconnected"]
        assert data(stream) == ["1", "after"]


def test_a_pattern_gets_names_that_are_no_channels(redis):
    with node_running(redis.url, "--redis-subscribe", "*") as node:
        for name in ("not a channel", "-x", "", b"\xff", "x" * 300, "__keyspace@0__:x\n"):
            redis.publish(name, "x")
        redis.publish("fine", "hello")
        wait_for(lambda: "fine" in node.channels(), "the event after them")
        assert set(node.channels()) == {"fine"}


def check_gap_then_news(redis, node, stream, lost=()):
    """The stream got `1`, the connection was lost and is back: it is told before anything newer."""
    node.wait_ready()
    redis.wait_subscribers("news", 1)
    redis.publish("news", "after")
    stream.read_until(b"data: after\n\n")
    got = [e["data"] for e in events(stream.bytes)]
    assert gaps(stream)[0]["reason"] == "disconnected"
    assert [d for d in data(stream) if d not in lost] == ["1", "after"]
    assert got[0] == "1" and got[-1] == "after" and events(stream.bytes)[1]["event"] == "gap"


@pytest.fixture
def cut_stream(redis):
    """A node, and a stream on it that has got one event."""
    with node_running(redis.url) as node:
        stream = node.open("/news")
        redis.publish("news", "1")
        stream.read_until(b"data: 1\n\n")
        yield node, stream
        stream.close()


def test_a_killed_subscriber_connection_is_told(redis, cut_stream):
    node, stream = cut_stream
    assert redis.cut("pubsub") == 1
    wait_for(lambda: node.metric("sse_redis_reconnects_total") >= 1, "a reconnect")
    check_gap_then_news(redis, node, stream)


def test_the_gap_event_is_not_resumed_over(redis, cut_stream):
    """Who is away during the cut and comes back with an id from before it is told too."""
    node, stream = cut_stream
    stream.close()
    redis.cut("pubsub")
    wait_for(lambda: node.metric("sse_redis_reconnects_total") >= 1, "a reconnect")
    node.wait_ready()
    again = node.open("/news", events(stream.bytes)[-1]["id"])
    redis.publish("news", "after")
    again.read_until(b"data: after\n\n")
    assert len(gaps(again)) == 1 and data(again)[-1] == "after"


def test_a_restarted_redis_is_told():
    with redis_running() as redis, node_running(redis.url, "--heartbeat", "50ms") as node:
        stream = node.open("/news")
        redis.publish("news", "1")
        stream.read_until(b"data: 1\n\n")
        redis.kill()
        node.wait_away()
        assert node.metric("sse_redis_connected") == 0
        assert node.try_publish("news", "refused")[0] == 503
        beats = stream.bytes.count(b"\n:")
        stream.read_until(b"\n:", beats + 3)  # streams live on
        early = node.open_unprimed("/fresh")
        early.read_until(b":")
        assert b"id:" not in early.bytes
        redis.start()
        early.read_until(b"id:")
        check_gap_then_news(redis, node, stream)
        redis.publish("fresh", "first")
        early.read_until(b"data: first\n\n")
        assert data(early) == ["first"] and gaps(early) == []


def test_a_network_that_swallows_everything_is_told(redis):
    with proxy_to(redis) as proxy, node_running(proxy.url, "--redis-timeout", "300ms") as node:
        stream = node.open("/news")
        redis.publish("news", "1")
        stream.read_until(b"data: 1\n\n")
        proxy.black_hole()
        redis.publish("news", "lost")
        node.wait_away()
        assert node.try_publish("news", "x")[0] == 503
        proxy.heal()
        check_gap_then_news(redis, node, stream, lost=["lost"])
        assert "lost" not in data(stream)


def test_a_subscriber_that_reads_too_slowly_is_told():
    """Redis itself closes connections whose output buffer grows too large."""
    with redis_running("--client-output-buffer-limit", "pubsub", "1mb", "1mb", "1") as redis, \
            node_running(redis.url) as node:
        stream = node.open("/news")
        redis.publish("news", "1")
        stream.read_until(b"data: 1\n\n")
        node.process.send_signal(signal.SIGSTOP)
        lost = ["x" * 100_000 + str(n) for n in range(200)]
        for one in lost:
            redis.publish("news", one)
        wait_for(lambda: redis.subscriber_connections() == 0, "Redis to close the connection")
        node.process.send_signal(signal.SIGCONT)
        wait_for(lambda: node.metric("sse_redis_reconnects_total") >= 1, "a reconnect")
        node.wait_ready()
        redis.wait_subscribers("news", 1)
        redis.publish("news", "after")
        stream.read_until(b"data: after\n\n")
        assert gaps(stream)[0]["reason"] == "disconnected"
        got = data(stream)
        assert got == ["1", *lost[:len(got) - 2], "after"]


def test_every_stream_is_told_once_for_each_of_its_channels(redis):
    with nodes_running(redis.url, 2) as nodes:
        paths = ("a", "b", "a,b")
        streams = [node.open(f"/{path}") for node in nodes for path in paths]
        for channel in "ab":
            redis.publish(channel, "1")
        for stream in streams:
            stream.read_until(b"data: 1\n\n")
        assert redis.cut("pubsub") == 2
        for node in nodes:
            wait_for(lambda: node.metric("sse_redis_reconnects_total") >= 1, "a reconnect")
            node.wait_ready()
        for channel in "ab":
            redis.wait_subscribers(channel, 2)
            redis.publish(channel, "2")
        for stream, path in zip(streams, paths * 2):
            stream.read_until(b"data: 2\n\n", count=len(path.split(",")))
            assert len(gaps(stream)) == len(path.split(","))


def test_a_node_may_start_before_redis():
    with redis_running() as redis:
        redis.kill()
        node = Node(redis.url)
        try:
            node.wait_away()
            early = node.open_unprimed("/news")
            redis.start()
            node.wait_ready()
            early.read_until(b"\n\n")
            redis.publish("news", "1")
            early.read_until(b"data: 1\n\n")
            assert gaps(early) == []
        finally:
            node.stop()
