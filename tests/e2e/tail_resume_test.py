"""sse-tail: positions kept over runs, duplicates, sequence checks, gaps and recordings."""

import base64
import json
import os
import signal
import stat
import subprocess
import time

import pytest

from tail_support import (SSE_TAIL, STREAM, Server, Tail, environment, head, records, run,
                          stream_of, wait_until)


def counting(last=10, per_connection=None):
    """Sends the events after the Last-Event-ID up to `last`, then ends the connection; says 204
    when there are no more."""

    def script(connection, request, _number):
        first = int(request.header("last-event-id") or 0) + 1
        if first > last:
            connection.send(head(204))
            return
        connection.send(STREAM + "retry: 1\n\n")
        for n in range(first, min(last, first + (per_connection or last) - 1) + 1):
            connection.send(f"id: {n}\ndata: {n}\n\n")

    return script


def sent_ids(server):
    return [request.header("last-event-id") for request in server.requests]


def test_a_run_goes_on_where_the_last_one_ended(tmp_path):
    state = environment(XDG_STATE_HOME=str(tmp_path))
    with Server(counting()) as server:
        assert run("--resume", "-c", "3", server.url(), env=state).stdout == b"1\n2\n3\n"
        assert run("--resume", "-c", "2", server.url(), env=state).stdout == b"4\n5\n"
        assert run("--resume", "-c", "1", server.url("/other"), env=state).stdout == b"1\n"
        assert run("--resume", "-c", "1", "-H", "X-A: b", server.url(), env=state).stdout == b"1\n"
        assert run("--resume", "-c", "1", "-d", "q", server.url(), env=state).stdout == b"1\n"
        assert run("--resume", "-c", "1", server.url(), env=state).stdout == b"6\n"
    files = list((tmp_path / "sse").glob("*.json"))
    assert len(files) == 4
    assert all(stat.S_IMODE(os.stat(file).st_mode) == 0o600 for file in files)


def test_one_file_holds_several_streams(tmp_path):
    path = tmp_path / "deep" / "positions"
    with Server(counting(20)) as server:
        urls = [server.url("/a"), server.url("/b")]
        run(f"--resume={path}", "-c", "5", urls[0])
        run(f"--resume={path}", "-c", "35", *urls)
        run(f"--resume={path}", "-c", "1", urls[0], "--last-event-id", "1")
    stored = json.loads(path.read_text())
    assert sorted(s["url"] for s in stored["streams"].values()) == urls
    assert sent_ids(server)[0] is None and b"5" in sent_ids(server)[1:3]
    assert sent_ids(server)[-1] == b"20"


def test_what_the_reader_did_not_take_comes_again(tmp_path):
    """Killed while its reader is stuck: the next run must repeat, not skip."""
    flood = "".join(f"id: {n}\ndata: {n:0200d}\n\n" for n in range(1, 5001))

    def script(connection, request, _number):
        connection.send(STREAM)
        start = int(request.header("last-event-id") or 0)
        connection.send(flood.split("\n\n", start)[-1] if start else flood)
        connection.hold()

    path = tmp_path / "p"
    with Server(script) as server:
        ours, its = os.pipe()
        with Tail(f"--resume={path}", server.url(), stdout=its) as tail:
            os.close(its)
            first = os.read(ours, 30_000).decode()
            wait_until(lambda: json.loads(path.read_text())["streams"], "a position")
            tail.signal(signal.SIGKILL)
            tail.wait()
        with os.fdopen(ours, "rb") as reader:
            first += reader.read().decode()
        second = run(f"--resume={path}", "--until", "0" * 196 + "5000", server.url()).stdout.decode()
    seen = [int(line) for line in first.split("\n")[:-1]]
    again = [int(line) for line in second.split()]
    assert seen == list(range(1, seen[-1] + 1))
    assert again == list(range(again[0], 5001)) and again[0] <= seen[-1] + 1


def latest(path):
    complete = path.read_bytes().rpartition(b"\n")[0]
    return int(complete.rpartition(b"\n")[2] or 0)


def test_killed_at_any_moment_nothing_is_skipped(tmp_path):
    """Runs are killed again and again while events flow; together they printed every event."""
    path = tmp_path / "p"
    out = tmp_path / "out"
    last = 3000
    with Server(counting(last, per_connection=40)) as server:
        for attempt in range(200):
            with open(out, "ab") as sink:
                tail = subprocess.Popen([SSE_TAIL, f"--resume={path}", server.url()], stdout=sink,
                                        env=environment())
            target = (attempt + 1) * last // 12
            while tail.poll() is None and latest(out) < target:
                time.sleep(0.002)
            tail.kill()
            if tail.wait() == 0:
                break
    printed = [int(line) for line in out.read_bytes().split()]
    assert set(printed) == set(range(1, last + 1))
    position = 0
    for number in printed:  # going back is allowed, leaving out is not
        assert number <= position + 1
        position = number


