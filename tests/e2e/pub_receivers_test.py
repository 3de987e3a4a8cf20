"""sse-pub --require-receivers: streams that are really there, counted by those who have them."""

import json
import signal
import time

import pytest

from harness import DEADLINE_S, Stream, serve, wait_for
from pub_tools import recorder, run_pub, start_pub
from redis_support import nodes_running, redis_running

MODES = pytest.mark.parametrize("mode", [(), ("--redis-history", "100")], ids=["plain", "history"])


def require(count, redis, *args, mode=(), channel="news"):
    history = ["--redis-history"] if mode else []
    return run_pub("--redis", redis.url, *history, channel, "hello", "--require-receivers",
                   str(count), *args)


@MODES
def test_the_streams_of_all_nodes_are_added_up(redis, mode):
    with nodes_running(redis.url, 3, *mode) as nodes:
        streams = [nodes[0].open("/news"), nodes[0].open("/news,sport"), nodes[1].open("/news")]
        done = require(3, redis, mode=mode)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
        done = require(4, redis, mode=mode)
        assert done.returncode == 6
        assert done.stderr.decode() == (
            "sse-pub: too few receivers: channel news has 3 streams (3 nodes answered), "
            "--require-receivers asks for 4; 1 event accepted\n")
        assert require(1, redis, mode=mode, channel="sport").returncode == 0
        assert require(1, redis, mode=mode, channel="silent").returncode == 6
        for stream in streams:  # too few or not, it was published
            stream.read_until(b"data: hello\n\n")
            stream.close()


def test_the_count_is_told_with_verbose_and_confirm(redis):
    with nodes_running(redis.url, 1) as (node,):
        stream = node.open("/news")
        for flag in ("-v", "--confirm"):
            done = require(1, redis, flag)
            assert done.returncode == 0
            assert json.loads(done.stdout)["nodes"] == 1
            assert done.stderr == b"sse-pub: channel news has 1 stream (1 node answered)\n"
        assert require(1, redis, "--confirm", "-q").stderr == b""
        assert require(2, redis, "-q").returncode == 6
        stream.close()


def test_without_nodes_nobody_is_waited_for(redis):
    done = require(1, redis, "--receivers-timeout", "1h")
    assert done.returncode == 6 and b"0 streams (0 nodes answered)" in done.stderr


def test_a_prefix_and_a_pattern_that_matches_everything(redis):
    with nodes_running(redis.url, 1, "--redis-subscribe", "*") as (node,), \
            nodes_running(redis.url, 1, "--redis-prefix", "a:") as (other,):
        mine, theirs = node.open("/news"), other.open("/news")
        assert b"has 1 stream (1 node" in require(2, redis).stderr
        assert b"has 1 stream (1 node" in require(2, redis, "--redis-prefix", "a:").stderr
        mine.close()
        theirs.close()


def test_a_node_that_hangs_costs_the_time_limit_and_is_not_counted(redis):
    with nodes_running(redis.url, 2) as (awake, stopped):
        streams = [node.open("/news") for node in (awake, stopped)]
        stopped.process.send_signal(signal.SIGSTOP)
        began = time.monotonic()
        done = require(2, redis, "--receivers-timeout", "300ms")
        assert done.returncode == 6 and time.monotonic() - began >= 0.3
        assert b"has 1 stream (1 of 2 nodes answered within 300ms)" in done.stderr
        stopped.process.send_signal(signal.SIGCONT)
        assert require(2, redis, "--receivers-timeout", "30s").returncode == 0
        for stream in streams:
            stream.close()


def test_a_signal_ends_the_wait(redis):
    with nodes_running(redis.url, 1) as (node,):
        node.process.send_signal(signal.SIGSTOP)
        before = redis.subscriber_connections()
        process = start_pub("--redis", redis.url, "news", "x", "--require-receivers", "1",
                            "--receivers-timeout", "1h")
        wait_for(lambda: redis.subscriber_connections() > before, "the question")
        process.send_signal(signal.SIGTERM)
        assert process.wait(DEADLINE_S) == -signal.SIGTERM
        node.process.send_signal(signal.SIGCONT)


def test_a_redis_that_does_not_let_us_ask_is_no_shortage():
    with redis_running() as redis:
        redis.command("ACL", "SETUSER", "bob", "on", ">pw", "+publish", "&*")
        done = run_pub("--redis", f"redis://bob:pw@127.0.0.1:{redis.port}", "news", "x",
                       "--require-receivers", "1")
        assert done.returncode == 1
        assert b"cannot count the receivers" in done.stderr and b"NOPERM" in done.stderr
        assert b"1 event accepted" in done.stderr


def test_nothing_is_asked_when_not_all_was_accepted_or_nothing_is_sent(redis):
    bad = run_pub("--redis", redis.url, "news", "-l", "--require-receivers", "1", stdin=b"a\n\xff\n")
    assert bad.returncode == 2 and b"receivers" not in bad.stderr
    assert require(1, redis, "--dry-run").returncode == 0
    assert run_pub("--redis", redis.url, "news", "-l", "--require-receivers", "1").returncode == 0


def test_over_http_the_receipt_of_the_server_counts():
    with serve() as server:
        assert run_pub("-u", server.url, "news", "x", "--require-receivers", "1").returncode == 6
        stream = Stream(server, "/news").read_head()
        server.wait_streams("news", 1)
        assert run_pub("-u", server.url, "news", "x", "--require-receivers", "1").returncode == 0
        stream.close()
    with recorder(lambda request: (200, {"ids": ["1"], "streams": 2})) as server:
        assert run_pub("-u", server.url, "news", "x", "--require-receivers", "2").returncode == 0
        done = run_pub("-u", server.url, "news", "x", "--require-receivers", "3")
        assert done.returncode == 6
        assert f"channel news has 2 streams ({server.url})" in done.stderr.decode()
    with recorder() as server:
        done = run_pub("-u", server.url, "news", "x", "--require-receivers", "1")
        assert done.returncode == 1 and b"cannot count the receivers" in done.stderr
