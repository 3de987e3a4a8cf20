"""History in Redis: one numbering on every node, and exact words when events are gone."""

import pytest

from harness import events, prime_id, wait_for
from redis_support import (AOF, data, gaps, node_running, nodes_running, redis_running)

HISTORY = ("--redis-history", "1000")
NODES = (3, *HISTORY)


def publish_numbers(nodes, channel, first, last):
    """Publishes through each node in turn; the ids."""
    return [nodes[n % len(nodes)].publish(channel, str(n))["ids"][0] for n in range(first, last + 1)]


def accepted(node, channel, text):
    """The id; publishing is refused while a node takes in that its numbers are void."""
    def publish():
        status, answer = node.try_publish(channel, text)
        return status == 200 and answer["ids"][0]
    return wait_for(publish, "the node to accept an event")


def read_numbers(stream, last):
    stream.read_until(f"data: {last}\n\n".encode())
    return [int(d) for d in data(stream)]


def test_every_node_gives_the_same_ids(nodes, channel):
    streams = [node.open("/" + channel) for node in nodes]
    ids = publish_numbers(nodes, channel, 1, 30)
    assert len(set(ids)) == 30 and len({i.split("-")[0] for i in ids}) == 1
    for stream in streams:
        assert read_numbers(stream, 30) == list(range(1, 31))
        assert [e["id"] for e in events(stream.bytes)] == ids


def test_an_event_published_here_is_resumed_after_there(nodes, channel):
    ids = publish_numbers(nodes[:1], channel, 1, 10)
    for node in nodes:
        again = node.open("/" + channel, ids[3])
        assert read_numbers(again, 10) == [5, 6, 7, 8, 9, 10] and gaps(again) == []
        assert prime_id(again.bytes) == ids[3]


def test_who_saw_no_event_resumes_elsewhere_from_its_position(nodes, channel):
    publish_numbers(nodes, channel, 1, 3)
    position = prime_id(nodes[0].open("/" + channel).bytes)
    publish_numbers(nodes, channel, 4, 5)
    again = nodes[1].open("/" + channel, position)
    assert read_numbers(again, 5) == [4, 5] and gaps(again) == []


def test_a_node_that_starts_later_replays_what_it_never_saw(redis, nodes, channel):
    ids = publish_numbers(nodes, channel, 1, 20)
    with node_running(redis.url, *HISTORY) as late:
        again = late.open("/" + channel, ids[0])
        assert read_numbers(again, 20) == list(range(2, 21)) and gaps(again) == []
        assert [e["id"] for e in events(again.bytes)] == ids[1:]


@pytest.mark.parametrize("since, first", [("earliest", 1), ("-5", 16), ("1h", 1)])
def test_people_say_since_on_a_node_that_starts_later(redis, nodes, channel, since, first):
    ids = publish_numbers(nodes, f"{channel}{since}", 1, 20)
    with node_running(redis.url, *HISTORY) as late:
        stream = late.open(f"/{channel}{since}?since={since}")
        assert read_numbers(stream, 20) == list(range(first, 21)) and gaps(stream) == []
        assert [e["id"] for e in events(stream.bytes)] == ids[first - 1:]


def test_all_nodes_may_be_replaced(redis, channel):
    with node_running(redis.url, *HISTORY) as first:
        ids = publish_numbers([first], channel, 1, 5)
    with node_running(redis.url, *HISTORY) as second:
        assert publish_numbers([second], channel, 6, 6)[0].split("-")[0] == ids[0].split("-")[0]
        again = second.open("/" + channel, ids[1])
        assert read_numbers(again, 6) == [3, 4, 5, 6] and gaps(again) == []


def test_fields_survive_the_history(redis, nodes, channel):
    nodes[0].publish(channel, "a\nb", "?event=tick&id=row-1&retry=1500")
    nodes[0].publish(channel, "", "?event=empty")
    nodes[0].publish(channel, '{"data":"not an envelope here"}')
    nodes[0].publish(channel, "end")
    live = nodes[1].open(f"/{channel}?since=earliest")
    live.read_until(b"data: end\n\n")
    with node_running(redis.url, *HISTORY) as late:
        replayed = late.open("/" + channel, "row-1")
        replayed.read_until(b"data: end\n\n")
    got = events(live.bytes)
    assert got[0] == {"id": "row-1", "event": "tick", "data": "a\nb"}
    assert [e["data"] for e in got[1:]] == ["", '{"data":"not an envelope here"}', "end"]
    assert events(replayed.bytes) == got[1:] and gaps(replayed) == []


def test_a_batch_is_numbered_in_order(nodes, channel):
    stream = nodes[1].open("/" + channel)
    ids = nodes[0].publish_batch(channel, [str(n) for n in range(1, 501)])
    assert read_numbers(stream, 500) == list(range(1, 501))
    assert [e["id"] for e in events(stream.bytes)] == ids