def test_a_reset_id_forgets_the_position(tmp_path):
    path = tmp_path / "p"
    with Server(stream_of("id: 1\ndata: a\n\nid\ndata: b\n\n")) as server:
        run(f"--resume={path}", "-c", "1", server.url())
        run(f"--resume={path}", "-c", "2", server.url())
        run(f"--resume={path}", "-c", "1", server.url())
    assert sent_ids(server) == [None, b"1", None]


def test_an_id_without_data_is_a_position(tmp_path):
    path = tmp_path / "p"
    with Server(stream_of("id: prime\n\n")) as server:
        run(f"--resume={path}", "--no-reconnect", server.url())
        run(f"--resume={path}", "--no-reconnect", server.url())
    assert sent_ids(server) == [None, b"prime"]


def test_a_body_that_cannot_be_read_is_named(tmp_path):
    done = run("-d", f"@{tmp_path}", "http://localhost/")
    assert done.returncode == 2
    assert b"--data" in done.stderr and str(tmp_path).encode() in done.stderr


def test_two_runs_do_not_share_a_file(tmp_path):
    path = tmp_path / "p"
    with Server(stream_of("data: a\n\n", then="hold")) as server:
        with Tail(f"--resume={path}", server.url()) as tail:
            assert tail.line() == "a"
            done = run(f"--resume={path}", server.url())
            assert done.returncode == 1
            assert b"in use" in done.stderr and done.stderr.count(b"\n") == 1


@pytest.mark.parametrize("option", ["--resume=/proc/nowhere", "--record=/nonexistent/r"])
def test_a_file_that_cannot_be_written_is_named(option):
    with Server(stream_of("data: a\n\n")) as server:
        done = run(option, server.url())
        assert server.requests == []
    assert (done.returncode, done.stdout) == (1, b"")
    assert option.split("=")[1].encode() in done.stderr and done.stderr.count(b"\n") == 1


# Checks

def test_dedup_leaves_out_what_a_server_repeats():
    def script(connection, request, number):
        again = int(request.header("last-event-id") or 1)  # starts at the id, not after it
        connection.send(STREAM + "retry: 1\n\n")
        for n in range(max(again - 2, 1), again + 4):
            connection.send(f"id: {n}\ndata: {n}\n\n")

    with Server(script) as server:
        done = run("--dedup", "100", "-c", "20", server.url())
    assert done.stdout.decode().split() == [str(n) for n in range(1, 21)]


def test_expected_sequence():
    with Server(stream_of("id: e-1\ndata: a\n\nid: e-4\ndata: b\n\n")) as server:
        done = run("--expect-seq", "--no-reconnect", server.url())
        assert (done.returncode, done.stdout) == (7, b"a\nb\n")
        assert b"number 4 came after 1: 2 missing" in done.stderr
        assert run("--expect-seq", "-c", "1", server.url()).returncode == 0
        assert run("--expect-seq=/n", "-c", "1", server.url()).returncode == 7
        assert run("--expect-seq=n", server.url()).returncode == 2


def test_a_gap_is_told():
    gap = 'event: gap\ndata: {"requested":"e-1","missed":7,"reason":"evicted"}\n\n'
    with Server(stream_of(gap)) as server:
        done = run("--no-reconnect", server.url())
        assert done.returncode == 0 and b"7 events missed (evicted)" in done.stderr
        assert run("--expect-seq", "--no-reconnect", server.url()).returncode == 7


def test_a_recording(tmp_path):
    path = tmp_path / "r"
    body = b"id: 1\ndata: caf\xc3\xa9\n\n: x\ndata: \xff\n\n"
    with Server(stream_of(body)) as server:
        for _ in range(2):
            assert run("--record", str(path), "--no-reconnect", server.url()).returncode == 0
    lines = records(path.read_bytes())
    assert all(line["time"] > 1.6e12 and line["url"] == server.url() for line in lines)
    assert [line["data"] for line in lines if "kind" not in line] == ["caf\u00e9", "\ufffd"] * 2
    assert sum(line.get("kind") == "open" for line in lines) == 2

    came = b"".join(base64.b64decode(line["base64"]) if "base64" in line else line["text"].encode()
                    for line in lines if line.get("kind") == "bytes")
    assert came == body * 2
