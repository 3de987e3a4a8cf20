"""What is done at a site while it is measured: each returns the figures for the table."""

import contextlib
import os
import subprocess
import sys
import time
import urllib.request

from fan_out.kernel import cpu_ns
from fan_out.loads import Bench

from .wire import Publisher, Stream, exchange

WARM_UP = 50  # events that are sent, but not counted among the latencies
UNHEARD_CHANNELS = 10


class Latency:
    """Events one by one, from a publisher at the first node to a stream at the last."""

    def __init__(self, events, rate):
        self.events, self.rate = events, rate

    def __call__(self, programs, site):
        count = WARM_UP + self.events
        stream, publisher = Stream(site.nodes[-1], "hop"), Publisher(site.nodes[0], "hop")
        with contextlib.closing(stream), contextlib.closing(publisher), _at(programs.on_client_cpu()):
            before = [cpu_ns(node.pid) for node in site.nodes]
            took = exchange(publisher, stream, count, self.rate)
            cpu = [cpu_ns(node.pid) - b for node, b in zip(site.nodes, before)]
        ordered = sorted(took[WARM_UP:])
        return {"latency_ns": {"p50": ordered[len(ordered) // 2],
                               "p99": ordered[len(ordered) * 99 // 100]},
                "received": len(took), "cpu_us_per_event": sum(cpu) / count / 1e3,
                "cpu_us_per_event_of_node": [one / count / 1e3 for one in cpu], "warnings": []}


class Unheard:
    """A flood, past the nodes, on channels that have no streams; then as long a time of nothing."""

    def __init__(self, events):
        self.events = events

    def __call__(self, programs, site):
        node, = site.nodes
        each = self.events // UNHEARD_CHANNELS
        with contextlib.closing(Stream(node, "heard")) as stream:
            marks = [_mark(node)]
            for channel in range(UNHEARD_CHANNELS):
                _publish(programs, site, f"unheard-{channel}", each)
            marks.append(_mark(node))
            time.sleep(marks[1][0] - marks[0][0])
            marks.append(_mark(node))
            flood, idle = [after[1] - before[1] for before, after in zip(marks, marks[1:])]
            messages = _messages(node)
            with contextlib.closing(Publisher(node, "heard")) as publisher:
                exchange(publisher, stream, 1, 1)
            return {"events": each * UNHEARD_CHANNELS, "seconds": marks[1][0] - marks[0][0],
                    "flood_cpu_ns": flood, "idle_cpu_ns": idle, "messages": messages,
                    "messages_then": _messages(node), "warnings": [],
                    "cpu_ns_per_event": flood / each / UNHEARD_CHANNELS}


class Crowd:
    """sse-bench: what a delivery costs when an event has many streams."""

    def __init__(self, streams, rate, duration):
        self.bench = Bench("-n", str(streams), "-r", str(rate), duration=duration)

    def __call__(self, programs, site):
        return self.bench(programs, site.nodes[0])


@contextlib.contextmanager
def _at(pin):
    """This process on another CPU meanwhile."""
    before = os.sched_getaffinity(0)
    try:
        if pin:
            pin()
        yield
    finally:
        os.sched_setaffinity(0, before)


def _mark(node):
    return time.monotonic(), cpu_ns(node.pid)


def _publish(programs, site, channel, count):
    history = ["--redis-history"] if site.has_history else []
    command = [programs.path("sse-pub"), "--redis", site.redis_url, *history, "-l", channel]
    done = subprocess.run(command, input=b"an event nobody listens to\n" * count, check=False,
                          stdout=subprocess.DEVNULL, preexec_fn=programs.on_client_cpu())
    if done.returncode != 0:
        sys.exit(f"redis_hop: {' '.join(command)} failed with status {done.returncode}")


def _messages(node):
    """How many messages the node was sent by Redis, by its own count."""
    with urllib.request.urlopen(node.url + "/-/metrics") as answer:
        lines = answer.read().decode().splitlines()
    return float(next(line for line in lines
                      if line.startswith("sse_redis_messages_total ")).split()[1])
