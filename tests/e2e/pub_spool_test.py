"""sse-pub --spool: whatever dies, every event arrives once and in order."""

import json
import os
import random
import re
import signal
import subprocess

import pytest

from harness import DEADLINE_S, events, program, wait_for
from pub_tools import (Subscriber, environment, free_port, recorder, redis_server, run_pub,
                       start_pub)

AWAY = "http://127.0.0.1:9"  # the discard port: nobody listens


class Ledger:
    """What a server keeps that drops what it had: events in order, the highest number per key."""

    def __init__(self):
        self.data = []
        self.last = {}

    def answer(self, request):
        batch = "event-stream" in request.headers["content-type"]
        datas = [e["data"] for e in events(request.body)] if batch else [request.body.decode()]
        key = request.headers["idempotency-key"]
        number = int(request.headers["idempotency-sequence"])
        had = self.last.get(key, 0)
        assert number <= had + 1, "a number was left out"
        new = datas[max(0, had + 1 - number):]
        self.data += new
        self.last[key] = max(had, number + len(datas) - 1)
        return 200, {"ids": ["x"] * len(new), "duplicates": len(datas) - len(new)}


def spooled(done, count):
    return re.search(rb"sse-pub: %d events? waits? in the spool \(.*connect" % count, done.stderr)


def records_in(folder):
    file = folder / "events"
    return file.read_bytes().count(b'"number"') if file.exists() else 0


def test_events_wait_in_the_spool_and_go_first_next_time(tmp_path):
    spool = str(tmp_path / "spool")
    done = run_pub("-u", AWAY, "news", "-l", "--spool", spool, stdin=b"a\nb\n")
    assert done.returncode == 0 and spooled(done, 2)
    done = run_pub("-u", AWAY, "news", "c", "-e", "tick", "--spool", spool)
    assert done.returncode == 0 and spooled(done, 3)
    assert run_pub("-u", AWAY, "news", "d", "--spool", spool, "-q").stderr == b""
    ledger = Ledger()
    with recorder(ledger.answer) as server:
        done = run_pub("-u", server.url, "news", "e", "--spool", spool)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
        assert ledger.data == list("abcde")
        assert len(ledger.last) == 4  # a random key for each run
        assert "event=tick" in server.requests[1].target
    assert os.path.getsize(tmp_path / "spool" / "events") == 0


def test_drain_only_empties_the_spool(tmp_path):
    spool = str(tmp_path / "spool")
    run_pub("-u", AWAY, "news", "-l", "--spool", spool, stdin=b"a\nb\n")
    done = run_pub("-u", AWAY, "--drain", "--spool", spool)
    assert done.returncode == 3
    assert b"cannot connect" in done.stderr and b"2 events wait in the spool" in done.stderr
    ledger = Ledger()
    with recorder(ledger.answer) as server:
        done = run_pub("-u", server.url, "--drain", "--spool", spool, "--confirm")
        assert (done.returncode, done.stderr) == (0, b"")
        assert [json.loads(line)["number"] for line in done.stdout.splitlines()] == [1, 2]
        assert run_pub("-u", server.url, "--drain", "--spool", spool).returncode == 0
        assert ledger.data == ["a", "b"] and len(server.requests) == 1


def test_input_is_read_while_the_server_is_away_and_sent_when_it_is_back(tmp_path):
    port = free_port()
    process = start_pub("-u", f"http://127.0.0.1:{port}", "news", "-l", "--spool", str(tmp_path))
    for number in range(3):
        process.stdin.write(b"%d\n" % number)
        process.stdin.flush()
        wait_for(lambda: records_in(tmp_path) > number, "a record")
    assert b"; events are kept in the spool" in process.stderr.readline()
    ledger = Ledger()
    with recorder(ledger.answer, port=port):
        wait_for(lambda: len(ledger.data) == 3, "the events, with no input to wake sse-pub")
        process.stdin.write(b"3\n")
        assert process.communicate(timeout=DEADLINE_S) == (b"", b"")
    assert process.returncode == 0
    assert ledger.data == list("0123")


def test_a_signal_leaves_what_was_read_in_the_spool(tmp_path):
    process = start_pub("-u", AWAY, "news", "-l", "--spool", str(tmp_path))
    process.stdin.write(b"a\nb\n")
    process.stdin.flush()
    wait_for(lambda: records_in(tmp_path) == 2, "the records")
    process.send_signal(signal.SIGTERM)
    assert process.wait(DEADLINE_S) == -signal.SIGTERM
    assert b"interrupted; 0 events accepted, 2 events wait in the spool" in process.stderr.read()
    process.stdin.close()


def test_what_the_server_refuses_stays_in_the_spool(tmp_path):
    with recorder(lambda request: (401, {"error": "no token"})) as server:
        done = run_pub("-u", server.url, "news", "-l", "--spool", str(tmp_path), stdin=b"a\nb\n")
        assert done.returncode == 4
        assert b"refused: no token (status 401)" in done.stderr
        assert b"2 events wait in the spool" in done.stderr
    ledger = Ledger()
    with recorder(ledger.answer) as server:
        assert run_pub("-u", server.url, "--drain", "--spool", str(tmp_path)).returncode == 0
        assert ledger.data == ["a", "b"]


