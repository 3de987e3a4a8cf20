"""sse-pub over HTTP: what it sends, what it says, how it ends."""

import json
import os
import pty
import signal
import subprocess
import time

import pytest

from harness import DEADLINE_S, Stream, events, program, serve
from pub_tools import environment, recorder, run_pub, start_pub

BATCH_BYTES_MAX = 256 << 10


def check(done, status=0, stderr=""):
    assert done.stderr.decode().strip() == stderr
    assert done.returncode == status


def datas(request):
    return [event["data"] for event in events(request.body)]


@pytest.mark.parametrize("args, stdin, body", [
    (["hello"], b"", b"hello"),
    ([""], b"", b""),
    (["{}"], b"", b"{}"),
    (["--", "-dash"], b"", b"-dash"),
    (["a\nb\n"], b"", b"a\nb\n"),
    ([], b"hello\n", b"hello"),
    ([], b"two\nlines\n\n", b"two\nlines\n"),
    ([], b"", b""),
    (["-f", "-"], b"piped\r\n", b"piped"),
])
def test_one_event_goes_verbatim_and_in_silence(args, stdin, body):
    with recorder() as server:
        done = run_pub("-u", server.url, "news", *args, stdin=stdin)
        check(done)
        assert done.stdout == b""
        (request,) = server.requests
        assert (request.method, request.target) == ("POST", "/news")
        assert request.body == body
        assert request.headers["content-type"] == "text/plain; charset=utf-8"


def test_fields_headers_token_and_base_path(tmp_path):
    (tmp_path / "token").write_text("sesame\n")
    (tmp_path / "data").write_text("from a file\n")
    with recorder() as server:
        check(run_pub("-u", server.url + "/base/", "a/../b:c", "-f", str(tmp_path / "data"),
                      "-e", "tick & tock", "--id", "é 1", "--retry", "1.5s", "-H", "X-One: 1",
                      "-H", "X-Two: 2", env={"SSE_TOKEN_FILE": str(tmp_path / "token")}))
        (request,) = server.requests
        assert request.target == "/base/a/../b:c?event=tick%20%26%20tock&id=%C3%A9%201&retry=1500"
        assert request.body == b"from a file"
        assert request.headers["authorization"] == "Bearer sesame"
        assert (request.headers["x-one"], request.headers["x-two"]) == ("1", "2")


def test_user_is_the_personal_channel():
    with recorder() as server:
        check(run_pub("-u", server.url, "--user", "alice", "hi"))
        assert server.requests[0].target == "/@alice"


def test_unix_socket(tmp_path):
    path = str(tmp_path / "s")
    with recorder(path=path) as server:
        check(run_pub("--unix-socket", path, "news", "hi"))
        assert server.requests[0].body == b"hi"


def test_ready_lines_go_as_one_batch_in_order():
    with recorder() as server:
        check(run_pub("-u", server.url, "news", "-l", "-e", "log", stdin=b"a\r\n\nb:c\n d\nlast"))
        (request,) = server.requests
        assert request.target == "/news"
        assert request.headers["content-type"] == "text/event-stream"
        assert datas(request) == ["a", "", "b:c", " d", "last"]
        assert {event["event"] for event in events(request.body)} == {"log"}


def test_lines_go_out_as_they_come_over_one_connection():
    with recorder() as server:
        process = start_pub("-u", server.url, "news", "-l")
        for number in range(5):
            process.stdin.write(b"line %d\n" % number)
            process.stdin.flush()
            request = server.wait_requests(number + 1)[number]
            assert request.body == b"line %d" % number
            assert request.connection == 0
        process.stdin.write(b"no end")
        assert process.communicate(timeout=DEADLINE_S) == (b"", b"")
        assert process.returncode == 0
        assert server.requests[5].body == b"no end"


def test_large_input_is_split_below_the_limit_and_complete():
    lines = [f"{number} " + "x" * (number % 700) for number in range(5000)]
    with recorder() as server:
        check(run_pub("-u", server.url, "news", "-l", stdin="\n".join(lines).encode()))
        assert [data for request in server.requests for data in
                (datas(request) if "event-stream" in request.headers["content-type"]
                 else [request.body.decode()])] == lines
        assert max(len(request.body) for request in server.requests) <= BATCH_BYTES_MAX
        assert len({request.connection for request in server.requests}) == 1


