"""What others put under our names: errors say where, and the node serves on."""

import json

import pytest

from harness import wait_for
from redis_support import data, node_running, nodes_running, redis_running

HISTORY = ("--redis-history", "100")


@pytest.fixture
def redis():
    with redis_running() as server:
        yield server


@pytest.fixture
def node(redis):
    with node_running(redis.url, *HISTORY) as running:
        yield running


@pytest.mark.parametrize("key, value", [
    ("{sse}:meta", ["SET", "x"]), ("{sse}:meta", ["RPUSH", "x"]),
    ("{sse}:c:news", ["SET", "x"]), ("{sse}:c:news", ["RPUSH", "x"]),
    ("{sse}:s:news", ["SET", "x"]), ("{sse}:s:news", ["HSET", "field", "x"])])
def test_a_foreign_value_is_named_and_can_be_removed(redis, node, key, value):
    stream = node.open("/news")
    node.publish("news", "1")
    node.publish("other", "1")
    redis.command("DEL", key)
    redis.command(value[0], key, *value[1:])
    status, text = node.try_publish("news", "2")
    assert status >= 500 and key in text
    assert node.status("/-/healthz") == 200
    if key != "{sse}:meta":
        assert node.try_publish("other", "2")[0] == 200
    redis.command("DEL", key)
    wait_for(lambda: node.try_publish("news", "3")[0] == 200, "the node to recover")
    stream.read_until(b"data: 1\n\n")
    stream.close()
    # Without its meta key the hub begins again, and streams of before are ended.
    wait_for(lambda: epoch_of(node) == redis.command("HGET", "{sse}:meta", "epoch"),
             "the node to take part in what is there now")
    again = node.open("/news?since=earliest")
    node.publish("news", "end")
    again.read_until(b"data: end\n\n")


def epoch_of(node):
    return json.loads(node.get("/-/channels"))["epoch"]


@pytest.mark.parametrize("key", ["{sse}:s:news", "{sse}:c:news"])
def test_a_channel_that_cannot_be_read_does_not_stop_the_others(redis, node, key):
    """A client that asks for it must not take the node away from everybody else."""
    other = node.open("/other")
    node.publish("news", "1")
    redis.command("DEL", key)
    redis.command("SET", key, "x")
    waiting = node.open_unprimed("/news")
    node.wait_log("'news'")
    node.wait_ready()
    for n in range(20):
        assert node.try_publish("other", str(n))[0] == 200
    other.read_until(b"data: 19\n\n")
    redis.command("DEL", key)
    waiting.read_until(b"id:")
    wait_for(lambda: node.try_publish("news", "back")[0] == 200, "the channel to recover")
    waiting.read_until(b"data: back\n\n")


@pytest.mark.parametrize("fields", [["seq", "not a number"], ["epoch", "Not An Epoch!"],
                                    ["seq", "-7"], ["seq", "9" * 30], ["events", "many"]])
def test_a_spoilt_meta_is_named(redis, node, fields):
    node.publish("news", "1")
    redis.command("HSET", "{sse}:meta", *fields)
    status, text = node.try_publish("news", "2")
    assert status == 200 or (status >= 500 and "{sse}:meta" in text)
    assert node.status("/-/healthz") == 200
    redis.command("FLUSHALL")
    node.wait_ready()
    stream = node.open("/news")
    node.publish("news", "3")
    stream.read_until(b"data: 3\n\n")


@pytest.mark.parametrize("entry", [["foreign", "x"], ["m", "no JSON"], ["m", b"\xff"],
                                   ["m", '{"seq":"x"}'], ["m", '{"data":"no number"}']])
def test_a_foreign_entry_in_a_stream_does_not_break_a_replay(redis, node, entry):
    ids = [node.publish("news", str(n))["ids"][0] for n in range(3)]
    number = int(ids[-1].split("-")[1])
    redis.command("XADD", "{sse}:s:news", f"{number}-5", *entry)
    node.publish("news", "after")
    with node_running(redis.url, *HISTORY) as late:
        stream = late.open("/news", ids[0])
        stream.read_until(b"data: after\n\n")
        assert data(stream) == ["1", "2", "after"]


def test_an_entry_with_a_time_as_its_id_is_named(redis, node):
    node.publish("news", "1")
    redis.command("XADD", "{sse}:s:news", "*", "foreign", "x")
    status, text = node.try_publish("news", "2")
    assert status >= 500 and "{sse}:s:news" in text
    assert node.try_publish("other", "2")[0] == 200
    redis.command("DEL", "{sse}:s:news")
    assert node.try_publish("news", "3")[0] == 200


@pytest.mark.parametrize("message", [
    {"seq": 10 ** 15, "epoch": "zzz", "prev": 7, "nth": 3, "time": 1, "id": "zzz-9", "data": "forged"},
    {"seq": 10 ** 15, "prev": 10 ** 15 - 1, "nth": 3, "time": 1, "data": "forged"},
    {"seq": "x", "prev": None, "data": "forged"},
    {"seq": -1, "prev": -2, "data": "forged"},
    {"seq": 2 ** 70, "prev": 0, "data": "forged"},
])
def test_a_forged_message_does_not_end_the_service(redis, node, message):
    """Who may PUBLISH may disturb; but not so that nothing comes any more."""
    first = node.publish("news", "1")["ids"][0]
    message.setdefault("epoch", first.split("-")[0])
    stream = node.open("/news")
    redis.publish("news", json.dumps(message))
    node.wait_ready()
    node.publish("news", "2")
    again = node.open("/news?since=earliest")
    node.publish("news", "3")
    again.read_until(b"data: 3\n\n")
    assert [d for d in data(again) if "forged" not in d] == ["1", "2", "3"]
    calls = script_calls(redis)
    for n in range(10):
        assert node.try_publish("other", str(n))[0] == 200
    assert script_calls(redis) <= calls + 30, "the node asks again and again for what is not there"
    stream.close()


def script_calls(redis):
    line = next(line for line in redis.command("INFO", "commandstats").splitlines() if "_evalsha:" in line)
    return int(line.split("calls=")[1].split(",")[0])


def test_nodes_with_other_limits_agree_on_the_newest(redis):
    """The limits are the hub's: the node that connected last sets them."""
    with nodes_running(redis.url, 2, "--redis-history", "10") as nodes:
        nodes[0].publish("news", "x")
        with node_running(redis.url, "--redis-history", "20") as third:
            third.publish("news", "x")
            for node in nodes:
                node.publish("news", "x")
            assert redis.command("HGET", "{sse}:meta", "events") == "20"
