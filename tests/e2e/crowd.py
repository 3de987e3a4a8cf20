"""Many plain subscriptions at once."""

import selectors
import socket

from harness import raise_file_limit, wait_for


class Crowd:
    """Many subscriptions, read with one selector; keeps what each got."""

    def __init__(self, server, paths):
        raise_file_limit()
        self.selector = selectors.DefaultSelector()
        self.got = []
        for i, path in enumerate(paths):
            s = socket.socket()
            s.bind((f"127.0.0.{2 + i % 8}", 0))
            s.connect(("127.0.0.1", server.port))
            s.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            s.setblocking(False)
            self.got.append(bytearray())
            self.selector.register(s, selectors.EVENT_READ, i)

    def read_until(self, marker):
        waiting = {i for i, got in enumerate(self.got) if marker not in got}

        def step():
            for key, _ in self.selector.select(0.1):
                piece = key.fileobj.recv(1 << 16)
                assert piece, f"stream {key.data} ended: {bytes(self.got[key.data][-200:])}"
                self.got[key.data] += piece
                if marker in self.got[key.data]:
                    waiting.discard(key.data)
            return not waiting

        wait_for(step, f"{marker!r} on every stream", 120)

    def data(self):
        """Of each one the data lines, without the name of the field."""
        return [[line[6:].decode() for line in bytes(got).split(b"\n") if line.startswith(b"data: ")]
                for got in self.got]

    def close(self):
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()
        self.selector.close()