def test_one_id_is_a_position_on_all_channels_of_a_stream(nodes, channel):
    names = [f"{channel}-{letter}" for letter in "ab"]
    live = nodes[2].open("/" + ",".join(names))
    ids = [nodes[n % 3].publish(names[n % 2], str(n))["ids"][0] for n in range(40)]
    assert read_numbers(live, 39) == list(range(40))
    again = nodes[1].open("/" + ",".join(names), ids[17])
    assert read_numbers(again, 39) == list(range(18, 40)) and gaps(again) == []


def test_a_bare_publish_is_delivered_without_an_id_and_counted(redis, nodes, channel):
    before = [node.metric("sse_redis_unnumbered_events_total") for node in nodes]
    streams = [node.open("/" + channel) for node in nodes]
    (first,) = publish_numbers(nodes, channel, 1, 1)
    redis.publish(channel, "bare")
    redis.publish(channel, '{"event":"tick","data":"bare too"}')
    publish_numbers(nodes, channel, 2, 2)
    for node, stream, count in zip(nodes, streams, before):
        stream.read_until(b"data: 2\n\n")
        assert data(stream) == ["1", "bare", "bare too", "2"]
        assert ["id" in e for e in events(stream.bytes)] == [True, False, False, True]
        assert node.metric("sse_redis_unnumbered_events_total") == count + 2
    again = nodes[0].open("/" + channel, first)
    again.read_until(b"data: 2\n\n")
    assert data(again) == ["2"] and gaps(again) == []


def test_trimmed_events_are_counted_exactly():
    limits = ("--redis-history", "100", "--history", "50")
    with redis_running() as redis, nodes_running(redis.url, 2, *limits) as nodes:
        ids = publish_numbers(nodes, "news", 0, 249)
        with node_running(redis.url, *limits) as late:
            for node in (*nodes, late):
                stream = node.open("/news", ids[4])
                got = read_numbers(stream, 249)
                assert got == list(range(got[0], 250)) and got[0] <= 150
                (gap,) = gaps(stream)
                # The channel's events are counted, but a number alone does not say which it was.
                assert gap.pop("missed") in (got[0] - 5, None)
                assert gap == {"requested": ids[4], "oldest": ids[got[0]], "reason": "evicted"}
                exact = node.open("/news", ids[got[0] - 1])
                assert read_numbers(exact, 249) == got and gaps(exact) == []


def test_events_that_are_too_old_are_gone_everywhere():
    with redis_running() as redis, \
            nodes_running(redis.url, 2, "--redis-history", "1000,300ms") as nodes:
        first, missed = publish_numbers(nodes, "news", 1, 2)
        number = missed.split("-")[1]

        def aged():
            nodes[0].publish("other", "time passes")
            nodes[0].publish("news", "x")
            return redis.command("XRANGE", "{sse}:s:news", number, number) == []
        wait_for(aged, "the event behind the first to be trimmed")
        with node_running(redis.url, "--redis-history", "1000,300ms") as late:
            stream = late.open("/news", first)
            late.publish("news", "end")
            stream.read_until(b"data: end\n\n")
            assert gaps(stream)[0]["reason"] == "evicted" and gaps(stream)[0]["requested"] == first


@pytest.mark.parametrize("lose", ["flush", "restart"])
def test_a_lost_history_is_a_new_epoch_and_service_goes_on(lose):
    with redis_running() as redis, nodes_running(redis.url, 2, *HISTORY) as nodes:
        streams = [node.open("/news") for node in nodes]
        ids = publish_numbers(nodes, "news", 1, 10)
        for stream in streams:
            stream.read_until(b"data: 10\n\n")
        if lose == "flush":
            redis.command("FLUSHALL")
        else:
            redis.restart()
        for node in nodes:
            node.wait_ready()
        new_ids = [accepted(nodes[n % 2], "news", str(n)) for n in (11, 12, 13)]
        assert {i.split("-")[0] for i in new_ids} != {ids[0].split("-")[0]}
        for node, stream in zip(nodes, streams):
            stream.read_to_end()  # told to come back
            again = node.open("/news", ids[-1])
            assert read_numbers(again, 13) == [11, 12, 13]
            assert [(g["reason"], g["requested"]) for g in gaps(again)] == [("epoch", ids[-1])]
            assert [e["id"] for e in events(again.bytes)[1:]] == new_ids


def test_a_restart_that_loses_nothing_is_not_noticed():
    with redis_running(*AOF) as redis, nodes_running(redis.url, 2, *HISTORY) as nodes:
        streams = [node.open("/news") for node in nodes]
        ids = publish_numbers(nodes, "news", 1, 10)
        redis.restart()
        for node in nodes:
            node.wait_ready()
        ids += publish_numbers(nodes, "news", 11, 20)
        for stream in streams:
            assert read_numbers(stream, 20) == list(range(1, 21))
            assert [e["id"] for e in events(stream.bytes)] == ids
        again = nodes[0].open("/news", ids[4])
        assert read_numbers(again, 20) == list(range(6, 21)) and gaps(again) == []