def test_null_separated():
    with recorder() as server:
        check(run_pub("-u", server.url, "news", "-0", stdin=b"a\nb\0\0c"))
        assert datas(server.requests[0]) == ["a\nb", "", "c"]


def test_json_events_with_their_own_channels():
    records = [{"channel": "a", "data": "1", "id": "x", "event": "e"}, {"channel": "a", "data": "2"},
               {"kind": "open"}, {"channel": "b", "data": "3", "retry": 5}]
    text = "\n".join(map(json.dumps, records)).encode()
    with recorder() as server:
        check(run_pub("-u", server.url, "-i", "json", stdin=text))
        assert [request.target for request in server.requests] == ["/a", "/b?retry=5"]
        assert events(server.requests[0].body) == [
            {"data": "1", "id": "x", "event": "e"}, {"data": "2"}]
        check(run_pub("-u", server.url, "all", "-i", "json", stdin=text))
        assert server.requests[2].target == "/all"
        assert datas(server.requests[2]) == ["1", "2", "3"]


def test_sse_input_is_relayed():
    stream = b"retry: 7\nid: 1\nevent: e\ndata: a\ndata: b\n\n: note\n\ndata: c\n\n"
    with recorder() as server:
        check(run_pub("-u", server.url, "news", "-i", "sse", stdin=stream))
        assert server.requests[0].body == b"id: 1\nevent: e\nretry: 7\ndata: a\ndata: b\n\ndata: c\n\n"


def test_verbose_prints_what_the_server_answered():
    answer = {"channel": "news", "ids": ["e-1"], "streams": 2}
    with recorder(lambda request: (200, json.dumps(answer, indent=2).encode())) as server:
        done = run_pub("-u", server.url, "news", "hi", "-v")
        check(done)
        assert done.stdout.count(b"\n") == 1
        assert json.loads(done.stdout) == answer


def test_dry_run_prints_the_very_bytes_and_sends_nothing():
    args = ["news", "-e", "tick", "--id", "1", "-H", "X-A: b", "hello"]
    lines = ["news", "-l"]
    with recorder() as server:
        for words, stdin in ((args, b""), (lines, b"a\nb\n")):
            dry = run_pub("-u", server.url, *words, "--dry-run", stdin=stdin)
            check(dry)
            assert server.requests == []
            check(run_pub("-u", server.url, *words, stdin=stdin))
            assert dry.stdout == server.requests.pop().raw


def test_dry_run_masks_the_token(tmp_path):
    (tmp_path / "token").write_text("sesame")
    done = run_pub("-u", "http://al:opensaysme@h", "news", "x", "--dry-run", "--token-file",
                   str(tmp_path / "token"))
    check(done)
    assert b"Authorization: ***\r\n" in done.stdout
    assert b"sesame" not in done.stdout and b"opensaysme" not in done.stdout


@pytest.mark.parametrize("args, stdin, said", [
    ([], b"", "CHANNEL is missing"),
    (["bad name", "x"], b"", "channel: not a channel name"),
    (["-l", "--", "-x"], b"x", "channel: not a channel name"),
    (["news", "x", "-e", "a\nb"], b"", "event: line break at byte 1"),
    (["news", "x", "--id", "a\rb"], b"", "id: line break at byte 1"),
    (["news", b"\xff"], b"", "data: invalid UTF-8 at byte 0"),
    (["news", "-f", "/nonexistent"], b"", "/nonexistent"),
    (["news", "x", "--token-file", "/nonexistent"], b"", "--token-file"),
    (["news", "x", "-u", "ftp://h"], b"", "--url"),
    (["news", "x", "-H", "nonsense"], b"", "--header"),
    (["news", "x", "--redis", "redis://h", "--redis-cacert", "/x"], b"", "--redis-cacert needs"),
    (["news", "x", "--redis-key", "/x"], b"", "--redis-key need --redis"),
    (["news", "x", "--redis", "redis+sentinel://h"], b"", "--redis: Redis URL has no master"),
    (["news", "x", "-l"], b"", "DATA excludes"),
    (["news", "x", "--retyr", "1s"], b"", "did you mean --retry?"),
])
def test_usage_errors_send_nothing(args, stdin, said):
    done = run_pub(*args, stdin=stdin)
    assert done.returncode == 2
    assert said in done.stderr.decode()
    assert done.stderr.startswith(b"sse-pub: ") and done.stderr.count(b"\n") == 1


