"""Where the workers run, and how they send."""

import contextlib
import os
import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from crowd import Crowd
from harness import Stream, data_marker, events, program, serve, wait_for


def threads_cpus(server):
    """Of every thread, the first worker first."""
    tasks = Path(f"/proc/{server.process.pid}/task")
    first = str(server.process.pid)
    names = sorted((task.name for task in tasks.iterdir()), key=lambda name: name != first)
    return [re.search(r"Cpus_allowed_list:\s+(\S+)", (tasks / name / "status").read_text())[1]
            for name in names]


def test_workers_run_on_the_cpus_they_are_given_in_turn():
    cpus = sorted(os.sched_getaffinity(0))
    one, other = str(cpus[-1]), str(cpus[0])

    def as_told():
        found = threads_cpus(server)
        # A sanitizer may have a thread of its own.
        return found[0] == one and not Counter([one, other, one]) - Counter(found)

    with serve("--workers", "3", "--cpu-affinity", f"{one},{other}") as server:
        wait_for(as_told, f"workers on {one}, {other} and {one}")


@pytest.mark.skipif(len(os.sched_getaffinity(0)) == 1, reason="there is but one CPU")
def test_a_command_runs_anywhere_also_when_started_again():
    cpu = min(os.sched_getaffinity(0))
    script = "sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status"
    own = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout.strip()
    with serve("--workers", "1", "--cpu-affinity", str(cpu), "--restart", "--restart-delay", "1ms",
               command=["sh", "-c", script]) as server:
        stream = Stream(server, "/events?since=earliest").read_head()
        stream.read_until(b'"restarts":2}')
        assert {e["data"] for e in events(stream.bytes) if "event" not in e} == {own}


def test_a_cpu_that_is_not_there_is_told_and_the_worker_serves_elsewhere():
    with serve("--workers", "1", "--cpu-affinity", "1023") as server:
        wait_for(lambda: any("--cpu-affinity: cannot run on CPU 1023: " in line for line in server.log),
                 "the log to say so")
        assert server.get("/-/healthz") == "ok\n"


@pytest.mark.parametrize("cpus", ["", "0-x", "5-2", "0,", "-1", "1024"])
def test_a_wrong_list_of_cpus_is_refused(cpus):
    out = subprocess.run([program("sse-serve"), "--listen", "127.0.0.1:0", "--cpu-affinity", cpus],
                         capture_output=True, text=True, timeout=30)
    assert out.returncode == 2 and "--cpu-affinity" in out.stderr and out.stderr.count("\n") == 1


def rings(server):
    """How many the process has."""
    found = 0
    for name in Path(f"/proc/{server.process.pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            found += os.readlink(name) == "anon_inode:[io_uring]"
    return found


def without_ring(server):
    """How many workers said that they have none."""
    return sum(bool(re.fullmatch("sse-serve: --io uring: .*; sending one by one", line)) for line in server.log)


@pytest.mark.parametrize("how", ["uring", "send"])
def test_every_worker_sends_as_it_is_told_and_streams_get_all_in_order(how):
    with serve("--workers", "2", "--io", how) as server:
        if how == "uring":
            wait_for(lambda: rings(server) + without_ring(server) == 2, "a ring for every worker, or why not")
        crowd = Crowd(server, ["/news"] * 300)
        server.wait_streams("news", 300)
        for n in range(20):
            assert server.publish("news", data_marker(n))["streams"] == 300
        crowd.read_until(f"data: {data_marker(19)}\n\n".encode())
        expected = [data_marker(n) for n in range(20)]
        for data in crowd.data():
            assert data == expected
        crowd.close()
        assert not any("io_uring failed" in line for line in server.log)
        if how == "send":
            assert rings(server) == 0
