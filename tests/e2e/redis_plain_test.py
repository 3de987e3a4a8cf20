"""Plain Pub/Sub: any back end that does PUBLISH reaches the streams of every node."""

import json

import pytest

from harness import blocks, events
from redis_support import data, gaps, node_running

NODES = (2,)


@pytest.fixture
def streams(nodes, channel):
    """A stream of the channel on each node."""
    opened = [node.open("/" + channel) for node in nodes]
    yield opened
    for stream in opened:
        stream.close()


def test_a_publish_to_redis_reaches_every_node(redis, channel, streams):
    assert redis.publish(channel, "hello") == 2
    for stream in streams:
        stream.read_until(b"data: hello\n\n")


def test_a_publish_to_a_node_reaches_every_node_once(nodes, channel, streams):
    for n in range(10):
        answer = nodes[n % 2].publish(channel, str(n))
        assert answer == {"channel": channel, "ids": [], "nodes": 2, "streams": 1}
    for stream in streams:
        stream.read_until(b"data: 9\n\n")
        assert data(stream) == [str(n) for n in range(10)]


def test_nobody_listens_is_no_error(nodes):
    assert nodes[0].publish("silence", "x")["nodes"] == 0


def test_the_envelope_gives_an_event_its_fields(redis, channel, streams):
    redis.publish(channel, json.dumps(
        {"event": "tick", "id": "row-7", "retry": 1500, "data": "a\nb", "channel": "x", "time": 1}))
    for stream in streams:
        stream.read_until(b"data: b\n\n")
        fields = blocks(stream.bytes)[-1]
        assert sorted(fields) == sorted([("event", "tick"), ("id", "row-7"), ("retry", "1500"),
                                         ("data", "a"), ("data", "b")])


def test_fields_given_to_a_node_reach_the_other(nodes, channel, streams):
    nodes[0].publish(channel, "x", "?event=tick&id=row-8&retry=1500")
    streams[1].read_until(b"data: x\n\n")
    assert {("event", "tick"), ("id", "row-8"), ("retry", "1500")} < set(blocks(streams[1].bytes)[-1])


@pytest.mark.parametrize("text", [
    "[1,2]", '"text"', "17", "null", "{", '{"a":1}', '{"data":7}', '{"data":"x","more":1}',
    '{"data":"x","data":"y"}', '{"data":"x","id":"a\\nb"}', '{"data":"x"} ', "", "é", "  two  ",
    '{"retry":-1,"data":"x"}', '{"data":{"nested":[1]}}', "[" * 100_000])
def test_what_is_no_envelope_is_data(redis, channel, streams, text):
    expected = "x" if text == '{"data":"x"} ' else text
    redis.publish(channel, text)
    redis.publish(channel, "end of the test")
    streams[0].read_until(b"data: end of the test\n\n")
    assert data(streams[0]) == [expected, "end of the test"]


def test_lines_of_a_message_stay_lines_of_one_event(redis, channel, streams):
    redis.publish(channel, "one\r\ntwo\rthree\n\nid: evil\n\ndata: 5")
    redis.publish(channel, "end")
    streams[0].read_until(b"data: end\n\n")
    assert data(streams[0]) == ["one\ntwo\nthree\n\nid: evil\n\ndata: 5", "end"]


@pytest.mark.parametrize("message", [b"\xff\xfe\x00binary", b"cut \xe2\x82", b'{"data":"\xff"}'])
def test_a_message_that_is_no_utf8_is_a_gap_with_a_warning(redis, nodes, channel, streams, message):
    redis.publish(channel, message)
    redis.publish(channel, "after")
    streams[0].read_until(b"data: after\n\n")
    assert data(streams[0]) == ["after"]
    assert [gap["reason"] for gap in gaps(streams[0])] == ["invalid"]
    assert channel in nodes[0].wait_log("UTF-8")  # one for many, lest they fill the disk


def test_a_huge_message_is_a_gap_and_does_not_stop_the_next(redis, channel, streams):
    redis.publish(channel, b"x" * 20_000_000)
    redis.publish(channel, "after")
    for stream in streams:
        stream.read_until(b"data: after\n\n")
        assert data(stream) == ["after"]
        assert [gap["reason"] for gap in gaps(stream)] == ["oversized"]


def test_an_id_of_the_publisher_can_be_resumed_from(redis, nodes, channel, streams):
    for n in range(1, 4):
        redis.publish(channel, json.dumps({"id": f"row-{n}", "data": str(n)}))
    streams[0].read_until(b"data: 3\n\n")
    again = nodes[0].open("/" + channel, "row-1")
    again.read_until(b"data: 3\n\n")
    assert data(again) == ["2", "3"]


def test_another_node_tells_of_a_gap(redis, nodes, channel, streams):
    redis.publish(channel, "1")
    streams[0].read_until(b"data: 1\n\n")
    streams[1].read_until(b"data: 1\n\n")
    elsewhere = nodes[1].open("/" + channel, events(streams[0].bytes)[-1]["id"])
    elsewhere.read_until(b"data: 1\n\n")
    assert [e.get("event") for e in events(elsewhere.bytes)] == ["gap", None]
    assert json.loads(events(elsewhere.bytes)[0]["data"])["reason"] == "epoch"


def test_a_prefix_keeps_hubs_apart(redis, nodes, channel, streams):
    with node_running(redis.url, "--redis-prefix", "app:") as node:
        mine = node.open("/" + channel)
        assert redis.subscribers("app:" + channel) == 1
        node.publish(channel, "mine")
        redis.publish(channel, "theirs")
        redis.publish("app:" + channel, "mine too")
        mine.read_until(b"data: mine too\n\n")
        streams[0].read_until(b"data: theirs\n\n")
        assert data(mine) == ["mine", "mine too"] and data(streams[0]) == ["theirs"]


def test_several_channels_in_one_stream(redis, nodes, channel):
    stream = nodes[0].open(f"/{channel}-a,{channel}-b")
    for n in range(20):
        redis.publish(f"{channel}-{'ab'[n % 2]}", str(n))
    stream.read_until(b"data: 19\n\n")
    assert data(stream) == [str(n) for n in range(20)]
    stream.close()
