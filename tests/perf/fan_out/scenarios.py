"""What is measured, and what is required of it."""

import operator
from typing import Callable, NamedTuple, Optional

from .loads import Bench, Replay, Stalled


class Bound(NamedTuple):
    """A limit for the ratio to what the row is compared with, or for the value itself."""

    limit: float
    least: bool = False  # not at most, but at least
    of_value: bool = False
    others: tuple = ()  # (part of a server's name, its limit), the first that fits

    def limit_for(self, server):
        return next((limit for part, limit in self.others if part in server), self.limit)

    def text(self, server):
        sign = ">=" if self.least else "<="
        return f"{sign} {self.limit_for(server):g}" + ("" if self.of_value else "x")

    def holds(self, server, value, ratio):
        holds = operator.ge if self.least else operator.le
        return holds(value if self.of_value else ratio, self.limit_for(server))


class Row(NamedTuple):
    title: str
    path: tuple  # in the result of the load
    scale: float = 1
    bound: Optional[Bound] = None

    def value(self, result):
        """Infinite: null in the result. NaN: not a thing of this load."""
        if self.path[0] not in result:
            return float("nan")
        for key in self.path:
            result = None if result is None else result[key]
        return float("inf") if result is None else result / self.scale


class Arm(NamedTuple):
    """One server under one load."""

    name: str
    command: list
    load: Callable
    base: Optional[str] = None  # the arm it is compared with


class Subjects(NamedTuple):
    """The commands of the servers."""

    bare: dict  # by name: "bare", "coalescing", and "bare uring" where there is one
    serve: dict  # by options


class Scenario(NamedTuple):
    title: str
    rows: list
    arms: Callable  # of Subjects
    rounds_max: int = 1000


def against(load, *bare):
    """Every sse-serve against the first of these bare servers."""
    def arms(subjects):
        found = [Arm(name, subjects.bare[name], load, bare[0] if name != bare[0] else None)
                 for name in bare if name in subjects.bare]
        return found + [Arm(name, command, load, bare[0])
                        for name, command in subjects.serve.items()]
    return arms


def itself(plain_name, plain, name, load, bare=()):
    """Every sse-serve, and these bare servers, under a load against itself under another."""
    def arms(subjects):
        out = []
        servers = {server: subjects.bare[server] for server in bare if server in subjects.bare}
        for server, command in {**servers, **subjects.serve}.items():
            base = f"{server}, {plain_name}"
            out += [Arm(base, command, plain), Arm(f"{server}, {name}", command, load, base)]
        return out
    return arms


def variants(load, *options):
    """Every sse-serve alone, once with each of these options."""
    def arms(subjects):
        return [Arm(f"{server} {option}".strip(), command + option.split(), load)
                for server, command in subjects.serve.items() for option in options]
    return arms


def over(ways):
    """The first sse-serve, over HTTP/1.1 in clear and then in other ways: what one is called, the
    options it takes, and the load."""
    def arms(subjects):
        server, command = next(iter(subjects.serve.items()))
        return [Arm(server, command, CLEAR)] + [
            Arm(f"{server}, {name}", command + options, load, server)
            for name, options, load in ways]
    return arms


MS, KIB, MIB = 1e6, 1024, 1024 * 1024


def cpu(bound=None):
    return Row("CPU per delivery, us", ("server", "cpu_us_per_delivery"), 1, bound)


def fan_out(bound=None):
    return [Row(f"fan-out {p}, ms", ("deliveries", "fan_out_ns", p), MS, bound)
            for p in ("p50", "p90")]


def latency_p99(bound=None):
    return Row("latency p99, ms", ("deliveries", "latency_ns", "p99"), MS, bound)


def sent_p99(bound=None):
    return Row("latency from send p99, ms", ("deliveries", "latency_from_send_ns", "p99"), MS, bound)


def throughput(bound=None):
    return Row("deliveries per s", ("deliveries", "per_s"), 1, bound)


