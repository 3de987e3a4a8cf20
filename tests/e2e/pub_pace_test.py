"""sse-pub with a schedule: --rate, --repeat, --replay, --template; and --on-exit."""

import json
import os
import re
import signal
import subprocess
import time

import pytest

from harness import DEADLINE_S, events, program, wait_for
from pub_tools import environment, recorder, run_pub, start_pub


def datas(requests):
    out = []
    for request in requests:
        batch = "event-stream" in request.headers["content-type"]
        out += [e["data"] for e in events(request.body)] if batch else [request.body.decode()]
    return out


def took(*args, stdin=b""):
    began = time.monotonic()
    done = run_pub(*args, stdin=stdin)
    assert (done.returncode, done.stderr) == (0, b"")
    return time.monotonic() - began


def test_rate_holds_events_back():
    lines = b"".join(b"%d\n" % n for n in range(40))
    with recorder() as server:
        assert took("-u", server.url, "news", "-l", "--rate", "100/s", stdin=lines) >= 0.39
        assert datas(server.requests) == [str(n) for n in range(40)]
        assert len(server.requests) > 10  # one by one unless late


def test_late_events_go_at_once():
    first = []

    def slow_once(request):
        if not first:
            first.append(request)
            time.sleep(0.3)
        return 200, {}

    lines = b"".join(b"%d\n" % n for n in range(31))
    with recorder(slow_once) as server:
        assert took("-u", server.url, "news", "-l", "--rate", "100/s", stdin=lines) >= 0.3
        assert datas(server.requests) == [str(n) for n in range(31)]
        assert len(server.requests) <= 20  # the late ones left together


def test_repeat():
    with recorder() as server:
        took("-u", server.url, "news", "hi", "-n", "5000", "--batch-events-max", "700")
        assert datas(server.requests) == ["hi"] * 5000
        took("-u", server.url, "news", "-n", "2", stdin=b"piped\n")
        assert datas(server.requests)[5000:] == ["piped"] * 2
        process = start_pub("-u", server.url, "news", "hi", "-n", "0", "--rate", "1000")
        server.wait_requests(30)
        process.send_signal(signal.SIGINT)
        assert process.wait(DEADLINE_S) == -signal.SIGINT


def test_template():
    with recorder() as server:
        took("-u", server.url, "news", '{{"n":{seq},"at":"{now}","who":"{env:SSE_BIN}"}', "-n", "3",
             "--template", "--id", "{uuid}", "-e", "e{seq}", "--idempotency-key", "k")
        got = events(server.requests[0].body)
        assert [event["event"] for event in got] == ["e1", "e2", "e3"]
        assert len({event["id"] for event in got}) == 3
        for number, event in enumerate(got, 1):
            data = json.loads(event["data"])
            assert (data["n"], data["who"]) == (number, os.environ["SSE_BIN"])
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", data["at"])
        took("-u", server.url, "news", "{seq}")
        assert server.requests[1].body == b"{seq}"


@pytest.mark.parametrize("args, stdin, said", [
    (["news", "{foo}", "--template"], b"", "data: unknown field {foo}: there are {seq}"),
    (["news", "x", "--template", "-e", "{bar}"], b"", "event: unknown field {bar}"),
    (["news", "-l", "--template"], b"{foo}\n", "line 1: data: unknown field {foo}"),
    (["news", "x", "--template", "--id", "{env:NO_SUCH}"], b"", "id: {env:NO_SUCH}: no such"),
    (["news", "x", "--rate", "5/d"], b"", "not a rate like"),
    (["news", "-l", "-n", "2"], b"", "--repeat is for one event"),
    (["news", "x", "--speed", "2x"], b"", "--speed is for --replay"),
    (["news", "--replay", "f", "--speed", "0x"], b"", "not a speed like 2x"),
    (["news", "--replay", "/nonexistent"], b"", "/nonexistent"),
    (["news", "--replay", "f", "--rate", "5"], b"", "--rate excludes --replay"),
    (["news", "x", "--replay", "f"], b"", "--replay excludes DATA"),
    (["news", "--on-exit"], b"", "--on-exit needs a command"),
    (["news", "x", "--on-exit", "--", "true"], b"", "--on-exit makes the event itself"),
    (["--on-exit", "--", "true"], b"", "CHANNEL is missing"),
])
def test_usage_errors(args, stdin, said):
    done = run_pub(*args, stdin=stdin)
    assert done.returncode == 2
    assert said in done.stderr.decode()


