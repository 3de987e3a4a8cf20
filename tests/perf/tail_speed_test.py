"""The script tail_speed: that it gets its figures from the programs."""

import os
import pathlib
import re
import subprocess

HERE = pathlib.Path(__file__).parent
BIN = os.environ["SSE_BIN"]


def test_the_outputs_are_compared_with_curl():
    run = subprocess.run([HERE / "tail_speed", "--bin", BIN, "--megabytes", "5", "--runs", "2"],
                         capture_output=True, text=True, timeout=120)
    assert (run.returncode, run.stderr) == (0, "")
    title, *rows, latency = run.stdout.splitlines()
    assert title.startswith("5 MB of 100-byte events")
    figures = [re.fullmatch(r"(.{8})((?: +\d+\.\d\d){4})", row).groups() for row in rows]
    assert [name.strip() for name, _ in figures] == ["curl -N", "-o raw", "-o data", "-o json"]
    for _, numbers in figures:
        least, median, most, _ = map(float, numbers.split())
        assert least <= median <= most
    assert re.match(r"latency of 1000 events, ms: median \d+\.\d+ p99 ", latency)
