"""A small event-stream server that misbehaves as told: what sse-bench must notice."""

import asyncio
import contextlib
import threading

STREAM_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"


class Behaviour:
    """A correct server. Override what is to go wrong."""

    head = STREAM_HEAD + b"\r\n"
    answer = b"HTTP/1.1 204 No Content\r\n\r\n"

    def frame(self, data):
        return data

    def block(self, payload):
        return b"data: " + payload + b"\n\n"

    def send(self, server, stream, number, payload):
        """Event `number` (0 is the first published) goes to `stream` (0 is the first opened)."""
        server.write(stream, self.frame(self.block(payload)))

    async def before_publish(self, number):
        """Runs before the server looks at event `number`."""


class FanOutServer:
    """GET subscribes, POST publishes to all; runs on a thread of its own."""

    def __init__(self, behaviour, tls=None):
        self.behaviour = behaviour
        self.tls = tls
        self.streams = []
        self.requests = []  # heads, as text
        self.published = 0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._ready.wait(30)
        self.url = (f"https://localhost:{self.port}/news" if tls else
                    f"http://127.0.0.1:{self.port}/news")

    def _run(self):
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            asyncio.start_server(self._connection, "127.0.0.1", 0, backlog=1024,
                                 ssl=self.tls))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()

    def stop(self):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)

    def write(self, stream, data):
        if not self.streams[stream].is_closing():
            self.streams[stream].write(data)

    def close(self, stream):
        self.streams[stream].close()

    async def _connection(self, reader, writer):
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                self.requests.append(head)
                if head.startswith("GET"):
                    self.streams.append(writer)
                    writer.write(self.behaviour.head)
                else:
                    await self._publish(head, reader, writer)

    async def _publish(self, head, reader, writer):
        length = next(int(line.split(":")[1]) for line in head.split("\r\n")
                      if line.lower().startswith("content-length:"))
        payload = await reader.readexactly(length)
        number = self.published
        await self.behaviour.before_publish(number)
        self.published += 1
        for stream in range(len(self.streams)):
            self.behaviour.send(self, stream, number, payload)
        writer.write(self.behaviour.answer)


@contextlib.contextmanager
def fan_out(behaviour=None, tls=None):
    """`tls`: an ssl.SSLContext."""
    server = FanOutServer(behaviour or Behaviour(), tls)
    try:
        yield server
    finally:
        server.stop()
