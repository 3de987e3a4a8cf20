"""sse-tail: a command for each event, and one command for all."""

import json
import os
import signal

import pytest

from tail_support import STREAM, Server, Tail, run, stream_of, wait_until

THREE = "id: 1\nevent: x\ndata: one\ndata: 1\n\nid: 2\ndata: two\n\nid: 3\ndata: three\n\n"


def once(*options, body=THREE):
    with Server(stream_of(body)) as server:
        done = run(*options, "--no-reconnect", server.url())
        return done.returncode, done.stdout.decode(), done.stderr.decode().replace(server.url(), "URL")


def test_a_command_for_each_event():
    command = 'echo "$SSE_EVENT_TYPE $SSE_EVENT_ID $SSE_EVENT_URL: $(cat)"'
    status, out, err = once("--exec", command)
    assert (status, err) == (0, "")
    assert [line.split(" ")[:2] for line in out.splitlines() if line != "1"] == [
        ["x", "1"], ["message", "2"], ["message", "3"]]
    assert "/stream: one\n1\n" in out


def test_the_input_is_the_data_exactly_or_in_the_format_given():
    assert once("--exec", "cat")[1] == "one\n1twothree"
    assert once("--exec", "cat", "-f", "<{data}>", "-D", ";")[1] == "<one\n1>;<two>;<three>;"
    lines = once("--exec", "cat", "-o", "json", "-e", "x")[1].splitlines()
    assert [json.loads(line) for line in lines] == [{"id": "1", "event": "x", "data": "one\n1"}]


def test_a_large_input_that_is_not_read():
    assert once("--exec", "true", body=f"data: {'x' * 1_000_000}\n\n") == (0, "", "")


def test_a_failed_command_is_told_and_the_next_has_its_turn():
    status, out, err = once("--exec", 'cat; test $SSE_EVENT_ID != 2')
    assert (status, out) == (7, "one\n1twothree")
    assert err == "sse-tail: URL: --exec: exit status 1\n"
    assert "signal 9" in once("--exec", "kill -9 $$")[2]
    assert "exit status 127" in once("--exec", "/nonexistent/command")[2]


def test_several_at_once_and_no_more_than_asked_for(tmp_path):
    """Each command waits until as many as allowed have begun: it works only if they overlap."""
    body = "".join(f"id: {n}\ndata: {n}\n\n" for n in range(1, 10))
    (tmp_path / "running").mkdir()
    command = (f"cd {tmp_path}; touch $SSE_EVENT_ID running/$SSE_EVENT_ID; ls running | wc -l; "
               f"while [ ! -e $(( (SSE_EVENT_ID + 2) / 3 * 3 )) ]; do sleep 0.01; done; "
               f"rm running/$SSE_EVENT_ID")
    status, out, _ = once("--exec", command, "-j", "3", body=body)
    assert (status, len(out.split())) == (0, 9)
    assert max(int(count) for count in out.split()) == 3


def test_the_count_waits_for_the_commands():
    with Server(stream_of(THREE, then="hold")) as server:
        done = run("-c", "2", "--exec", "sleep 0.1; cat; echo", server.url())
    assert (done.returncode, done.stdout) == (0, b"one\n1\ntwo\n")


def test_the_position_waits_for_the_command(tmp_path):
    position = tmp_path / "p"
    gate = tmp_path / "gate"

    def script(connection, request, _number):
        start = int(request.header("last-event-id") or 0)
        connection.send(STREAM + "".join(f"id: {n}\ndata: {n}\n\n" for n in range(start + 1, 6)))
        connection.hold()

    command = f"[ $SSE_EVENT_ID = 3 ] && [ ! -e {gate} ] && touch {gate} && sleep 60; cat; echo"
    with Server(script) as server:
        with Tail(f"--resume={position}", "--exec", command, server.url()) as tail:
            assert [tail.line(), tail.line()] == ["1", "2"]
            wait_until(gate.exists, "the third command")
            tail.signal(signal.SIGTERM)
            tail.wait()
        done = run(f"--resume={position}", "--exec", command, "-c", "3", server.url())
        assert done.stdout == b"3\n4\n5\n"
        assert server.requests[1].header("last-event-id") == b"2"


def test_one_command_reads_everything():
    status, out, err = once("--exec-pipe", "cat; echo end")
    assert (status, err) == (0, "")
    assert [json.loads(line)["id"] for line in out.splitlines()[:-1]] == ["1", "2", "3"]
    assert out.endswith("\nend\n")
    assert once("--exec-pipe", "cat", "-o", "data")[1] == "one\n1\ntwo\nthree\n"
    assert once("--exec-pipe", "cat >/dev/null; exit 3")[0] == 7


@pytest.mark.parametrize("command, status", [("head -n 1", 0), ("read x; exit 5", 7)])
def test_a_command_that_has_had_enough_ends_it_also_while_idle(command, status):
    with Server(stream_of(THREE, then="hold")) as server:
        done = run("--exec-pipe", command, server.url())
    assert done.returncode == status
    assert (b"exit status 5" in done.stderr) == bool(status)


def test_a_slow_command_holds_the_stream_and_loses_nothing():
    numbers = range(20_000)
    body = "".join(f"data: {n:0200d}\n\n" for n in numbers)
    status, out, _ = once("--exec-pipe", "sleep 0.3; cat", "-o", "data", body=body)
    assert status == 0
    assert [int(line) for line in out.split()] == list(numbers)


def test_commands_get_signals_as_usual():
    told = once("--exec-pipe", "grep -E 'Sig(Blk|Ign)' /proc/self/status; cat >/dev/null")[1]
    blocked, ignored = (int(line.split()[1], 16) for line in told.splitlines())
    assert blocked == 0 and not ignored & 1 << (signal.SIGPIPE - 1)


@pytest.mark.parametrize("options", [["--exec", "a", "--exec-pipe", "b"], ["-j", "0", "--exec", "a"],
                                     ["--exec", "a", "--lifecycle"], ["--exec", "a", "-o", "raw"]])
def test_bad_usage(options):
    done = run(*options, "http://127.0.0.1:1/")
    assert done.returncode == 2 and done.stderr.count(b"\n") == 1
    assert os.fsencode(options[0]) in done.stderr or b"--jobs" in done.stderr
