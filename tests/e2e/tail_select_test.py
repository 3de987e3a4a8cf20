"""sse-tail: templates, delimiters, filters on data, and ends that depend on content or silence."""

import signal

import pytest

from tail_support import STREAM, Server, Tail, head, records, run, stream_of

USERS = ('id: 1\nevent: login\ndata: {"user": {"name": "ann\\u00e9"}, "n": 1}\n\n'
         'id: 2\nevent: logout\ndata: {"user": {"name": "bob"},\ndata: "n": 2}\n\n'
         "id: 3\ndata: plain\n\n")


def printed(*options, body=USERS):
    with Server(stream_of(body)) as server:
        done = run(*options, "--no-reconnect", server.url())
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode()


@pytest.mark.parametrize("template, expected", [
    ("{n} {id} {event:>7}|{/user/name:6.3}|", "1 1   login|ann   |\n2 2  logout|bob   |\n"
                                              "3 3 message|      |\n"),
    ("{{{/n}}}\\t{/user}", '{1}}\t{"name":"ann\\u00e9"}\n{2}}\t{"name":"bob"}\n{}}\t\n'),
])
def test_template(template, expected):
    assert printed("-f", template) == expected


def test_template_times():
    lines = printed("-f", "{time} {time:%Y} {gap}").splitlines()
    stamp, year, gap = lines[0].split()
    assert stamp.startswith(year) and stamp.endswith("Z") and gap == "0.000"


@pytest.mark.parametrize("options, end", [(["-0"], "\0"), (["-D", "\\t--\\n"], "\t--\n"),
                                          (["-D", ""], "")])
def test_delimiters(options, end):
    expected = end.join(["one", "two\nlines", ""])
    assert printed(*options, body="data: one\n\ndata: two\ndata: lines\n\n") == expected


def test_json_data_is_embedded_on_one_line():
    seen = records(printed("-o", "json-data").encode())
    assert seen[1] == {"id": "2", "event": "logout", "data": {"user": {"name": "bob"}, "n": 2}}
    assert seen[2]["data"] == "plain"


@pytest.mark.parametrize("options, ids", [
    (["--grep", "ann|plain"], "13"),
    (["--grep", "^plain$", "--grep", "bob"], "23"),
    (["--where", "/user/name=bob"], "2"),
    (["--where", "/n", "--where", "/user/name!=bob"], "1"),
    (["-e", "!logout", "--grep", "."], "13"),
])
def test_filters(options, ids):
    assert printed("-f", "{id}", "-D", "", *options) == ids


@pytest.mark.parametrize("options, expected", [
    (["--until", "bob"], b"12"),
    (["--until", "bob", "-e", "login"], b"1"),  # it ends the stream, printed or not
])
def test_until(options, expected):
    with Server(stream_of(USERS, then="hold")) as server:
        done = run("-f", "{id}", "-D", "", *options, server.url())
    assert (done.returncode, done.stdout) == (0, expected)


def test_until_is_not_met():
    with Server(stream_of(USERS)) as server:
        done = run("--until", "nobody", "--no-reconnect", server.url())
    assert done.returncode == 6


def test_hostile_json_and_expressions_do_no_harm():
    deep = "[" * 300_000
    body = f"data: {deep}{']' * 300_000}\n\ndata: {deep}\n\ndata: {'a' * 300_000}\n\n"
    out = printed("-o", "json-data", "--where", "/0/0", "--grep", "(\\[*)*$", body=body)
    assert out.count("\n") == 1 and len(out) > 600_000


def test_first_event_limit():
    body = ": heartbeat\nevent: other\ndata: x\n\n"
    with Server(stream_of(body, then="hold")) as server:
        done = run("--first-event", "200ms", "-e", "wanted", server.url())
        assert (done.returncode, done.stdout) == (124, b"")
        assert b"--first-event" in done.stderr
        done = run("--lifecycle", "--first-event", "1ms", "-e", "wanted", server.url())
        assert records(done.stdout)[-1] == {"kind": "close", "reason": "first_event"}


def test_idle_ends_it():
    with Server(stream_of("data: x\n\n", then="hold")) as server:
        done = run("--idle", "200ms", server.url())
    assert (done.returncode, done.stdout) == (124, b"x\n")
    assert b"--idle" in done.stderr


def test_idle_counts_over_connections():
    def script(connection, _request, _number):
        connection.send(head(503, [("Retry-After", "0"), ("Content-Length", "0")]))

    with Server(script) as server:
        done = run("--idle", "300ms", "--reconnect-delay", "1ms", server.url())
    assert done.returncode == 124


def test_heartbeats_are_not_idle():
    def script(connection, _request, _number):
        connection.send(STREAM + "data: a\n\n")
        while not connection.server.stopping:
            connection.send(":\n")

    with Server(script) as server, Tail("--idle", "1s", server.url()) as tail:
        assert tail.line() == "a"
        with pytest.raises(Exception):
            tail.process.wait(timeout=1.5)
        tail.signal(signal.SIGTERM)
        tail.wait()


@pytest.mark.parametrize("options", [["-f", "{x}"], ["-f", "{data}", "-o", "json"],
                                     ["--grep", "("], ["--until", "*"], ["--where", "name=x"],
                                     ["-0", "-D", "x"], ["-0", "-o", "sse"], ["-D", "\\q"],
                                     ["-o", "raw", "--grep", "x"]])
def test_bad_input_is_one_line_and_makes_no_request(options):
    with Server(stream_of(USERS)) as server:
        done = run(*options, server.url())
        assert server.requests == []
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"sse-tail: ") and done.stderr.count(b"\n") == 1
