"""A network between a node and its Redis that can fail in the ways networks do."""

import contextlib
import socket
import threading

from harness import DEADLINE_S
from redis_support import quiet_port

PIECE = 1 << 16


class Proxy:
    """Forwards TCP connections to a port of this machine; `edit` may change each piece that comes
    back. Threads: two per connection."""

    def __init__(self, target_port, edit=None):
        self._target = ("127.0.0.1", target_port)
        self._edit = edit or (lambda piece: piece)
        self._flowing = threading.Event()
        self._flowing.set()
        self._refusing = False
        self._held_back = None
        self._sockets = set()
        self._listener = socket.create_server(("127.0.0.1", quiet_port()))
        self.port = self._listener.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self):
        """Closes every connection, and each that is opened until heal()."""
        self.heal()
        self._refusing = True
        for one in list(self._sockets):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def black_hole(self):
        """Keeps connections open, and lets new ones be opened, but nothing comes through until
        heal(), which delivers it."""
        self._flowing.clear()

    def hold_back(self, request):
        """Has requests that hold these bytes wait for heal(); the event is set when one does."""
        self._held_back = (request, threading.Event(), threading.Event())
        return self._held_back[1]

    def heal(self):
        self._refusing = False
        self._flowing.set()
        if self._held_back:
            self._held_back[2].set()

    def _let_pass(self, piece):
        if self._held_back and self._held_back[0] in piece:
            self._held_back[1].set()
            self._held_back[2].wait()
        return piece

    def close(self):
        self.cut()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        self._flowing.wait()
        with client, contextlib.suppress(OSError):
            if self._refusing:
                return
            with socket.create_connection(self._target, timeout=DEADLINE_S) as redis:
                redis.settimeout(None)
                self._forward(client, redis)

    def _forward(self, client, redis):
        self._sockets |= {client, redis}
        back = threading.Thread(target=self._copy, args=(redis, client, self._edit), daemon=True)
        back.start()
        self._copy(client, redis, self._let_pass)
        back.join()
        self._sockets -= {client, redis}

    def _copy(self, source, sink, edit):
        with contextlib.suppress(OSError):
            while piece := source.recv(PIECE):
                self._flowing.wait()
                sink.sendall(edit(piece))
        self._flowing.wait()  # the end is news too
        for one in (source, sink):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def proxy_to(redis, edit=None):
    proxy = Proxy(redis.port, edit)
    try:
        yield proxy
    finally:
        proxy.close()