def test_replay_keeps_the_gaps(tmp_path):
    records = [{"time": "2026-01-01T00:00:00Z", "channel": "a", "data": "1"},
               {"time": "2026-01-01T00:00:00.400Z", "channel": "a", "data": "2", "event": "e"},
               {"kind": "close"}, {"channel": "b", "data": "3"},
               {"time": 1767225600800, "channel": "a", "data": "4"}]
    path = tmp_path / "recording"
    path.write_text("\n".join(map(json.dumps, records)))
    with recorder() as server:
        assert took("-u", server.url, "--replay", str(path), "--speed", "2x") >= 0.4
        assert [request.target for request in server.requests] == ["/a", "/a?event=e", "/b", "/a"]
        assert datas(server.requests) == list("1234")
        took("-u", server.url, "all", "--replay", str(path), "--speed", "max")
        assert datas(server.requests)[4:] == list("1234")
        assert server.requests[4].target == "/all"
    path.write_text('{"time":"yesterday","channel":"a","data":"1"}')
    done = run_pub("--replay", str(path))
    assert done.returncode == 2
    assert b"line 1: time: 'yesterday' is not an RFC 3339 time" in done.stderr


@pytest.mark.parametrize("script, status, end", [
    ("cat; echo out; echo err >&2; exit 3", 3, {"status": 3}),
    ("kill -KILL $$", 137, {"signal": "KILL"}),
])
def test_on_exit_tells_how_a_command_ended(script, status, end):
    with recorder() as server:
        done = run_pub("-u", server.url, "jobs", "--on-exit", "--", "sh", "-c", script, stdin=b"in ")
        assert done.returncode == status
        if status == 3:
            assert (done.stdout, done.stderr) == (b"in out\n", b"err\n")
        (request,) = server.requests
        assert request.target == "/jobs?event=exit"
        data = json.loads(request.body)
        assert data.pop("seconds") >= 0
        assert data == {"command": ["sh", "-c", script], **end}


def test_on_exit_passes_every_argument_and_takes_another_type():
    words = ["[a,b]", "", "--", "-x", "%%", "--help"]
    with recorder() as server:
        done = run_pub("-u", server.url, "--user", "al", "-e", "done", "--on-exit", "--", "printf",
                       "%s|", *words)
        assert done.stdout.decode() == "".join(word + "|" for word in words)
        assert server.requests[0].target == "/@al?event=done"


def test_on_exit_passes_the_status_on_when_it_cannot_publish():
    done = run_pub("-u", "http://127.0.0.1:9", "jobs", "--on-exit", "--", "sh", "-c", "exit 5")
    assert done.returncode == 5
    assert b"cannot connect" in done.stderr
    done = run_pub("-u", "http://127.0.0.1:9", "jobs", "--on-exit", "--", "/nonexistent/command")
    assert done.returncode == 127
    assert b"cannot run '/nonexistent/command'" in done.stderr


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1])
def test_on_exit_forwards_signals(sig):
    name = sig.name.removeprefix("SIG")
    script = f"trap 'echo got; exit 9' {name}; echo ready; while :; do sleep 0.05; done"
    with recorder() as server:
        process = start_pub("-u", server.url, "jobs", "--on-exit", "--", "sh", "-c", script)
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(sig)
        assert process.stdout.readline() == b"got\n"
        assert process.wait(DEADLINE_S) == 9
        assert json.loads(server.requests[0].body)["status"] == 9
        process.stdin.close()


def test_on_exit_a_signal_that_ends_the_command():
    with recorder() as server:
        process = subprocess.Popen([program("sse-pub"), "-u", server.url, "jobs", "--on-exit", "--",
                                    "sleep", "1000"], env=environment())
        children = f"/proc/{process.pid}/task/{process.pid}/children"
        wait_for(lambda: b"sleep" in _command_of(children), "the command to run")
        process.send_signal(signal.SIGTERM)
        assert process.wait(DEADLINE_S) == 143
        assert json.loads(server.requests[0].body)["signal"] == "TERM"


def _command_of(children):
    with open(children) as file:
        pids = file.read().split()
    if not pids:
        return b""
    with open(f"/proc/{pids[0]}/cmdline", "rb") as file:
        return file.read().split(b"\0")[0]
