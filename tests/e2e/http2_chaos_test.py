"""Connections that send frames at random, sensible and not, and read or do not: the server goes on, and
nothing is left of them. SSE_CHURN_SECONDS is how long it goes on, SSE_CHURN_SEED repeats it."""

import contextlib
import random
import struct
import time

from churn_test import SECONDS, SEED
from harness import serve, wait_for
from http2_support import (ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, INITIAL_WINDOW_SIZE, PADDED,
                           PING, PRIORITY, PUSH_PROMISE, WINDOW_MAX, H2Client, frame, rst, settings, wait_all_gone,
                           window_update)

PATHS = ["/chaos", "/chaos,more", "/more", "/-/healthz", "/-/channels", "/-/metrics", "/-nothing", "/chaos?since=earliest"]
CONNECTIONS = 12


class Wild:
    """One such connection."""

    def __init__(self, server, chance):
        self.chance = chance
        self.client = H2Client(server, {INITIAL_WINDOW_SIZE: chance.choice([0, 10, 1000, WINDOW_MAX])},
                               windows=chance.random() < 0.5, receive_buffer=chance.choice([None, 4096]))
        self.wrong = chance.choice([0, 0, 0.01, 0.1])
        self.deaf = chance.random() < 0.2

    def step(self):
        make = self.error if self.chance.random() < self.wrong else self.sense
        data = b"".join(make() for _ in range(self.chance.randint(1, 8)))
        # Cut anywhere, and a full socket is the server's right.
        self.client.socket.settimeout(0.05)
        with contextlib.suppress(OSError):
            for at in range(0, len(data), cut := self.chance.choice([3, 50, 1 << 20])):
                self.client.socket.sendall(data[at:at + cut])
        while not self.deaf and self.client.take():
            continue
        if self.chance.random() < 0.03:
            self.client.close()

    def stream(self):
        number = self.chance.randrange(1, self.client.next_stream + 1, 2)
        return number if number in self.client.streams else 1

    def sense(self):
        client, chance = self.client, self.chance
        if len(client.streams) < 2 or chance.random() < 0.4:
            method = chance.choice(["GET", "GET", "GET", "POST", "HEAD", "OPTIONS"])
            flags = END_HEADERS | (0 if method == "POST" else END_STREAM)
            new = client.new_stream()
            head = frame(HEADERS, flags, new.number, client.block(chance.choice(PATHS), method))
            body = frame(DATA, END_STREAM, new.number, b"x" * chance.choice([1, 100, 9000]))
            return head + body if method == "POST" and chance.random() < 0.8 else head
        return chance.choice([
            lambda: window_update(0, chance.choice([1, 1000, 100_000])),
            lambda: window_update(self.stream(), chance.choice([1, 1000, 100_000])),
            lambda: rst(self.stream()),
            lambda: frame(PING, payload=b"12345678"),
            lambda: settings({INITIAL_WINDOW_SIZE: chance.choice([0, 1, 100, 50_000])}),
            lambda: frame(PRIORITY, 0, self.stream(), struct.pack(">IB", 0, 3)),
            lambda: frame(99, 0, 0, b"unknown")])()

    def error(self):
        chance, number = self.chance, self.stream()
        return chance.choice([
            lambda: window_update(number, WINDOW_MAX), lambda: window_update(0, WINDOW_MAX),
            lambda: window_update(number, 0), lambda: settings({INITIAL_WINDOW_SIZE: WINDOW_MAX}),
            lambda: frame(DATA, 0, number, b"x"), lambda: frame(DATA, PADDED, number, b"\xffx"),
            lambda: frame(CONTINUATION, END_HEADERS, number), lambda: frame(HEADERS, END_HEADERS, number, b"\xff\xff"),
            lambda: frame(PING, ACK, 0, b"12345678") * 1500, lambda: frame(PUSH_PROMISE, 0, number, bytes(8)),
            lambda: frame(GOAWAY, 0, 0, bytes(8)), lambda: chance.randbytes(30),
            lambda: frame(HEADERS, END_STREAM, self.client.new_stream().number, b"\x82")])()


def test_nothing_a_connection_sends_harms_the_server():
    print(f"seed {SEED}")
    chance = random.Random(SEED)
    with serve("--workers", "2", "--history", "50", "--body-bytes-max", "12k", "--lag-bytes-max", "96k", "--head-timeout",
               "500ms", "--idle-timeout", "500ms", "--linger-timeout", "100ms", "--heartbeat", "50ms") as server:
        with H2Client(server) as witness:
            stream = witness.open("/chaos")
            wild = [Wild(server, chance) for _ in range(CONNECTIONS)]
            end = time.monotonic() + SECONDS
            while time.monotonic() < end:
                server.publish("chaos", "y" * chance.choice([1, 100, 5000]))
                for place, one in enumerate(wild):
                    one.step()
                    if one.client.closed:
                        wild[place] = Wild(server, chance)
                witness.take()
            last = server.publish("chaos", "last words")["ids"][0]
            stream.read_until(f"id: {last}\ndata: last words\n\n".encode())
            for one in wild:
                one.client.close()
        wait_all_gone(server)
        wait_for(lambda: server.metric("sse_request_bodies_bytes") == 0, "all bodies to be gone")
        assert server.metric("sse_http2_errors_total") > 0
        assert server.stop() == -15
