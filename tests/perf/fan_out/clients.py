"""Clients that read otherwise than sse-bench does: not at all, or all of the history.

  clients.py stall URL COUNT          subscribe and never read
  clients.py replay URL COUNT BYTES   read so many bytes of URL, again and again

Says `ready` when all are served, goes on until it gets a line on its standard input, and then
prints a JSON object. The replaying ones run only when no other process wants the CPU, so that what
they slow down is the server, not the bench beside them.
"""

import json
import os
import resource
import select
import socket
import sys
import time
import urllib.parse

READ_BYTES = 256 * 1024


def subscribe(url):
    parts = urllib.parse.urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    connection = socket.create_connection((parts.hostname, parts.port))
    connection.sendall(f"GET {target} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
                       "Accept: text/event-stream\r\n\r\n".encode())
    return connection


def ready():
    print("ready", flush=True)


def stall(url, count):
    streams = [subscribe(url) for _ in range(count)]
    for stream in streams:
        stream.recv(1, socket.MSG_PEEK)
    ready()
    sys.stdin.readline()
    return {"streams": count}


class Replays:
    """`count` clients, each of which begins anew when it has read enough."""

    def __init__(self, url, count, enough):
        self.url, self.enough = url, enough
        self.poll = select.epoll()
        self.left = {}  # by descriptor: the connection and what it still wants
        self.bytes = self.done = 0
        self.buffer = bytearray(READ_BYTES)
        for _ in range(count):
            self.open()

    def open(self):
        connection = subscribe(self.url)
        connection.setblocking(False)
        self.left[connection.fileno()] = [connection, self.enough]
        self.poll.register(connection, select.EPOLLIN)

    def turn(self):
        for descriptor, _ in self.poll.poll(0.1):
            entry = self.left[descriptor]
            size = entry[0].recv_into(self.buffer)
            self.bytes += size
            entry[1] -= size
            if size == 0 or entry[1] <= 0:
                self.done += entry[1] <= 0
                del self.left[descriptor]
                entry[0].close()
                self.open()

    def all_served(self):
        return all(wants < self.enough for _, wants in self.left.values())


def replay(url, count, enough):
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    replays = Replays(url, count, enough)
    while not replays.all_served():
        replays.turn()
    ready()
    start, before = time.monotonic(), replays.bytes
    while not select.select([sys.stdin], [], [], 0)[0]:
        replays.turn()
    seconds = time.monotonic() - start
    return {"completed": replays.done, "bytes_per_s": (replays.bytes - before) / seconds}


def main():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    kind, url, *numbers = sys.argv[1:]
    print(json.dumps({"stall": stall, "replay": replay}[kind](url, *map(int, numbers))))


if __name__ == "__main__":
    main()
