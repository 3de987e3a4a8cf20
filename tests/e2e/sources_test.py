"""Events that come from a command, from standard input and from files."""

import json
import os
import signal
import subprocess
import sys

import pytest

from harness import DEADLINE_S, Server, Stream, events, program, serve, wait_for


def everything(server, channel="events"):
    """All of a channel whose source ends: history and what follows, up to the server's close."""
    return events(Stream(server, f"/{channel}?since=earliest").read_head().read_to_end())


def test_a_command_is_run_once_and_its_lines_are_events():
    script = "echo one; echo two >&2; echo three; exit 7"
    with serve(command=["sh", "-c", script]) as server:
        got = everything(server)
        assert [e["data"] for e in got if "event" not in e] == ["one", "three"]
        assert [e["data"] for e in got if e.get("event") == "stderr"] == ["two"]
        assert got[-1]["event"] == "end" and json.loads(got[-1]["data"])["status"] == 7
        # Everybody gets the same run; who comes back after the end is told to stay away.
        assert everything(server) == got
        last = got[-1]["id"]
        assert Stream(server, "/events", [f"Last-Event-ID: {last}"]).read_head().status == 204


def test_a_command_that_dies_by_a_signal_says_which():
    with serve(command=["sh", "-c", "kill -9 $$"]) as server:
        assert "KILL" in json.dumps(json.loads(everything(server)[-1]["data"]))


def test_a_command_that_does_not_exist_is_an_error():
    out = subprocess.run([program("sse-serve"), "--listen", "127.0.0.1:0", "--", "/no/such/command"],
                         capture_output=True, text=True, timeout=DEADLINE_S)
    assert out.returncode == 1 and "/no/such/command" in out.stderr


def test_restart_starts_the_command_again(tmp_path):
    counter = tmp_path / "runs"
    script = f"echo run >> {counter}; wc -l < {counter}"
    with serve("--restart", command=["sh", "-c", script]) as server:
        stream = Stream(server, "/events?since=earliest").read_head()
        stream.read_until(b"data: 2\n\n")
        assert [e["data"] for e in events(stream.bytes) if "event" not in e][:2] == ["1", "2"]


def test_the_end_of_the_server_is_the_end_of_the_command(tmp_path):
    pid_file = tmp_path / "pid"
    server = Server(command=["sh", "-c", f"echo $$ > {pid_file}; exec sleep 1000"])
    pid = int(wait_for(lambda: pid_file.exists() and pid_file.read_text().strip(), "the command to run"))
    assert server.stop() == -signal.SIGTERM
    wait_for(lambda: not os.path.exists(f"/proc/{pid}"), "the command to be gone")


def test_exit_on_end_serves_what_is_left_and_exits():
    server = Server("--exit-on-end", "--drain", "20s", command=["sh", "-c", "read x; seq 1 1000"],
                    stdin=subprocess.PIPE)
    assert server.process.wait(DEADLINE_S) == 0


def test_standard_input_is_a_source_with_an_end():
    with serve("--stdin", "--channel", "lines", stdin=subprocess.PIPE) as server:
        stream = Stream(server, "/lines").read_head()
        server.wait_streams("lines", 1)
        server.process.stdin.write("first\n\nthird without an end of line")
        server.process.stdin.close()
        got = events(stream.read_to_end())
        assert [e["data"] for e in got[:3]] == ["first", "", "third without an end of line"]
        assert got[-1]["event"] == "end" and json.loads(got[-1]["data"])["reason"] == "eof"


def test_a_hundred_thousand_lines_arrive_in_order():
    with serve("--stdin", "--history", "200000", "--history-bytes", "64m",
               stdin=subprocess.PIPE) as server:
        stream = Stream(server, "/events").read_head()
        server.wait_streams("events", 1)
        seq = subprocess.Popen(["seq", "1", "100000"], stdout=server.process.stdin)
        seq.wait()
        server.process.stdin.close()
        got = events(stream.read_to_end())
        assert [e["data"] for e in got[:-1]] == [str(n) for n in range(1, 100001)]


@pytest.fixture
def followed(tmp_path):
    path = tmp_path / "app.log"
    path.write_text("old\n")
    with serve("--follow", f"log={path}") as server:
        stream = Stream(server, "/log").read_head()
        server.wait_streams("log", 1)
        yield path, stream


def append(path, text):
    with open(path, "a") as file:
        file.write(text)


def data(stream):
    return [e["data"] for e in events(stream.bytes)]


def test_a_followed_file_gives_what_is_added(followed):
    path, stream = followed
    append(path, "one\ntw")
    stream.read_until(b"data: one\n\n")
    append(path, "o\n")
    stream.read_until(b"data: two\n\n")
    assert data(stream) == ["one", "two"]


def test_following_survives_rotation_and_truncation(followed):
    path, stream = followed
    append(path, "one\n")
    stream.read_until(b"data: one\n\n")
    path.rename(path.with_suffix(".1"))
    path.write_text("two\n")
    stream.read_until(b"data: two\n\n")
    path.write_text("3\n")
    stream.read_until(b"data: 3\n\n")
    path.unlink()
    path.write_text("four\n")
    stream.read_until(b"data: four\n\n")
    assert data(stream) == ["one", "two", "3", "four"]


def test_a_file_that_is_not_there_yet_is_waited_for(tmp_path):
    path = tmp_path / "later.log"
    with serve("--follow", str(path)) as server:
        stream = Stream(server, "/events").read_head()
        server.wait_streams("events", 1)
        path.write_text("here\n")
        stream.read_until(b"data: here\n\n")
