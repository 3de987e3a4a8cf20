"""Runs sse-bench in small, for the tests of it."""

import json
import subprocess

from harness import program

QUICK = {"-n": "8", "-r": "100", "-d": "300ms", "--settle": "0", "--warmup": "0", "--drain": "300ms"}
EVENTS = 30  # what QUICK publishes
STREAMS = 8


def quick(*options):
    """QUICK's options, but those given instead of them."""
    kept = [(name, value) for name, value in QUICK.items() if name not in options]
    return [*(part for option in kept for part in option), *options]


def bench(*arguments, **kwargs):
    return subprocess.run([program("sse-bench"), *arguments], capture_output=True, text=True,
                          timeout=120, **kwargs)


def measure(url, *options, status=0):
    """The result of a quick run as JSON, and its stderr."""
    run = bench(*quick(*options), "-o", "json", url)
    assert run.returncode == status, run.stderr
    return json.loads(run.stdout), run.stderr


def counts(result):
    names = ("delivered", "lost", "pending", "missed", "duplicate", "reordered", "corrupt", "foreign",
             "misrouted")
    return {name: result["deliveries"][name] for name in names if result["deliveries"][name]}


ALL = {"delivered": EVENTS * STREAMS}
