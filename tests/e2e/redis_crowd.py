"""Thousands of streams, read by one thread and compared with what the others got.

All streams of a channel should carry the same bytes, so only the first to get an event parses it:
it appends the event's block to a Log, and every other stream compares what it reads with the log
from its own position on. What differs is looked at block by block.
"""

import bisect
import contextlib
import json
import random
import select
import socket
import threading
import time

from harness import DEADLINE_S, raise_file_limit, wait_for

BLOCK_END = b"\n\n"
BUSY_BYTES = 1 << 15  # in one read: do not wait before the next


def fields_of(block):
    """The fields of a block; those of the same name joined as the standard joins data."""
    fields = {}
    for line in block.decode().split("\n"):
        name, _, value = line.partition(":")
        if name:
            value = value.removeprefix(" ")
            fields[name] = f"{fields[name]}\n{value}" if name in fields else value
    return fields


class Log:
    """The blocks of all events, in the order the first stream got them."""

    def __init__(self):
        self.bytes = bytearray()
        self.ends = []  # the offset after each event
        self.ids = []
        self.data = []
        self._starts = {}

    def matches(self, position, piece):
        return position is not None and self.bytes.startswith(piece, position)

    def append(self, block, fields):
        self._starts[block] = len(self.bytes)
        self.bytes += block
        self.ids.append(fields.get("id"))
        self.data.append(fields["data"])
        self.ends.append(len(self.bytes))  # last: whoever sees it sees the rest

    def find(self, block):
        return self._starts.get(block)

    def count(self, position):
        """How many events end at or before a position."""
        return bisect.bisect_right(self.ends, position)

    def id_before(self, position):
        return self.ids[self.count(position) - 1]

    def after(self, event_id):
        """The position of a client that saw this id last, None if no event has it."""
        with contextlib.suppress(ValueError):
            return self.ends[self.ids.index(event_id)]
        return None


class Member:
    """One EventSource: where it stands in the log of its node, and how it got there."""

    def __init__(self, node):
        self.node = node
        self.log = None
        self.position = None  # None: nowhere in this log yet
        self.told = True      # of a gap (or just opened), so that the next event may be any
        self.spans = []       # [log, first offset, last offset]: what was read without a jump
        self.gaps = []        # (log, offset, what the event said)
        self.faults = []
        self.connects = 0
        self._primed = (None, None)  # id, and the position it was given at
        self._rest = b""
        self.in_head = True

    def connected(self, log):
        self.connects += 1
        self._rest, self.in_head = b"", True
        if log is not self.log:
            last_id = self.last_id()
            self.log, self.position = log, log.after(last_id) if last_id else None
            self._primed = (last_id, self.position)

    def last_id(self):
        primed, at = self._primed
        if self.position is None or self.position == at:
            return primed
        return self.log.id_before(self.position)

    def take(self, piece):
        """Bytes of the body."""
        piece = self._rest + piece
        end = piece.rfind(BLOCK_END) + len(BLOCK_END)
        if end < len(BLOCK_END):
            self._rest = piece
            return
        whole, self._rest = piece[:end], piece[end:]
        if self.log.matches(self.position, whole):
            self._advance(self.position, len(whole))
            return
        for block in whole.split(BLOCK_END)[:-1]:
            self._take_block(block + BLOCK_END)

    def take_head(self, piece):
        """Bytes up to the body; the status once it is known, else None."""
        self._rest += piece
        if b"\r\n\r\n" not in self._rest:
            return None
        head, body = self._rest.split(b"\r\n\r\n", 1)
        self._rest, self.in_head = b"", False
        status = int(head.split()[1])
        if status == 200 and body:
            self.take(body)
        return status

    def at_end(self):
        """Nothing of what any stream of this log got is missing here."""
        return not self.in_head and self.position == len(self.log.bytes)

    def _advance(self, start, size):
        span = self.spans[-1] if self.spans else None
        if span and span[0] is self.log and span[2] == start:
            span[2] = start + size
        else:
            self.spans.append([self.log, start, start + size])
        self.position, self.told = start + size, False

    def _take_block(self, block):
        if self.log.matches(self.position, block):
            return self._advance(self.position, len(block))
        fields = fields_of(block)
        if "data" not in fields:
            return self._take_position(fields.get("id"))
        if fields.get("event") == "gap":
            self.told = True
            self._primed = (fields.get("id", self.last_id()), self.position)
            return self.gaps.append((self.log, self.position, json.loads(fields["data"])))
        return self._take_event(block, fields)

    def _take_position(self, event_id):
        """A block without data. None in `event_id`: a comment."""
        if event_id is None:
            return
        if self.position is None and self.told:
            self.position = self.log.after(event_id) if self.log.ends else 0
        self._primed = (event_id, self.position)

    def _take_event(self, block, fields):
        start = self.log.find(block)
        if start is None:
            start = len(self.log.bytes)
            self.log.append(block, fields)
        if start != self.position and not self.told:
            self.faults.append(self._describe(start))
        self._advance(start, len(block))

    def _describe(self, start):
        if self.position is None:
            return "began anew without a gap event"
        count = self.log.count(start) - self.log.count(self.position)
        return f"lost {count} events" if count > 0 else f"went back {-count} events"