def test_a_second_run_waits_for_the_first_and_says_so(tmp_path):
    ledger = Ledger()
    with recorder(ledger.answer) as server:
        first = start_pub("-u", server.url, "news", "-l", "--spool", str(tmp_path))
        first.stdin.write(b"a\n")
        first.stdin.flush()
        server.wait_requests(1)
        second = start_pub("-u", server.url, "news", "b", "--spool", str(tmp_path))
        assert b"waiting for another run that has " in second.stderr.readline()
        assert ledger.data == ["a"]
        first.communicate(timeout=DEADLINE_S)
        assert second.wait(DEADLINE_S) == 0
        assert ledger.data == ["a", "b"]


def test_bad_spools(tmp_path):
    done = run_pub("-u", AWAY, "news", "x", "--spool", str(tmp_path / "a" / "b"))
    assert done.returncode == 1 and b"cannot make the folder" in done.stderr
    done = run_pub("-u", AWAY, "news", "-l", "--spool", str(tmp_path), "--spool-bytes-max", "1k",
                   stdin=b"x" * 1000 + b"\n" + b"y" * 1000)
    assert done.returncode == 1
    assert b"is full: 1k (--spool-bytes-max); 0 events accepted, 2 not sent" in done.stderr
    run_pub("-u", AWAY, "news", "-l", "--spool", str(tmp_path), stdin=b"a\nb\nc\n")
    data = bytearray((tmp_path / "events").read_bytes())
    data[20] ^= 1
    (tmp_path / "events").write_bytes(data)
    done = run_pub("-u", AWAY, "news", "x", "--spool", str(tmp_path))
    assert done.returncode == 1
    assert f"{tmp_path}/events: damaged at byte 0, with sound records behind it" in str(done.stderr)
    assert run_pub("--drain").returncode == 2
    assert run_pub("--drain", "--spool", str(tmp_path), "news").returncode == 2


def test_dry_run_leaves_the_spool_alone(tmp_path):
    done = run_pub("-u", AWAY, "news", "x", "--spool", str(tmp_path), "--dry-run")
    assert done.returncode == 0
    assert re.search(rb"Idempotency-Key: [0-9a-f-]{36}\r\nIdempotency-Sequence: 1\r\n", done.stdout)
    assert not (tmp_path / "events").exists()


@pytest.mark.parametrize("seed", range(3))
def test_killed_again_and_again_with_a_server_that_comes_and_goes(tmp_path, seed):
    dice = random.Random(seed)
    count = 2000
    text = "".join(f"{number}\n" for number in range(count)).encode()
    (tmp_path / "input").write_bytes(text)
    ledger = Ledger()

    def answer(request):
        fate = dice.random()
        if fate < 0.1:
            return 503, {"error": "away"}
        reply = ledger.answer(request)
        return None if fate < 0.2 else reply  # had it, but the answer is lost

    args = ["news", "-l", "-f", str(tmp_path / "input"), "--spool", str(tmp_path / "spool"),
            "--idempotency-key", "job", "--batch-events-max", "100", "-q"]
    with recorder(answer) as server:
        for _ in range(10):
            requests = len(server.requests)
            process = subprocess.Popen([program("sse-pub"), "-u", server.url, *args],
                                       env=environment())
            enough = dice.randrange(1, 12)
            wait_for(lambda: process.poll() is not None or
                     len(server.requests) >= requests + enough, "some requests")
            process.kill()
            process.wait()
        done = run_pub("-u", server.url, *args, "--retry-time", "30s")
        assert done.returncode == 0
    assert ledger.data == [str(number) for number in range(count)]


def test_redis_is_down_a_script_publishes_and_is_killed_midway(tmp_path):
    count = 10_000
    text = "".join(f"event {number}\n" for number in range(count)).encode()
    port = free_port()
    args = ["--redis", f"redis://127.0.0.1:{port}", "news", "-l", "--spool", str(tmp_path),
            "--idempotency-key", "job"]
    process = start_pub(*args)
    process.stdin.write(text[:len(text) // 2])
    process.stdin.flush()
    wait_for(lambda: records_in(tmp_path) > 1000, "a part of the events in the spool")
    process.kill()
    process.wait()
    with redis_server(port=port) as server:
        subscriber = Subscriber(server, "news")
        done = run_pub(*args, stdin=text)
        assert done.returncode == 0
        assert done.stderr == b"" or b"a write had been cut short" in done.stderr
        last = again = 0
        while last < count:  # what a node does: take each number once
            message = json.loads(subscriber.message()[1])
            if message["number"] <= last:
                again += 1
                continue
            assert message == {"data": f"event {last}", "producer": "job", "number": last + 1}
            last += 1
        subscriber.close()
        print(f"{count} events once and in order, {again} dropped by their number")
        assert again > 0