@pytest.mark.parametrize("args, stdin, said", [
    (["news", "-l"], b"a\nb\n\xff\nc\n", "line 3: data: invalid UTF-8 at byte 0; 2 events accepted"),
    (["-i", "json"], b'{"channel":"c","data":"1"}\n{"channel":"c","data":"1"}\n{"data":"x"}',
     "line 3: channel: not a channel name"),
    (["news", "-i", "sse"], b"data:1\n\ndata:2\n\ndata:3", "event 3: incomplete"),
    (["news", "-l", "--event-bytes-max", "3"], b"a\nb\n1234\nc", "line 3: longer than 3"),
])
def test_invalid_input_stops_there_and_says_where(args, stdin, said):
    with recorder() as server:
        done = run_pub("-u", server.url, *args, stdin=stdin)
        assert done.returncode == 2
        assert said in done.stderr.decode()
        assert len(datas(server.requests[0])) == 2


def test_a_terminal_without_data_gets_usage_not_a_hang():
    primary, secondary = pty.openpty()
    try:
        done = subprocess.run([program("sse-pub"), "news"], stdin=secondary, capture_output=True,
                              timeout=DEADLINE_S, env=environment())
    finally:
        os.close(primary)
        os.close(secondary)
    assert done.returncode == 2
    assert b"usage: sse-pub CHANNEL" in done.stderr


def test_cannot_connect():
    with recorder() as server:
        url = server.url
    done = run_pub("-u", url.replace("//", "//al:sesame@"), "news", "hi")
    assert done.returncode == 3
    text = done.stderr.decode()
    assert text.startswith(f"sse-pub: cannot connect to {url.replace('//', '//al:***@')}: ")
    assert text.count("\n") == 1 and "sesame" not in text
    check(run_pub("-u", url, "news", "hi", "-q"), status=3)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 429, 500, 503])
def test_refused_by_the_server(status):
    with recorder(lambda request: (status, {"error": "no such luck", "status": status})) as server:
        check(run_pub("-u", server.url, "news", "hi"), status=4,
              stderr=f"sse-pub: {server.url} refused: no such luck (status {status})")


def test_refused_midway_counts():
    answers = iter([(200, {"ids": ["1", "2"]}), (413, {"error": "too large"})])
    with recorder(lambda request: next(answers)) as server:
        done = run_pub("-u", server.url, "news", "-l", "--batch-events-max", "2",
                       stdin=b"a\nb\nc\nd\ne\n")
        check(done, status=4, stderr=f"sse-pub: {server.url} refused: too large (status 413); "
                                     "2 events accepted, 2 refused, 1 not sent; "
                                     "the rest of the input was not read")


def test_fewer_ids_than_events_is_a_failure():
    with recorder(lambda request: (200, {"ids": ["1"]})) as server:
        done = run_pub("-u", server.url, "news", "-l", stdin=b"a\nb\n")
        assert done.returncode == 4
        assert b"1 event accepted, 1 refused" in done.stderr


def test_server_dies_midway():
    with recorder(lambda request: (200, {}) if len(server.requests) == 1 else None) as server:
        process = start_pub("-u", server.url, "news", "-l")
        process.stdin.write(b"first\n")
        process.stdin.flush()
        server.wait_requests(1)
        process.stdin.write(b"second\nthird\n")
        process.stdin.flush()
        assert process.wait(DEADLINE_S) == 1
        text = process.stderr.read().decode()
        process.stdin.close()
        assert "no answer from" in text
        assert "1 event accepted, 2 without an answer (may have been accepted)" in text
        assert "the rest of the input was not read" in text


def test_a_server_that_says_nothing_runs_into_max_time():
    with recorder(lambda request: "hang") as server:
        done = run_pub("-u", server.url, "news", "hi", "--max-time", "100ms")
        assert done.returncode == 1
        assert b"no complete answer within 100ms" in done.stderr


