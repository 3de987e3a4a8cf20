"""sse-bench where there is nothing to measure: refusals, limits, interrupts."""

import json
import resource
import signal
import socket
import subprocess

import pytest

from bench_server import Behaviour, fan_out
from bench_support import STREAMS, bench, measure, quick
from harness import program, wait_for


def answers(head):
    return type("Answers", (Behaviour,), {"head": head})()


@pytest.mark.parametrize("head, status, words", [
    (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", 4, "404 Not Found"),
    (b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", 5, "text/html"),
    (b"SSH-2.0-OpenSSH\r\n\r\n", 5, "not HTTP/1.x"),
])
def test_answers_that_are_no_stream(head, status, words):
    with fan_out(answers(head)) as server:
        run = bench(*quick(), server.url)
    assert run.returncode == status and run.stdout == ""
    assert run.stderr.startswith("sse-bench: 8 of 8 streams ") and words in run.stderr


def test_refused_events_are_told():
    class Refuses(Behaviour):
        answer = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"

    with fan_out(Refuses()) as server:
        result, stderr = measure(server.url, status=4)
    assert result["events"]["refused"] > 0 and result["events"]["accepted"] == 0
    assert "refused by " + server.url in stderr and "503 Service Unavailable" in stderr


def test_nobody_listens():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/x"
        run = bench("-n", "1000", url)
    assert run.returncode == 3
    assert "could not connect to " + url in run.stderr and "Connection refused" in run.stderr


def test_nobody_answers():
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(64)
        run = bench("-n", "3", "--connect-timeout", "200ms",
                    f"http://127.0.0.1:{silent.getsockname()[1]}/x")
    assert run.returncode == 3 and "no answer within 200ms" in run.stderr


def test_nobody_takes_the_events():
    with fan_out() as server, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/in"
        _, stderr = measure(server.url, "--publish-url", url, status=3)
    assert f"cannot publish to {url}: Connection refused" in stderr


@pytest.mark.parametrize("arguments, words", [
    ([], "URL is required"),
    (["localhost:8080"], "not a URL"),
    (["--source", "nowhere", "http://127.0.0.1:1/"], "'nowhere' is not an IP address"),
    (["--token-file", "/nonexistent", "http://127.0.0.1:1/"], "/nonexistent"),
    (["-H", "A: b", "ftp://127.0.0.1:1/"], "ftp://"),  # the header does not take it
    (["--server-pid", "999999999", "http://127.0.0.1:1/"], "--server-pid 999999999"),
    (["-n", "10", "--channels", "3", "http://127.0.0.1:1/"], "multiple of --channels"),
    (["--stream", "5", "http://127.0.0.1:1/"], "did you mean --streams?"),
])
def test_usage_errors(arguments, words):
    run = bench(*arguments)
    assert run.returncode == 2 and run.stdout == ""
    assert run.stderr.startswith("sse-bench: ") and words in run.stderr
    assert len(run.stderr.splitlines()) == 1


def test_too_few_open_files_are_explained_before_anything_is_opened():
    def limit():
        resource.setrlimit(resource.RLIMIT_NOFILE, (50, 150))

    with fan_out() as server:
        run = bench("-n", "200", server.url, preexec_fn=limit)
        assert server.requests == []
        assert bench(*quick("-n", "60"), server.url, preexec_fn=limit).returncode == 0
    assert run.returncode == 2
    assert "needs 265 open files" in run.stderr and "ulimit -Hn 265" in run.stderr


def test_an_interrupt_prints_what_there_is_and_ends_by_the_signal():
    with fan_out() as server:
        process = subprocess.Popen(
            [program("sse-bench"), *quick("-d", "1h"), "-o", "json", server.url],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        wait_for(lambda: server.published >= 20, "some events")
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGINT and stderr == ""
    result = json.loads(stdout)
    assert result["run"]["signal"] == signal.SIGINT
    assert result["deliveries"]["delivered"] >= 19 * STREAMS
    assert result["deliveries"]["lost"] == 0
