"""Where the workers run."""

import os
import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from harness import program, serve, wait_for


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
