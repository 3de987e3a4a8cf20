"""Events that come from a command, from standard input and from files."""

import json
import os
import resource
import signal
import subprocess
import urllib.error
import urllib.request

import pytest

from harness import DEADLINE_S, Server, Stream, events, program, serve, wait_for


def everything(server, channel="events"):
    """All of a channel whose source ends: history and what follows, up to the server's close."""
    return events(Stream(server, f"/{channel}?since=earliest").read_head().read_to_end())


def status_of(server, path):
    try:
        with urllib.request.urlopen(server.url + path, timeout=DEADLINE_S) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def is_running(pid):
    """Neither gone nor a zombie nobody reaps."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


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


def test_the_last_words_of_the_command_are_published_before_streams_end():
    script = "trap 'sleep 0.2; echo bye; exit' TERM; echo ready; while :; do sleep 0.01; done"
    server = Server(command=["sh", "-c", script])
    stream = Stream(server, "/events?since=earliest").read_head()
    stream.read_until(b"data: ready\n\n")
    server.process.send_signal(signal.SIGTERM)
    got = events(stream.read_to_end())
    assert [e["data"] for e in got if "event" not in e] == ["ready", "bye"]
    assert server.process.wait(DEADLINE_S) == -signal.SIGTERM


def test_a_second_signal_kills_the_command_too(tmp_path):
    pid_file = tmp_path / "pid"
    script = f"trap '' TERM; sleep 1000 & echo $! $$ > {pid_file}; wait; wait"
    server = Server("--stop-grace", "1h", command=["sh", "-c", script])
    pids = wait_for(lambda: pid_file.exists() and pid_file.read_text().split(), "the command to run")
    server.process.send_signal(signal.SIGTERM)
    wait_for(lambda: status_of(server, "/-/readyz") == 503, "the first signal to be noticed")
    assert server.stop(signal.SIGTERM) == -signal.SIGTERM
    for pid in pids:
        wait_for(lambda: not is_running(pid), f"process {pid} to be gone")


def test_a_command_that_ignores_sigterm_is_killed_after_the_grace():
    server = Server("--stop-grace", "100ms",
                    command=["sh", "-c", "trap '' TERM; echo up; while :; do sleep 0.01; done"])
    stream = Stream(server, "/events?since=earliest").read_head()
    stream.read_until(b"data: up\n\n")
    assert server.stop() == -signal.SIGTERM


def test_the_restart_delay_can_be_chosen():
    with serve("--restart", "--restart-delay", "1ms", "--restart-delay-max", "2ms",
               command=["sh", "-c", "echo run"]) as server:
        stream = Stream(server, "/events?since=earliest").read_head()
        stream.read_until(b"data: run\n\n", 10)  # by default after 4 minutes


def test_the_command_gets_the_limit_of_open_files_the_server_was_started_with():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with serve(open_files=(300, hard), command=["sh", "-c", "ulimit -n"]) as server:
        assert everything(server)[0]["data"] == "300"


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
