"""sse-pub through a real Redis."""

import contextlib
import json
import os
import signal

import pytest

from harness import DEADLINE_S, wait_for
from pub_tools import Subscriber, redis_server, run_pub, start_pub


@pytest.fixture(scope="module")
def redis():
    with redis_server() as server:
        yield server


@pytest.fixture
def news(redis):
    subscriber = Subscriber(redis, "news")
    yield subscriber
    subscriber.close()


@pytest.mark.parametrize("args, payload", [
    (["hello"], "hello"),
    (["[1]"], "[1]"),
    (["{broken"], "{broken"),
    (['{"a":1}'], '{"data":"{\\"a\\":1}"}'),
    (["hi", "-e", "tick", "--id", "é", "--retry", "2s"],
     '{"event":"tick","id":"é","data":"hi","retry":2000}'),
    (["a\nb", "-e", ""], '{"event":"","data":"a\\nb"}'),
])
def test_payload(redis, news, args, payload):
    done = run_pub("--redis", redis.url, "news", *args)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert news.message() == ("news", payload)


def test_lines_arrive_in_order(redis, news):
    count = 5000
    text = "".join(f"line {number}\n" for number in range(count)).encode()
    assert run_pub("--redis", redis.url, "news", "-l", stdin=text).returncode == 0
    assert [news.message()[1] for _ in range(count)] == [f"line {n}" for n in range(count)]


def test_a_key_makes_every_message_an_event_object_with_its_number(redis, news):
    run_pub("--redis", redis.url, "news", "-l", "--idempotency-key", "job-1", stdin=b"a\nb\n")
    for number, data in enumerate("ab", 1):
        assert json.loads(news.message()[1]) == {"data": data, "producer": "job-1",
                                                 "number": number}


def test_confirm_names_what_redis_counted(redis, news):
    done = run_pub("--redis", redis.url, "news", "-l", "--confirm", stdin=b"a\nb\n")
    assert list(map(json.loads, done.stdout.splitlines())) == [
        {"number": 1, "channel": "news", "nodes": 1}, {"number": 2, "channel": "news", "nodes": 1}]
    assert [news.message()[1] for _ in "ab"] == ["a", "b"]


def test_prefix_socket_and_verbose(redis):
    subscriber = Subscriber(redis, "app:a/b")
    done = run_pub("--redis", f"redis+unix://{redis.socket_path}", "--redis-prefix", "app:",
                   "a/b", "hi", "-v")
    assert json.loads(done.stdout) == {"channel": "a/b", "nodes": 1}
    assert subscriber.message() == ("app:a/b", "hi")
    subscriber.close()


def test_dry_run(redis):
    done = run_pub("--redis", "redis://:sesame@h", "--redis-prefix", "p:", "news", "é", "--dry-run")
    assert done.stdout.decode() == "*3\r\n$7\r\nPUBLISH\r\n$6\r\np:news\r\n$2\r\né\r\n"


def test_login_and_database(tmp_path):
    (tmp_path / "password").write_text("sesame\n")
    with redis_server("--requirepass", "sesame") as server:
        at = f"127.0.0.1:{server.port}"
        for url in (f"redis://:sesame@{at}/3", f"redis://default:sesame@{at}"):
            assert run_pub("--redis", url, "news", "x").returncode == 0
        assert run_pub("--redis", server.url, "--redis-password-file", str(tmp_path / "password"),
                       "news", "x").returncode == 0
        for url in (f"redis://:wrong-sesame@{at}", server.url, f"redis://:sesame@{at}/99"):
            done = run_pub("--redis", url, "news", "x")
            assert done.returncode == 4
            assert b"refused" in done.stderr and b"sesame" not in done.stderr
            assert done.stderr.count(b"\n") == 1


