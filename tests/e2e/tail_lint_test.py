"""sse-tail --lint."""

import pytest

from harness import serve
from tail_support import Server, head, run, stream_of

HEADERS = [("Content-Type", "text/event-stream"), ("X-Accel-Buffering", "no"),
           ("Cache-Control", "no-store, no-transform")]


def answering(body):
    def script(connection, _request, _number):
        connection.send(head(200, HEADERS))
        connection.send(body)

    return Server(script)


def test_a_good_stream():
    with answering("id: 1\ndata: a\n\n") as server:
        done = run("--lint", server.url())
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
        assert len(server.requests) == 1


def test_faults_are_told_and_are_the_status():
    with answering("id: 1\nretry: 5s\nData: \x1b[31m\ndata: a\n\ndata: b\n") as server:
        done = run("--lint", server.url())
    assert done.returncode == 7 and done.stderr == b""
    assert done.stdout.decode().splitlines() == [
        "line 2: fault: the retry '5s' is not made of digits and is ignored [retry]",
        "line 3: fault: the field 'Data' is ignored: data is meant? [field]",
        "line 7: fault: the stream ends without a blank line: the block before is dropped "
        "[unfinished]"]


def test_warnings_are_not_the_status():
    with Server(stream_of("data: a\n\n", then="hold")) as server:
        done = run("--lint", "-c", "1", server.url())
    assert done.returncode == 0
    assert [line[line.rindex("["):] for line in done.stdout.decode().splitlines()] == [
        "[cache]", "[transform]", "[buffering]", "[no-id]"]


def test_a_fault_within_the_time():
    with Server(stream_of("retry: x\n\n", then="hold")) as server:
        done = run("--lint", "-W", "300ms", server.url())
    assert done.returncode == 124 and b"[retry]" in done.stdout


def test_our_own_server_is_without_remark():
    with serve() as server:
        server.publish("news", "\u00e9\nb")
        done = run("--lint", "-c", "1", f"{server.url}/news?since=earliest")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.mark.parametrize("options", [["--llm"], ["-o", "json"], ["-f", "{data}"], ["--lifecycle"],
                                     ["--exec", "true"], ["-0"], ["http://127.0.0.1:1/b"]])
def test_what_does_not_go_with_it(options):
    done = run("--lint", *options, "http://127.0.0.1:1/")
    assert done.returncode == 2 and done.stderr.count(b"\n") == 1 and b"--" in done.stderr
