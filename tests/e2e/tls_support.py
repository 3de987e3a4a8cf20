"""Certificates made with openssl, a server that shows them, and curl as a client that reads on."""

import contextlib
import os
import selectors
import ssl
import subprocess
import time

from harness import DEADLINE_S, serve

KEYS = {"ec": ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"), "rsa": ("-newkey", "rsa:2048")}


class Authority:
    """An authority in a folder of its own, which has NAME.pem and NAME.key of what it signed."""

    def __init__(self, folder):
        self.folder = folder
        self.ca = folder / "ca.pem"
        self._openssl("req", "-x509", *KEYS["ec"], "-nodes", "-keyout", "ca.key", "-out", "ca.pem",
                      "-subj", "/CN=authority", "-days", "2")

    def _openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)

    def issue(self, name, *hosts, key="ec", days=2):
        """A certificate for these host names; the options that make sse-serve show it."""
        names = [f"DNS:{host}" for host in hosts]
        (self.folder / f"{name}.ext").write_text(f"subjectAltName={','.join(names)}\n")
        self._openssl("req", *KEYS[key], "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr",
                      "-subj", f"/CN={name}")
        self._openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                      "-CAcreateserial", "-out", f"{name}.pem", "-days", str(days),
                      "-extfile", f"{name}.ext")
        return self.options(name)

    def options(self, name):
        return ("--tls-cert", str(self.folder / f"{name}.pem"), "--tls-key", str(self.folder / f"{name}.key"))

    def context(self):
        """A client that trusts the authority, and for which an end without a farewell is an error."""
        context = ssl.create_default_context(cafile=self.ca)
        context.options &= ~getattr(ssl, "OP_IGNORE_UNEXPECTED_EOF", 0)
        return context

    def curl(self, server, path, *options, name="localhost"):
        """curl on the TLS port of a server, by a name that is in no DNS."""
        port = server.tls_port
        return Curl("--cacert", str(self.ca), "--resolve", f"{name}:{port}:127.0.0.1", *options,
                    f"https://{name}:{port}{path}")


@contextlib.contextmanager
def tls_serve(authority, *options, certificate="localhost", **kwargs):
    """A server whose certificate is for localhost."""
    tls = authority.options(certificate)
    if not os.path.exists(tls[1]):
        authority.issue(certificate, certificate)
    with serve(*options, tls=tls, **kwargs) as server:
        yield server


def server_context(pki, **settings):
    """For a server of Python's own; `settings` are attributes of the context."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pki / "server.pem", pki / "server.key")
    for name, value in settings.items():
        setattr(context, name, value)
    return context


class Curl:
    """A running curl; what it has printed is in `bytes`."""

    def __init__(self, *arguments):
        argv = ["curl", "-sSN", "--noproxy", "*", "--max-time", str(3 * DEADLINE_S), *arguments]
        self.process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0)
        self.bytes = b""

    def _piece(self, deadline):
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            assert selector.select(max(0, deadline - time.monotonic())), f"silence after {self.bytes[-300:]!r}"
        return self.process.stdout.read(1 << 20)

    def read_until(self, marker, count=1):
        deadline = time.monotonic() + DEADLINE_S
        while self.bytes.count(marker) < count:
            piece = self._piece(deadline)
            assert piece, f"ended before {marker!r}: {self.bytes[-300:]!r} {self.process.stderr.read()!r}"
            self.bytes += piece
        return self.bytes

    def end(self):
        """Reads to the end; the exit status and what curl had to say."""
        out, err = self.process.communicate(timeout=DEADLINE_S)
        self.bytes += out
        return self.process.returncode, err.decode()

    def stop(self):
        self.process.kill()
        self.process.communicate()
