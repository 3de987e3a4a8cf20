"""Clients that come, stall, resume and go at random while events are published at random: whatever
happens, every stream gets all of its channels' events once and in order, or is told how many it
missed. SSE_CHURN_SECONDS is how long each case goes on, SSE_CHURN_SEED repeats one."""

import bisect
import http.client
import itertools
import json
import os
import random
import re
import time

import pytest

from harness import DEADLINE_S, Stream, blocks, serve, wait_for
from http2_support import INITIAL_WINDOW_SIZE, H2Client

SECONDS = float(os.environ.get("SSE_CHURN_SECONDS", "2"))
SEED = int(os.environ.get("SSE_CHURN_SEED", "0")) or random.SystemRandom().randrange(1 << 32)
CHANNELS = ["a", "b", "c"]
CLIENTS = 40


def seq_of(event_id):
    return int(event_id.rsplit("-", 1)[1])


class Model:
    """All that was published: the naive hub."""

    def __init__(self):
        self.data = {}  # number -> (channel, data)

    def add(self, channel, ids, texts):
        for event_id, text in zip(ids, texts, strict=True):
            self.data[seq_of(event_id)] = (channel, text)

    def numbers(self, channels):
        return sorted(n for n, (channel, _) in self.data.items() if channel in channels)

    def all_numbers(self):
        """By the channels of a stream."""
        return {key: self.numbers(key) for count in range(1, len(CHANNELS) + 1)
                for key in itertools.combinations(CHANNELS, count)}


class Publisher:
    def __init__(self, server, model, chance):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=DEADLINE_S)
        self.model = model
        self.chance = chance
        self.count = 0

    def text(self):
        self.count += 1
        return f"{self.count} " + "x" * self.chance.choice([0, 10, 200, 3000])

    def publish(self, channel, texts):
        body = "".join(f"data: {text}\n\n" for text in texts)
        self.connection.request("POST", f"/{channel}", body.encode(), {"Content-Type": "text/event-stream"})
        answer = self.connection.getresponse()
        content = answer.read()
        assert answer.status == 200, content
        self.model.add(channel, json.loads(content)["ids"], texts)

    def publish_some(self):
        count = self.chance.choice([1, 1, 1, 3, 10])
        self.publish(self.chance.choice(CHANNELS), [self.text() for _ in range(count)])


class Client:
    """One subscriber's life over any number of connections."""

    def __init__(self, server, chance):
        self.server = server
        self.chance = chance
        self.channels = chance.sample(CHANNELS, chance.randint(1, len(CHANNELS)))
        self.last_id = None
        self.stalled = False
        self.stream = None
        self.lives = []  # (id it resumed from or None, bytes)

    def connect(self):
        headers = [f"Last-Event-ID: {self.last_id}"] if self.last_id else []
        buffer = self.chance.choice([None, 4096])
        self.stream = Stream(self.server, "/" + ",".join(self.channels), headers, receive_buffer=buffer)
        self.stream.read_head()
        assert self.stream.status == 200
        self.resumed_from = self.last_id
        self.stalled = False

    def read(self):
        """What has come; false when the connection has ended."""
        self.stream.socket.settimeout(0)
        try:
            for _ in range(8):
                piece = self.stream.socket.recv(1 << 16)
                if not piece:
                    return False
                self.stream.bytes += piece
        except BlockingIOError:
            pass
        except ConnectionResetError:
            return False
        return True

    def disconnect(self):
        self.leave()
        whole = self.stream.bytes[: self.stream.bytes.rfind(b"\n\n") + 2]
        self.lives.append((self.resumed_from, whole))
        ids = re.findall(rb"^id: (.*)$", whole, re.MULTILINE)
        self.last_id = ids[-1].decode() if ids else self.last_id
        self.stream = None

    def leave(self):
        self.stream.close()

    def key(self):
        return tuple(sorted(self.channels))

    def step(self):
        action = self.chance.random()
        if self.stream is None:
            self.connect()
        elif action < 0.03:
            self.disconnect()
        elif action < 0.06:
            self.stalled = not self.stalled
        elif not self.stalled and not self.read():
            self.disconnect()

    def has_got(self, number):
        """Reads on, resuming if need be; true, and gone, once the event of that number has come."""
        if self.stream is None:
            self.connect()
        elif not self.read():
            self.disconnect()
        elif f"-{number}\n".encode() in self.stream.bytes[-20_000:]:
            self.disconnect()
            return True
        return False