class Crowd:
    """Streams spread over nodes. A stream that ends resumes on the next node that accepts it.
    `one_log`: all nodes give the same ids (history mode), else each its own."""

    PERIOD_S = 0.1  # between two looks, so that one read takes many events

    def __init__(self, nodes, count, path, one_log, reconnect_s=0.2):
        raise_file_limit()
        self.nodes = nodes
        self.path = path
        self.members = [Member(nodes[i % len(nodes)]) for i in range(count)]
        self.refused = 0  # answers that were no stream
        shared = Log()
        self.logs = {node: shared if one_log else Log() for node in nodes}
        self._reconnect_s = reconnect_s
        self._sockets = {}  # descriptor -> (socket, member)
        self._due = [(0, member) for member in self.members]
        self._epoll = select.epoll()
        self._pause_s = self.PERIOD_S
        self._stop = False
        self._error = None
        self._thread = threading.Thread(target=self._guarded, daemon=True)
        self._thread.start()

    def wait_open(self):
        """Waits until every stream was told its position, so that it misses nothing from now on."""
        self._wait(lambda: all(m.last_id() for m in self.members), "every stream to open")

    def wait_level(self, data=(), deadline_s=2 * DEADLINE_S):
        """Waits until every stream has all that any stream of its node got, and `data` is in
        each log in use."""
        def level():
            logs = {id(m.log): m.log for m in self.members}.values()
            return (all(set(data) <= set(log.data) for log in logs) and
                    all(m.at_end() for m in self.members))
        self._wait(level, "every stream to catch up", deadline_s)

    def close(self):
        self._stop = True
        self._thread.join(DEADLINE_S)
        for connection, _ in self._sockets.values():
            connection.close()
        self._epoll.close()
        if self._error:
            raise self._error

    def _wait(self, condition, what, deadline_s=2 * DEADLINE_S):
        wait_for(lambda: self._error or condition(), what, deadline_s)
        assert not self._error, self._error

    def _guarded(self):
        try:
            while not self._stop:
                self._turn()
        except Exception as error:  # shown by whoever waits
            self._error = error

    def _turn(self):
        time.sleep(self._pause_s)
        now = time.monotonic()
        due = [member for at, member in self._due if at <= now]
        self._due = [(at, member) for at, member in self._due if at > now]
        for member in due:
            self._connect(member)
        read = [self._read(descriptor) for descriptor, _ in self._epoll.poll(0)]
        self._pause_s = 0 if max(read, default=0) > BUSY_BYTES else self.PERIOD_S

    def _connect(self, member):
        last_id = member.last_id()
        resume = f"Last-Event-ID: {last_id}\r\n" if last_id else ""
        try:
            connection = socket.create_connection(("127.0.0.1", member.node.port), DEADLINE_S)
            connection.sendall(f"GET {self.path} HTTP/1.1\r\nHost: x\r\n{resume}\r\n".encode())
        except OSError:
            return self._later(member)
        connection.setblocking(False)
        member.connected(self.logs[member.node])
        self._sockets[connection.fileno()] = (connection, member)
        self._epoll.register(connection.fileno(), select.EPOLLIN)

    def _read(self, descriptor):
        """How many bytes came."""
        connection, member = self._sockets[descriptor]
        try:
            piece = connection.recv(1 << 17)
        except OSError:
            piece = b""
        if not piece:
            self._drop(descriptor)
        elif not member.in_head:
            member.take(piece)
        elif member.take_head(piece) not in (None, 200):
            self.refused += 1
            self._drop(descriptor)
        return len(piece)

    def _drop(self, descriptor):
        connection, member = self._sockets.pop(descriptor)
        self._epoll.unregister(descriptor)
        connection.close()
        member.in_head = True
        self._later(member)

    def _later(self, member):
        """Comes back, to the next node, at a time of its own."""
        member.node = self.nodes[(self.nodes.index(member.node) + 1) % len(self.nodes)]
        wait_s = self._reconnect_s * random.uniform(0.5, 1.5)
        self._due.append((time.monotonic() + wait_s, member))


@contextlib.contextmanager
def crowd_on(nodes, count, path, one_log, **kwargs):
    crowd = Crowd(nodes, count, path, one_log, **kwargs)
    try:
        crowd.wait_open()
        yield crowd
    finally:
        crowd.close()
