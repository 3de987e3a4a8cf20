"""What is measured at which setups."""

from typing import Callable, NamedTuple, Optional

from fan_out.scenarios import DELIVERED, MS, Bound, Row, cpu, latency_p99

from .loads import Crowd, Latency, Unheard
from .setups import EMBEDDED, HISTORY, PLAIN, TWO_HISTORY, TWO_PLAIN, Setup

CROWD_RATE = 10  # events/s


class Arm(NamedTuple):
    name: str
    setup: Setup
    base: Optional[str] = None  # the arm it is compared with


class Scenario(NamedTuple):
    title: str
    rows: list
    arms: list
    load: Callable
    rounds_max: int = 1000


EMBEDDED_ARM = Arm("embedded", EMBEDDED)
PLAIN_ARM = Arm("one node, plain", PLAIN, "embedded")
HISTORY_ARM = Arm("one node, history", HISTORY, "embedded")
ONE_NODE = [EMBEDDED_ARM, PLAIN_ARM, HISTORY_ARM]
TWO_NODES = [Arm("A to B, plain", TWO_PLAIN, "embedded"),
             Arm("A to B, history", TWO_HISTORY, "embedded")]


def _latency(args):
    rows = [Row("latency p50, ms", ("latency_ns", "p50"), MS),
            Row("latency p99, ms", ("latency_ns", "p99"), MS),
            Row("CPU of the nodes, us per event", ("cpu_us_per_event",))]
    return Scenario(f"from POST to stream, 1 stream, {args.rate:g} events/s", rows,
                    ONE_NODE + TWO_NODES, Latency(args.events, args.rate))


def _unheard(args):
    rows = [Row("CPU of the node, ns per event", ("cpu_ns_per_event",)),
            Row("CPU meanwhile, ms", ("flood_cpu_ns",), MS),
            Row("CPU idle for as long, ms", ("idle_cpu_ns",), MS),
            Row("messages the node was sent", ("messages",), 1, Bound(0, of_value=True)),
            Row("after one that was listened to", ("messages_then",))]
    arms = [PLAIN_ARM._replace(base=None), HISTORY_ARM._replace(base=None)]
    return Scenario(f"{args.unheard:,} events on channels without streams", rows, arms,
                    Unheard(args.unheard))


def _crowd(args):
    title = f"{args.streams:,} streams, {CROWD_RATE} events/s through their node"
    return Scenario(title, [cpu(), latency_p99(), DELIVERED], ONE_NODE,
                    Crowd(args.streams, CROWD_RATE, args.duration))


SCENARIOS = {"latency": _latency, "unheard": _unheard, "crowd": _crowd}  # of the script's options