class Lines:
    """HTTP/2 connections that clients share."""

    def __init__(self, server, chance, count):
        self.server = server
        self.chance = chance
        self.lines = [self.new() for _ in range(count)]

    def new(self):
        return H2Client(self.server, {INITIAL_WINDOW_SIZE: self.chance.choice([0, 300, 5000, 1 << 20])},
                        receive_buffer=self.chance.choice([None, 4096]))

    def pick(self):
        place = self.chance.randrange(len(self.lines))
        if self.lines[place].closed:
            self.lines[place] = self.new()
        return self.lines[place]


class Http2Client(Client):
    """One whose connections are streams of shared ones. Stalled, it grants no window."""

    def __init__(self, server, chance, lines):
        super().__init__(server, chance)
        self.lines = lines

    def connect(self):
        last_id = [("last-event-id", self.last_id)] if self.last_id else []
        self.stream = self.lines.pick().request("/" + ",".join(self.channels), headers=last_id)
        self.granted = 0
        self.resumed_from = self.last_id
        self.stalled = False

    def read(self):
        line = self.stream.client
        for _ in range(8):
            if not line.take():
                break
        if line.closed or self.stream.over:
            return False
        grant = len(self.stream.bytes) - self.granted + self.chance.choice([1, 700, 50_000])
        if grant > 0:
            self.stream.widen(grant)
            self.granted += grant
        return True

    def leave(self):
        if self.stream.heads:
            assert self.stream.status == 200
        if self.chance.random() < 0.1:
            self.stream.client.close()
        elif not self.stream.over:
            self.stream.cancel()


def check_life(model, numbers, resumed_from, body):
    """In order, and what is left out was announced before. With several channels a gap may tell of
    events between those that follow."""
    place = bisect.bisect_right(numbers, seq_of(resumed_from)) if resumed_from else None
    skipped = missed = 0
    for block in blocks(body):
        fields = dict(block)
        if fields.get("event") == "gap":
            missed += json.loads(fields["data"])["missed"]
            continue
        if "id" not in fields:
            continue
        number = seq_of(fields["id"])
        # An event stands at its place; an id without data is a position after the events up to it.
        at = bisect.bisect_left(numbers, number) if "data" in fields else bisect.bisect_right(numbers, number)
        if place is not None:
            assert at >= place, f"{number} came after {numbers[place - 1]}"
            skipped += at - place
        if "data" in fields:
            assert fields["data"] == model.data[number][1]
            assert skipped <= missed
            at += 1
        place = at
    assert skipped == missed if place == len(numbers) else skipped <= missed


def churn(make_clients, *options):
    print(f"seed {SEED}")
    chance = random.Random(SEED)
    model = Model()
    with serve(*options, "--history", "200", "--heartbeat", "50ms",
               "--body-bytes-max", "40k", "--lag-bytes-max", "320k", "--turn-bytes-max", "8k") as server:
        publisher = Publisher(server, model, chance)
        clients = make_clients(server, chance)
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            publisher.publish_some()
            for client in chance.sample(clients, CLIENTS // 4):
                client.step()
        for channel in CHANNELS:
            publisher.publish(channel, ["last"])
        numbers = model.all_numbers()
        left = {client: numbers[client.key()][-1] for client in clients}

        def all_have_got_the_last():
            for client in [client for client, last in left.items() if client.has_got(last)]:
                del left[client]
            return not left

        wait_for(all_have_got_the_last, "the last events")
        lives = [(numbers[client.key()], *life) for client in clients for life in client.lives]
        assert len(lives) > CLIENTS
        for life in lives:
            check_life(model, *life)
        wait_for(lambda: server.metric("sse_streams") == 0, "the server to see all of them gone")
        assert server.metric("sse_streams_lagging") == 0
        assert server.stop() == -15


@pytest.mark.parametrize("slow", ["disconnect", "skip"])
@pytest.mark.parametrize("io", ["send", "auto"])
@pytest.mark.parametrize("workers", ["1", "3"])
def test_no_stream_loses_an_event_in_silence(workers, io, slow):
    churn(lambda server, chance: [Client(server, chance) for _ in range(CLIENTS)],
          "--workers", workers, "--io", io, "--slow", slow)


@pytest.mark.parametrize("workers, slow", [("1", "skip"), ("3", "disconnect")])
def test_nor_does_a_stream_of_a_shared_connection(workers, slow):
    def make_clients(server, chance):
        lines = Lines(server, chance, CLIENTS // 8)
        return [Http2Client(server, chance, lines) for _ in range(CLIENTS)]

    churn(make_clients, "--workers", workers, "--slow", slow, "--linger-timeout", "100ms")
