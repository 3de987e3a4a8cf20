"""sse-pub into the history in Redis: numbers, pipelining, what Redis may forget meanwhile."""

import json
import threading

import pytest

from harness import DEADLINE_S
from pub_tools import free_port, redis_server, run_pub, start_pub


@pytest.fixture
def redis():
    with redis_server() as server:
        yield server


def publish(server, *args, stdin=b"", status=0):
    done = run_pub("--redis", server.url, "--redis-history", *args, stdin=stdin)
    assert (done.returncode, done.stderr) == (status, b""), done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def stream(server, channel="news", tag="{sse}"):
    """The messages of a channel's stream, oldest first."""
    lines = server.cli("XRANGE", f"{tag}:s:{channel}", "-", "+").splitlines()
    return [json.loads(lines[i + 2]) for i in range(0, len(lines) - 2, 3)]


def lines_of(count):
    return "".join(f"line {number}\n" for number in range(count)).encode()


def test_events_are_numbered_and_stored(redis):
    publish(redis, "news", "hello", "-e", "tick", "--retry", "2s")
    publish(redis, "news", "mine", "--id", "db-7")
    first, second = stream(redis)
    epoch = first["epoch"]
    assert first.pop("time") > 1_600_000_000_000
    assert first == {"seq": 1, "epoch": epoch, "prev": 0, "nth": 1, "id": f"{epoch}-1",
                     "event": "tick", "data": "hello", "retry": 2000}
    assert (second["id"], second["seq"], second["prev"], second["nth"]) == ("db-7", 2, 1, 2)


def test_many_lines_and_channels_stay_in_order(redis):
    server_limit = redis.cli("HSET", "{sse}:meta", "events", "100000")
    assert server_limit
    publish(redis, "news", "-l", stdin=lines_of(5000))
    assert [m["data"] for m in stream(redis)] == [f"line {n}" for n in range(5000)]
    assert [m["seq"] for m in stream(redis)] == list(range(1, 5001))
    mixed = "\n".join(json.dumps({"channel": "ab"[n % 2], "data": str(n)}) for n in range(50))
    publish(redis, "-i", "json", stdin=mixed.encode())
    assert [m["data"] for m in stream(redis, "a")] == [str(n) for n in range(0, 50, 2)]


def test_prefix_confirm_and_verbose(redis):
    got = publish(redis, "--redis-prefix", "app:", "news", "-l", "--confirm", stdin=b"a\nb\n")
    epoch = stream(redis, tag="{sse:app:}")[0]["epoch"]
    assert got == [{"number": n, "channel": "news", "id": f"{epoch}-{n}"} for n in (1, 2)]
    assert publish(redis, "--redis-prefix", "app:", "news", "x", "-v") == [
        {"channel": "news", "epoch": epoch, "first": 3, "count": 1}]


def test_a_run_started_over_with_its_key_adds_only_what_is_new(redis):
    publish(redis, "news", "-l", "--idempotency-key", "job", stdin=lines_of(2500))
    got = publish(redis, "news", "-l", "--idempotency-key", "job", "--confirm",
                  stdin=lines_of(2510))
    assert [line.get("duplicate", False) for line in got] == [True] * 2500 + [False] * 10
    assert stream(redis)[-1]["seq"] == 2510


def test_redis_forgets_the_scripts(redis):
    process = start_pub("--redis", redis.url, "--redis-history", "news", "-l", "--confirm")
    for number in range(3):
        process.stdin.write(b"%d\n" % number)
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["number"] == number + 1
        redis.cli("SCRIPT", "FLUSH")
    process.stdin.write(b"3\n4\n")
    process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 0
    assert [m["data"] for m in stream(redis)] == list("01234")


def test_another_redis_process_counted(redis):
    process = start_pub("--redis", redis.url, "--redis-history", "news", "-l", "--confirm")
    process.stdin.write(b"a\n")
    process.stdin.flush()
    process.stdout.readline()
    redis.cli("HSET", "{sse}:meta", "run", "other")
    out, err = process.communicate(b"b\n", timeout=DEADLINE_S)
    assert (process.returncode, err) == (0, b"")
    assert [m["data"] for m in stream(redis)] == ["a", "b"]


@pytest.mark.parametrize("spoil, said", [
    (("SET", "{sse}:meta", "x"), b"{sse}:meta cannot be used: WRONGTYPE"),
    (("SET", "{sse}:c:news", "x"), b"WRONGTYPE"),
])
def test_foreign_values_are_named_errors(redis, spoil, said):
    redis.cli(*spoil)
    done = run_pub("--redis", redis.url, "--redis-history", "news", "x")
    assert done.returncode == 4
    assert said in done.stderr and done.stderr.count(b"\n") == 1


def test_away_and_back_with_a_spool(tmp_path):
    port = free_port()
    args = ["--redis", f"redis://127.0.0.1:{port}", "--redis-history", "news", "-l", "--spool",
            str(tmp_path), "--idempotency-key", "job"]
    done = run_pub(*args, stdin=lines_of(700))
    assert done.returncode == 0 and b"700 events wait in the spool" in done.stderr
    with redis_server(port=port) as server:
        server.cli("HSET", "{sse}:meta", "events", "100000")
        assert run_pub(*args, stdin=lines_of(1500)).returncode == 0
        assert [m["data"] for m in stream(server)] == [f"line {n}" for n in range(1500)]


@pytest.mark.parametrize("nuisance", [("CLIENT", "KILL", "TYPE", "normal"), ("SCRIPT", "FLUSH")])
def test_a_nuisance_again_and_again_doubles_and_loses_nothing(redis, nuisance):
    count = 30_000
    redis.cli("HSET", "{sse}:meta", "events", str(2 * count))
    process = start_pub("--redis", redis.url, "--redis-history", "news", "-l", "--retry-time", "30s",
                        "--batch-events-max", "300")
    feeder = threading.Thread(target=process.communicate, args=(lines_of(count),))
    feeder.start()
    while process.poll() is None:
        redis.cli(*nuisance)
    feeder.join()
    assert process.returncode == 0
    assert [m["data"] for m in stream(redis)] == [f"line {n}" for n in range(count)]


def test_dry_run_and_usage():
    done = run_pub("--redis", "redis://h", "--redis-history", "news", "hi", "--dry-run")
    words = ["EVALSHA", "SHA1", "4", "{sse}:meta", "{sse}:c:news", "{sse}:s:news", "{sse}:p:", "RUN",
             "EPOCH", "news", "", "86400000", '+"data":"hi"}']
    wire = f"*{len(words)}\r\n" + "".join(f"${len(word)}\r\n{word}\r\n" for word in words)
    assert done.stdout.decode() == wire
    assert run_pub("--redis-history", "news", "x").returncode == 2
    done = run_pub("--redis", "redis://h", "--redis-history", "--redis-prefix", "a{b", "news", "x")
    assert done.returncode == 2 and b"--redis-prefix: " in done.stderr
