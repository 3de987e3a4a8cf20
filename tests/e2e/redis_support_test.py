"""The tools of the Redis tests notice what they are there to notice."""

import signal
import socket

import pytest

from harness import serve, wait_for
from redis_crowd import Log, Member, crowd_on, fields_of
from redis_proxy import proxy_to
from redis_publishers import Audit, start_publishers, wait_publishers
from redis_support import AOF, RedisError, redis_running


def block(number):
    return f"id: e-{number}\ndata: p0:{number}\n\n".encode()


def prime(number):
    return f"id: e-{number}\nretry: 9\n\n".encode()


GAP = b'event: gap\ndata: {"reason":"disconnected"}\n\n'


def test_redis_is_killed_and_comes_back_with_what_it_acknowledged():
    with redis_running(*AOF) as redis:
        assert redis.command("SET", "key", b"\xffvalue") == "OK"
        before = redis.command("INFO", "server")
        redis.restart()
        assert redis.command("GET", "key") == "\ufffdvalue" and redis.command("GET", "none") is None
        assert redis.command("INFO", "server") != before
        assert isinstance(redis.command("INCR", "key"), RedisError)
        assert redis.command("PUBSUB", "NUMSUB", "news") == ["news", 0]


def test_the_proxy_cuts_swallows_and_heals():
    with redis_running() as redis, proxy_to(redis) as proxy:
        client = socket.create_connection(("127.0.0.1", proxy.port), timeout=30)
        client.sendall(b"PING\r\n")
        assert client.recv(100) == b"+PONG\r\n"
        proxy.black_hole()
        client.sendall(b"PING\r\n")
        second = socket.create_connection(("127.0.0.1", proxy.port), timeout=30)
        second.sendall(b"PING\r\n")
        client.settimeout(0.1)
        with pytest.raises(TimeoutError):
            client.recv(100)
        proxy.heal()
        for one in (client, second):
            one.settimeout(30)
            assert one.recv(100) == b"+PONG\r\n"
        proxy.cut()
        assert client.recv(100) == b"" and second.recv(100) == b""
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=30) as refused:
            assert refused.recv(100) == b""


def members_on(log, count=2):
    members = []
    for _ in range(count):
        members.append(Member(None))
        members[-1].connected(log)
        assert members[-1].take_head(b"HTTP/1.1 200 OK\r\n\r\n" + prime(0)) == 200
    return members


def test_a_member_notices_what_is_lost_doubled_or_out_of_order():
    log = Log()
    first, other = members_on(log)
    for number in range(1, 6):
        first.take(block(number))
    assert first.at_end() and not other.at_end() and first.faults == []
    other.take(block(1) + block(2) + block(4))
    assert other.faults == ["lost 1 events"] and other.last_id() == "e-4"
    other.take(block(3))
    assert other.faults[1:] == ["went back 2 events"]


def test_a_member_reads_blocks_cut_anywhere():
    log = Log()
    first, other = members_on(log)
    stream = b"".join(block(number) for number in range(10)) + b": alive\n\n" + block(10)
    first.take(stream)
    for i in range(len(stream)):
        other.take(stream[i:i + 1])
    assert other.at_end() and other.faults == [] and len(other.spans) == 1
    assert log.data[10] == "p0:10" and fields_of(b"data: a\ndata:  b\n\n")["data"] == "a\n b"


def test_a_gap_event_explains_a_jump_and_a_new_log_needs_one():
    log, new = Log(), Log()
    first, other = members_on(log)
    first.take(block(1) + block(2) + block(3))
    other.take(block(1) + GAP + block(3))
    assert other.faults == [] and other.gaps[0][1] == log.ends[0]
    for member, told in ((first, b""), (other, GAP)):
        member.connected(new)
        member.take_head(b"HTTP/1.1 200 OK\r\n\r\n" + prime(7) + told + block(8))
    assert first.faults == ["began anew without a gap event"] and other.faults == []


class FakeCrowd:
    def __init__(self, log, members):
        self.logs, self.members = {None: log}, members


class FakePublisher:
    def __init__(self, numbers):
        self.accepted = [f"p0:{n}" for n in numbers]


def test_the_audit_tells_announced_losses_from_silent_ones():
    log = Log()
    first, other = members_on(log)
    first.take(block(1) + block(2) + block(6))
    other.take(block(1) + block(2) + GAP + block(6))
    audit = Audit(FakeCrowd(log, [first, other]), [FakePublisher(range(1, 7))])
    assert (audit.lost, audit.lost_silently, audit.gaps, audit.doubled) == (6, 3, 1, 0)
    assert Audit(FakeCrowd(log, [first, other]), [FakePublisher(range(1, 9))]).lost_silently == 3 + 4
    fine = Audit(FakeCrowd(log, [first]), [FakePublisher([1, 2, 6])])
    assert (fine.lost, fine.lost_silently, fine.delivered, fine.faults) == (0, 0, 3, [])


def test_the_audit_notices_doubled_and_reordered_events():
    log = Log()
    (member,) = members_on(log, 1)
    member.take(block(1) + block(3) + block(2) + b"id: e-9\ndata: p0:3\n\n")
    audit = Audit(FakeCrowd(log, [member]), [FakePublisher([1, 2, 3])])
    assert (audit.reordered, audit.doubled, audit.repeated) == (1, 1, 1)


def test_a_crowd_moves_to_the_node_that_is_left():
    """Nodes without a Redis know nothing of each other: whoever moves is told of a gap."""
    with serve() as first, serve() as second, crowd_on([first, second], 20, "/news", False) as crowd:
        publishers = start_publishers([second], "news", rate=200, seconds=0.5)
        lasts = wait_publishers(publishers)
        first.publish("news", "only here")
        wait_for(lambda: crowd.logs[first].data, "the event of the first node")
        first.stop(signal.SIGKILL)
        second.wait_streams("news", 20)
        second.publish("news", "after")
        crowd.wait_level([*lasts, "after"])
        audit = Audit(crowd, publishers)
        assert (audit.lost, audit.faults, audit.gaps, audit.reconnects) == (0, [], 10, 10)


def test_a_crowd_misses_nothing_on_one_node():
    with serve() as node, crowd_on([node, node], 20, "/news", True) as crowd:
        publishers = start_publishers([node], "news", rate=400, seconds=0.5)
        crowd.wait_level(wait_publishers(publishers))
        audit = Audit(crowd, publishers)
        assert (audit.delivered, audit.lost, audit.gaps, audit.repeated) == (20 * 200, 0, 0, 0)