def test_the_password_may_come_from_where_redis_cli_looks():
    with redis_server("--requirepass", "sesame") as server:
        at = f"127.0.0.1:{server.port}"
        auth = {"REDISCLI_AUTH": "sesame"}
        assert run_pub("--redis", server.url, "news", "x", env=auth).returncode == 0
        done = run_pub("--redis", f"redis://:wrong@{at}", "news", "x", env=auth)
        assert done.returncode == 4 and b"sesame" not in done.stderr


def test_a_channel_the_user_may_not_publish_on():
    with redis_server() as server:
        server.cli("ACL", "SETUSER", "alice", "on", ">pw", "+publish", "&ok")
        url = f"redis://alice:pw@127.0.0.1:{server.port}"
        lines = "".join(json.dumps({"channel": c, "data": "x"}) + "\n" for c in ("ok", "no", "ok"))
        done = run_pub("--redis", url, "-i", "json", stdin=lines.encode())
        assert done.returncode == 4
        assert b"NOPERM" in done.stderr
        assert b"2 events accepted, 1 refused" in done.stderr


def test_cannot_connect_and_retry():
    with redis_server() as server:
        port = server.port
    url = f"redis://:sesame@127.0.0.1:{port}"
    done = run_pub("--redis", url, "news", "x")
    assert done.returncode == 3
    assert done.stderr.decode() == (
        f"sse-pub: cannot connect to redis://:***@127.0.0.1:{port}: Connection refused\n")
    process = start_pub("--redis", f"redis://127.0.0.1:{port}", "news", "x", "--retry-time", "30s")
    assert b"trying again for 30s" in process.stderr.readline()
    with redis_server(port=port):
        assert process.wait(DEADLINE_S) == 0


def test_an_unreachable_server_is_noticed_before_the_first_line():
    process = start_pub("--redis", "redis+unix:///nonexistent/redis.sock", "news", "-l")
    assert process.wait(DEADLINE_S) == 3
    process.stdin.close()


def test_a_server_that_dies_between_two_lines():
    with redis_server() as server:
        process = start_pub("--redis", server.url, "news", "-l", "-v")
        process.stdin.write(b"one\n")
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["nodes"] == 0
        server.process.kill()
        server.process.wait()
        process.stdin.write(b"two\nthree\n")
        process.stdin.flush()
        assert process.wait(DEADLINE_S) == 1
        text = process.stderr.read().decode()
        process.stdin.close()
        assert "cannot connect to" in text
        assert "1 event accepted, 2 not sent; the rest of the input was not read" in text


def test_a_server_that_restarts_is_found_again():
    with redis_server() as first:
        port = first.port
        process = start_pub("--redis", first.url, "news", "-l", "-v", "--retry-time", "30s")
        process.stdin.write(b"one\n")
        process.stdin.flush()
        process.stdout.readline()
    with redis_server(port=port) as second:
        out, err = process.communicate(b"two\n", timeout=DEADLINE_S)
        assert process.returncode == 0
        assert json.loads(out)["channel"] == "news"
        assert "calls=1," in second.cli("INFO", "commandstats").split("cmdstat_publish:")[1]


def test_a_server_that_hangs_and_a_signal():
    with redis_server() as server:
        server.process.send_signal(signal.SIGSTOP)
        done = run_pub("--redis", f"redis+unix://{server.socket_path}", "news", "x",
                       "--max-time", "100ms")
        assert done.returncode == 1
        assert b"no reply within 100ms; 0 events accepted, 1 without an answer" in done.stderr
        process = start_pub("--redis", f"redis+unix://{server.socket_path}", "news", "x")
        wait_for(lambda: _connected(process.pid), "the connection")
        process.send_signal(signal.SIGINT)
        assert process.wait(DEADLINE_S) == -signal.SIGINT


def _connected(pid):
    """Whether the process has a socket, which it opens for Redis, after it minds signals."""
    folder = f"/proc/{pid}/fd"
    with contextlib.suppress(FileNotFoundError):  # closed while we look
        return any(os.readlink(os.path.join(folder, fd)).startswith("socket:")
                   for fd in os.listdir(folder))
    return False
