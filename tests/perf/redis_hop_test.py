"""The script redis_hop: that it gets its figures from the programs and a real Redis."""

import json
import os
import pathlib
import subprocess

HERE = pathlib.Path(__file__).parent
BIN = os.environ["SSE_BIN"]
ONE_NODE = ["one node, plain", "one node, history"]
LATENCY = ["embedded", *ONE_NODE, "A to B, plain", "A to B, history"]
WARM_UP = 50


def run(*options):
    return subprocess.run(
        [HERE / "redis_hop", "--bin", BIN, "-n", "20", "--rate", "200", "--unheard", "500",
         "--streams", "5", "-d", "200ms", *options], capture_output=True, text=True, timeout=200)


def test_every_event_arrives_and_none_that_nobody_wants(tmp_path):
    out = tmp_path / "runs.json"
    done = run("-r", "2", "--json", out)
    assert done.returncode == 0 and done.stderr == "", done.stderr + done.stdout
    runs = json.loads(out.read_text())

    def results(scenario, setups):
        found = [r for r in runs if r["scenario"] == scenario]
        assert [r["setup"] for r in found] == setups + setups[::-1]
        return [r["result"] for r in found]

    for result in results("latency", LATENCY):
        assert result["received"] == WARM_UP + 20
        assert 0 < result["latency_ns"]["p50"] <= result["latency_ns"]["p99"]
    for result in results("unheard", ONE_NODE):
        assert result["events"] == 500
        assert result["messages"] == 0 and result["messages_then"] == 1
    for result in results("crowd", ["embedded", *ONE_NODE]):
        assert result["deliveries"]["delivered"] > 0
    assert done.stdout.count("undelivered ") == 3
