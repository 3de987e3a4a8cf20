"""Three nodes, one Redis, and everything that can die does. With SSE_FULL=1 in the environment at
full size: 3,000 streams, 200 events/s, 60 s."""

import contextlib
import signal
import time
from dataclasses import dataclass

from redis_crowd import crowd_on
from redis_proxy import proxy_to
from redis_publishers import Audit, start_publishers, wait_publishers
from redis_support import AOF, full_size, nodes_running, redis_running

NODES = 3


@dataclass
class Size:
    streams: int
    rate: int  # events per second, all publishers together
    seconds: int
    away_s: float  # how long what died stays away


SIZE = Size(3000, 200, 60, 5) if full_size() else Size(300, 100, 12, 1)


def do_harm(redis, proxy, nodes, size):
    """Each at its time, so that events flow before, between and after."""
    start = time.monotonic()

    def at(share):
        time.sleep(max(0, start + share * size.seconds - time.monotonic()))
    at(1 / 6)
    redis.kill()
    time.sleep(size.away_s)
    redis.start()
    at(3 / 6)
    nodes[2].process.send_signal(signal.SIGKILL)
    at(4 / 6)
    proxy.cut()
    time.sleep(size.away_s)
    proxy.heal()


def print_table(capsys, title, size, crowd, publishers, audit):
    rows = [
        ("events accepted", len(audit.accepted)),
        ("events refused (503, or no node)", sum(len(p.refused) for p in publishers)),
        ("events without an answer", sum(len(p.unknown) for p in publishers)),
        ("deliveries", audit.delivered),
        ("streams that reconnected", sum(m.connects > 1 for m in crowd.members)),
        ("gap events", audit.gaps),
        ("lost, announced by a gap event", audit.lost - audit.lost_silently),
        ("lost silently", audit.lost_silently),
        ("sent again after a gap event", audit.repeated),
        ("duplicated", audit.doubled),
        ("reordered", audit.reordered),
        ("other faults", len(audit.faults)),
    ]
    with capsys.disabled():
        print(f"\n{title}: {size.streams} streams on {NODES} nodes, {size.rate} events/s, "
              f"{size.seconds} s; per stream and event:")
        for name, value in rows:
            print(f"  {name:<34}{value:>12,}")


@contextlib.contextmanager
def three_nodes(*options):
    """The second behind a proxy, and a Redis that loses nothing when it is killed."""
    with redis_running(*AOF) as redis, proxy_to(redis) as proxy:
        urls = [redis.url, proxy.url, redis.url]
        with nodes_running(urls, NODES, *options, "--workers", "1", "--redis-timeout", "2s") as nodes:
            yield redis, proxy, nodes


def run(capsys, title, one_log, *options):
    with three_nodes(*options) as (redis, proxy, nodes):
        with crowd_on(nodes, SIZE.streams, "/news", one_log) as crowd:
            publishers = start_publishers(nodes, "news", SIZE.rate, SIZE.seconds)
            do_harm(redis, proxy, nodes, SIZE)
            wait_publishers(publishers)
            for node in nodes[:2]:
                node.wait_ready()
            redis.wait_subscribers("news", 2)
            nodes[0].publish("news", "the last")
            crowd.wait_level(["the last"], deadline_s=120)
            audit = Audit(crowd, publishers)
            print_table(capsys, title, SIZE, crowd, publishers, audit)
            return audit


def check_that_it_hurt(audit):
    assert len(audit.accepted) > SIZE.rate * SIZE.seconds / 2
    assert audit.reconnects >= SIZE.streams / NODES, "the killed node's streams did not move"


def test_history_loses_doubles_and_reorders_nothing(capsys):
    audit = run(capsys, "history", True, "--redis-history", "20000")
    check_that_it_hurt(audit)
    assert (audit.lost, audit.doubled, audit.reordered, audit.gaps) == (0, 0, 0, 0)
    assert audit.faults == [] and audit.repeated == 0


def test_plain_loses_nothing_silently(capsys):
    audit = run(capsys, "plain", False)
    check_that_it_hurt(audit)
    assert (audit.lost_silently, audit.doubled, audit.reordered) == (0, 0, 0)
    assert audit.faults == [] and audit.gaps >= SIZE.streams