def test_retry_time_waits_for_the_server():
    with recorder() as gone:
        port, url = gone.port, gone.url
    process = start_pub("-u", url, "news", "hi", "--retry-time", "30s")
    assert b"trying again for 30s" in process.stderr.readline()
    with recorder(port=port) as server:
        assert process.wait(DEADLINE_S) == 0
        assert server.requests[0].body == b"hi"


def test_retry_time_goes_on_after_503_and_a_lost_answer():
    answers = iter([(503, {"error": "away"}), None, (200, {})])
    with recorder(lambda request: next(answers)) as server:
        done = run_pub("-u", server.url, "news", "hi", "--retry-time", "30s")
        assert done.returncode == 0
        assert [request.body for request in server.requests] == [b"hi"] * 3
        assert b"away (status 503); trying again" in done.stderr


@pytest.mark.parametrize("sig", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_waiting_for_input_says_what_was_accepted(sig):
    with recorder() as server:
        process = start_pub("-u", server.url, "news", "-l", "-v")
        process.stdin.write(b"one\ntwo\n")
        process.stdin.flush()
        process.stdout.readline()  # the answer has arrived
        process.send_signal(sig)
        assert process.wait(DEADLINE_S) == -sig
        assert process.stderr.read() == (b"sse-pub: interrupted; 2 events accepted; "
                                         b"the rest of the input was not read\n")
        process.stdin.close()


def test_a_signal_while_waiting_for_an_answer():
    with recorder(lambda request: "hang") as server:
        process = start_pub("-u", server.url, "news", "hi")
        server.wait_requests(1)
        process.send_signal(signal.SIGINT)
        assert process.wait(DEADLINE_S) == -signal.SIGINT
        assert b"1 without an answer" in process.stderr.read()


def test_full_standard_output_is_an_error():
    with recorder() as server, open("/dev/full", "wb") as full:
        done = subprocess.run([program("sse-pub"), "-u", server.url, "news", "hi", "-v"],
                              stdout=full, stderr=subprocess.PIPE, timeout=DEADLINE_S,
                              env=environment())
        assert done.returncode == 1
        assert b"cannot write to standard output" in done.stderr


def test_end_to_end_with_sse_serve_and_curl():
    with serve() as server:
        curl = subprocess.Popen(["curl", "-sN", f"{server.url}/news"], stdout=subprocess.PIPE)
        server.wait_streams("news", 1)
        check(run_pub("-u", server.url, "news", "line 1\nline 2", "-e", "tick", "--id", "my-1"))
        check(run_pub("-u", server.url, "news", "-l", stdin=b"a\nb\n"))
        done = run_pub("-u", server.url, "news", "last", "-v")
        answer = json.loads(done.stdout)
        assert (answer["channel"], answer["streams"], len(answer["ids"])) == ("news", 1, 1)
        raw = b""
        while b"data: last\n\n" not in raw:
            piece = os.read(curl.stdout.fileno(), 1 << 16)
            assert piece
            raw += piece
        curl.kill()
        curl.wait()
        got = events(raw)
        assert [event["data"] for event in got] == ["line 1\nline 2", "a", "b", "last"]
        assert got[0]["event"] == "tick" and got[0]["id"] == "my-1"


def test_a_refusal_of_sse_serve_is_told():
    with serve() as server:
        done = run_pub("-u", server.url, "news", "x" * (1 << 16))
        check(done)
        done = run_pub("-u", server.url, "news", stdin=b"x" * (2 << 20))
        assert done.returncode == 4
        assert b"413" in done.stderr


def test_fifty_thousand_lines_arrive_in_order():
    count = 50_000
    text = "".join(f"{number}\n" for number in range(count)).encode()
    with serve("--history", str(count + 1), "--history-bytes", "64m") as server:
        began = time.monotonic()
        check(run_pub("-u", server.url, "news", "-l", stdin=text))
        print(f"{count} lines in {time.monotonic() - began:.2f} s")
        stream = Stream(server, "/news?since=earliest")
        got = events(stream.read_until(b"data: %d\n\n" % (count - 1)).split(b"\r\n\r\n", 1)[1])
        stream.close()
        assert [event["data"] for event in got] == [str(number) for number in range(count)]