FAN_OUT = Bound(1.10)
SATURATED = Bound(0.9, least=True)
CHANNELS = Bound(1.2)
DELIVERED = Row("undelivered", ("deliveries", "latency_ns", "never"), 1,
                Bound(0, of_value=True))
BARE = ("bare", "bare uring")

ONE_CHANNEL = Bench("-n", "10000", "-r", "1", duration="8s")
TEN_STREAMS = Bench("-n", "10", "-r", "1000")
THOUSAND_CHANNELS = Bench("-n", "10000", "--channels", "1000", "-r", "1000", duration="8s")
QUIET = Bench("-n", "1000", "-r", "10")

# So slowly that nothing waits, or what is sent together would hide what one event costs. TLS makes a
# system call for each write: it is compared with such a server in clear.
STREAMS = ("-n", "10000", "-r", "2")
H2, INSECURE, TLS = ("--http2-prior-knowledge",), ("-k",), ["--tls-self-signed"]
CLEAR = Bench(*STREAMS, duration="8s")
WAYS = [("HTTP/2", [], Bench(*STREAMS, *H2, duration="8s")),
        ("TLS", TLS, Bench(*STREAMS, *INSECURE, duration="8s")),
        ("TLS HTTP/2", TLS, Bench(*STREAMS, "--http2", *INSECURE, duration="8s"))]
WAYS_CPU = Bound(1, others=(("TLS HTTP/2", 0.105), ("HTTP/2", 0.07), ("TLS", 1.5)))
WAYS_MEMORY = Bound(512, of_value=True,
                    others=(("TLS HTTP/2", 1_000), ("HTTP/2", 700), ("TLS", 16_384)))

