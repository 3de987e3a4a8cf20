"""A stream and publishers on raw sockets, with nothing between them and the clock."""

import re
import select
import socket
import sys
import time

from .setups import DEADLINE_S

EVENT_BYTES = 100
NUMBER = re.compile(rb"^data: (\d{8})x", re.MULTILINE)
HEAD_END = b"\r\n\r\n"


class Stream:
    """A subscription that was told its position: it gets all that is published from now on."""

    def __init__(self, node, channel):
        self.socket = socket.create_connection(("127.0.0.1", node.port), DEADLINE_S)
        self.socket.sendall(f"GET /{channel} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        self._rest = b""
        while b"\n\n" not in self._rest.partition(HEAD_END)[2]:
            self._rest += _received(self.socket)
        self._rest = b""

    def numbers(self):
        """The numbers of the events that have come since the last call; waits for bytes."""
        self._rest += _received(self.socket)
        whole, end, rest = self._rest.rpartition(b"\n\n")
        self._rest = rest
        return [int(number) for number in NUMBER.findall(whole + end)]

    def close(self):
        self.socket.close()


class Publisher:
    """Posts events without waiting for the answers: each goes out on a connection that has its
    last answer, or on a new one."""

    def __init__(self, node, channel):
        self.node = node
        self._head = (f"POST /{channel} HTTP/1.1\r\nHost: x\r\n"
                      f"Content-Length: {EVENT_BYTES}\r\n\r\n").encode()
        self._idle = []
        self.busy = []

    def send(self, number):
        """The time at which the event was handed to the kernel, in nanoseconds."""
        request = self._head + b"%08d" % number + b"x" * (EVENT_BYTES - 8)
        connection = self._idle.pop() if self._idle else self._connect()
        self.busy.append(connection)
        sent_at = time.monotonic_ns()
        connection.sendall(request)
        return sent_at

    def take_answer(self, connection):
        answer = _received(connection)
        if not answer.startswith(b"HTTP/1.1 200 "):
            sys.exit(f"redis_hop: an event was refused: {answer.decode(errors='replace')}")
        while not _is_whole(answer):
            answer += _received(connection)
        self.busy.remove(connection)
        self._idle.append(connection)

    def close(self):
        for connection in self._idle + self.busy:
            connection.close()

    def _connect(self):
        connection = socket.create_connection(("127.0.0.1", self.node.port), DEADLINE_S)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection


def exchange(publisher, stream, count, rate):
    """Posts `count` events, `rate` per second on a schedule of its own, and returns how long each
    took from the request to its arrival, in nanoseconds. Ends the script if one does not come."""
    sent_at, took = [], {}
    begin = time.monotonic()
    while len(took) < count or publisher.busy:
        due = begin + len(sent_at) / rate
        wait_s = due - time.monotonic() if len(sent_at) < count else DEADLINE_S
        if wait_s <= 0:
            sent_at.append(publisher.send(len(sent_at)))
            continue
        ready = select.select([stream.socket, *publisher.busy], [], [], wait_s)[0]
        if not ready and wait_s == DEADLINE_S:
            sys.exit(f"redis_hop: {count - len(took)} of {count} events did not come")
        if stream.socket in ready:
            numbers, now = stream.numbers(), time.monotonic_ns()
            took.update((number, now - sent_at[number]) for number in numbers)
        for connection in set(ready) - {stream.socket}:
            publisher.take_answer(connection)
    return [took[number] for number in range(count)]


def _received(connection):
    piece = connection.recv(1 << 16)
    if not piece:
        sys.exit("redis_hop: the server closed a connection")
    return piece


def _is_whole(answer):
    head, end, body = answer.partition(HEAD_END)
    length = re.search(rb"^content-length: (\d+)", head, re.MULTILINE | re.IGNORECASE)
    return bool(end) and len(body) >= int(length.group(1))
