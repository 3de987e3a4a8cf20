"""Fixtures that several files of tests share."""

import pytest

from redis_support import nodes_running, redis_running
from tls_support import Authority


@pytest.fixture(scope="module")
def redis():
    """A Redis of the module's own."""
    with redis_running() as server:
        yield server


@pytest.fixture(scope="module")
def nodes(redis, request):
    """Nodes on it: NODES of the module says how many, and their options."""
    with nodes_running(redis.url, *request.module.NODES) as running:
        yield running


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    """Whom clients of TLS trust."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def pki(tmp_path_factory):
    """The folder of an authority and what it signed: `server` for localhost, `client` for node."""
    authority = Authority(tmp_path_factory.mktemp("pki"))
    authority.issue("server", "localhost")
    authority.issue("client", "node")
    return authority.folder


@pytest.fixture
def channel(request):
    """A channel of the test's own."""
    return request.node.originalname