SCENARIOS = {
    "1k": Scenario(
        "1,000 streams, 10 events/s", [cpu(), *fan_out(), latency_p99(), DELIVERED],
        against(Bench("-n", "1000", "-r", "10"), *BARE)),
    "5k": Scenario(
        "5,000 streams, 10 events/s", [cpu(), *fan_out(FAN_OUT), latency_p99(), DELIVERED],
        against(Bench("-n", "5000", "-r", "10"), *BARE)),
    "10k": Scenario(
        "10,000 streams, 2 events/s", [cpu(), *fan_out(FAN_OUT), latency_p99(), DELIVERED],
        against(Bench("-n", "10000", "-r", "2", duration="10s"), *BARE)),
    "10k10": Scenario(
        "10,000 streams, 10 events/s",
        [cpu(Bound(1.05, others=(("uring", 0.92),))), *fan_out(FAN_OUT), latency_p99(), DELIVERED],
        against(Bench("-n", "10000", "-r", "10", duration="6s"), *BARE)),
    "sat1": Scenario(
        "1,000 streams, 1 publish in flight", [throughput(), cpu()],
        against(Bench("-n", "1000", "--saturate"), "coalescing")),
    "sat16": Scenario(
        "1,000 streams, 16 publishes in flight", [throughput(SATURATED), cpu()],
        against(Bench("-n", "1000", "--saturate", "--publishers", "16"), "coalescing")),
    "sat64": Scenario(
        "1,000 streams, 64 publishes in flight", [throughput(SATURATED), cpu()],
        against(Bench("-n", "1000", "--saturate", "--publishers", "64"), "coalescing")),
    "idle10k": Scenario(
        "10,000 idle streams", [
            Row("user bytes per stream (PSS)", ("server", "memory_bytes_per_stream"), 1,
                Bound(512, of_value=True))],
        against(Bench("-n", "10000", "-r", "0", duration="1ms"), "bare")),
    "accept": Scenario(
        "10,000 streams opened as fast as they are served", [
            Row("accepted per s", ("streams", "connects_per_s"), 1, Bound(0.9, least=True)),
            Row("CPU per stream, us", ("server", "opening_cpu_us_per_stream"))],
        against(Bench("-n", "10000", "-r", "0", "--settle", "0", duration="1ms"), "bare")),
    "stalled": Scenario(
        "1,000 readers that never read, one that does, 1,000 events/s", [
            Row("user growth, MiB", ("stalled", "user_bytes"), MIB),
            Row("user growth beyond the log, MiB", ("stalled", "user_bytes_beyond_log"), MIB,
                Bound(1, of_value=True)),
            Row("kernel, KiB per stalled stream", ("stalled", "kernel_bytes_per_stream"), KIB,
                Bound(64, of_value=True)),
            Row("the same with the client's end", ("stalled", "kernel_bytes_per_stream_both_ends"),
                KIB),
            Row("stalled streams left", ("stalled", "left")), DELIVERED],
        variants(Stalled(Bench("-n", "1", "-r", "1000", duration="60s"), 1000),
                 "", "--slow skip"), rounds_max=1),
    "replay": Scenario(
        "1,000 streams, 10 events/s, while 1,000 clients replay 10 MB each",
        # From the real send: on a small machine replaying clients make the publisher late.
        [sent_p99(Bound(1.5)), latency_p99(), *fan_out(),
         Row("replayed, MB/s", ("replay", "bytes_per_s"), 1e6), DELIVERED],
        itself("quiet", QUIET, "replaying", Replay(QUIET, 1000))),
    "channels": Scenario(
        "1,000 channels of 10 streams, 1,000 events/s over them; against one of 10,000 streams, "
        "1 event/s", [cpu(CHANNELS), latency_p99(), DELIVERED],
        itself("one", ONE_CHANNEL, "1,000", THOUSAND_CHANNELS, BARE)),
    "channels10": Scenario(
        "the same 1,000 channels; against one of 10 streams, 1,000 events/s",
        [cpu(CHANNELS), latency_p99(), DELIVERED],
        itself("one", TEN_STREAMS, "1,000", THOUSAND_CHANNELS, BARE)),
    "channels_bare": Scenario(
        "the same 1,000 channels, against the bare server", [cpu(Bound(1.05)), latency_p99(), DELIVERED],
        against(THOUSAND_CHANNELS, *BARE)),
    "channels100": Scenario(
        "100 channels of 100 streams, 100 events/s over them; against one of 10,000 streams, "
        "1 event/s", [cpu(), latency_p99(), DELIVERED],
        itself("one", ONE_CHANNEL, "100",
               Bench("-n", "10000", "--channels", "100", "-r", "100", duration="8s"))),
    "small": Scenario(
        "1,000 streams, 10 events/s of 64 bytes", [cpu(), *fan_out(), DELIVERED],
        against(Bench("-n", "1000", "-r", "10", "--size", "64"), *BARE)),
    "large": Scenario(
        "1,000 streams, 10 events/s of 16 KiB", [cpu(), *fan_out(), DELIVERED],
        against(Bench("-n", "1000", "-r", "10", "--size", "16k"), *BARE)),
    "minute": Scenario(
        "10,000 streams, 1 event/min: two events and the time between",
        [Row("CPU of the server, ms", ("server", "cpu_s"), 1e-3), *fan_out(), DELIVERED],
        against(Bench("-n", "10000", "-r", "1/m", "--warmup", "0s", duration="2m"), "bare"),
        rounds_max=1),
    "transports": Scenario(
        "10,000 streams, 2 events/s: HTTP/1.1, HTTP/2 with 100 streams a connection, in clear and "
        "under TLS",
        [cpu(WAYS_CPU), *fan_out(), Row("user bytes per stream (PSS)",
                                        ("server", "memory_bytes_per_stream"), 1, WAYS_MEMORY),
         DELIVERED],
        over(WAYS)),
    "crowd": Scenario(
        "100,000 streams on 1,000 connections, 1 event/s", [
            cpu(), *fan_out(), Row("user bytes per stream (PSS)",
                                   ("server", "memory_bytes_per_stream"), 1), DELIVERED],
        variants(Bench("-n", "100000", "-r", "1", *H2, duration="8s"), "")),
    "http10": Scenario(
        "1,000 streams of HTTP/1.0, 10 events/s", [cpu(), *fan_out(), DELIVERED],
        against(Bench("-n", "1000", "-r", "10", "--http1.0"), "bare")),
}
