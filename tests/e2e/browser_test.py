"""What a real Chromium makes of the streams: connections, reconnection, resuming, the end."""

import json
import subprocess

import pytest

from browser_support import BLANK, OPEN, chromium, full, watch
from harness import Server, serve, wait_for
from proxy_support import nginx, printed
from redis_support import nodes_running, quiet_port, redis_running

NAMES = ["app.test", "events1.test", "events2.test"]


@pytest.fixture(scope="module")
def browser():
    with chromium(NAMES) as running:
        yield running


@pytest.fixture(autouse=True)
def nothing_left_open(browser):
    yield
    assert browser.complaints() == []
    browser.go("about:blank")


def test_the_seventh_stream_to_one_host_waits_and_the_server_says_so(browser):
    with serve() as server:
        browser.go(server.url + BLANK)
        watch(browser, [f"/c{i}" for i in range(7)])
        browser.wait(f"{OPEN} === 6")
        wait_for(lambda: full(server) == 1, "the metric")
        assert browser.run(f"return {OPEN}") == 6
        warnings = [line for line in server.log if "six HTTP/1.1 streams" in line]
        assert len(warnings) == 1 and server.url in warnings[0]
        # It waited for a connection, and for nothing else.
        browser.run("sources.find((source) => source.readyState === EventSource.OPEN).close()")
        browser.wait(f"{OPEN} === 6")


def test_over_two_host_names_all_are_open(browser):
    with serve() as app:
        origin = f"http://app.test:{app.port}"
        with serve("--cors", "http://*.test:" + str(app.port), "--cors-credentials") as server:
            browser.go(origin + BLANK)
            hosts = [f"http://events{1 + i % 2}.test:{server.port}" for i in range(7)]
            watch(browser, [f"{host}/c{i}" for i, host in enumerate(hosts)], credentials=True)
            browser.wait(f"{OPEN} === 7")
            for i in range(7):
                server.publish(f"c{i}", f"for {i}")
            browser.wait("got.every((events) => events.length === 1)")
            assert browser.run("return got.map((events) => events[0].data)") == [f"for {i}" for i in range(7)]
            assert full(server) == 0


def test_a_page_of_another_site_gets_nothing(browser):
    with serve() as app, serve("--cors", "http://events1.test") as server:
        browser.go(f"http://app.test:{app.port}{BLANK}")
        watch(browser, [f"http://events1.test:{server.port}/news"])
        browser.wait("sources[0].readyState === EventSource.CLOSED")
        assert ["CORS policy" in complaint for complaint in browser.complaints()] == [True]


def test_the_reconnection_time_of_each_stream_is_honoured(browser):
    """One shorter and one longer than what browsers do by themselves."""
    address = f"127.0.0.1:{quiet_port()}"
    with serve(listen=address) as server:
        browser.go(server.url + BLANK)
        watch(browser, ["/short", "/long"])
        browser.wait(f"{OPEN} === 2")
        server.publish("short", "x", "?retry=200")
        server.publish("long", "x", "?retry=4000")
        browser.wait("got.every((events) => events.length === 1)")
        browser.run("sources[1].onerror = () => { window.lost = performance.now(); sources[1].onerror = null; }")
    with serve(listen=address):
        browser.wait("opened.every((times) => times.length === 2)")
        short, long = browser.run("return opened.map((times) => times[1] - lost)")
        assert short < long and long >= 3900


def test_204_ends_it(browser):
    with serve("--stdin", "--retry", "100ms", stdin=subprocess.PIPE) as server:
        browser.go(server.url + BLANK)
        watch(browser, ["/events"])
        browser.wait(f"{OPEN} === 1")
        server.process.stdin.write("the last line\n")
        server.process.stdin.close()
        browser.wait("sources[0].readyState === EventSource.CLOSED")
        assert browser.run("return got[0].map((event) => event.data)") == ["the last line"]
        assert browser.run("return opened[0].length") == 1


SITE = """
upstream nodes {{ server 127.0.0.1:{0}; server 127.0.0.1:{1}; }}
server {{ listen 80; location / {{ proxy_pass http://nodes; proxy_connect_timeout 1s; }} }}
"""


def test_a_node_is_killed_and_every_event_comes_once_in_order(browser, tmp_path):
    with redis_running() as redis:
        with nodes_running(redis.url, 2, "--redis-history", "10000", "--retry", "200ms") as nodes:
            with nginx(tmp_path, SITE.format(*(node.port for node in nodes))) as front:
                browser.go(front.url + BLANK)
                watch(browser, ["/news"])
                browser.wait(f"{OPEN} === 1")
                holder = wait_for(lambda: [n for n in nodes if n.channels().get("news", {}).get("streams")],
                                  "a node with the stream")[0]
                other = nodes[1 - nodes.index(holder)]
                wanted = [f"event {number}" for number in range(300)]
                other.publish_batch("news", wanted[:100])
                browser.wait("got[0].length >= 50")
                holder.process.kill()
                for start in range(100, 300, 20):
                    other.publish_batch("news", wanted[start:start + 20])
                browser.wait(f"got[0].length >= {len(wanted)}")
                assert browser.run("return got[0].map((event) => event.data)") == wanted
                assert browser.run("return got[0].some((event) => event.type === 'gap')") is False
                assert browser.run("return opened[0].length") == 2


def test_over_http_2_of_a_proxy_one_connection_has_them_all(browser, tmp_path):
    certificate, key = tmp_path / "site.pem", tmp_path / "site.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-days", "2", "-subj", "/CN=app.test", "-keyout", key, "-out", certificate],
                   check=True, capture_output=True)
    port = quiet_port()
    with serve() as server:
        site = printed("nginx", server)
        tls = f"listen 80; listen 127.0.0.1:{port} ssl http2; ssl_certificate {certificate}; ssl_certificate_key {key};"
        with nginx(tmp_path, site.replace("listen 80;", tls, 1)):
            browser.go(f"https://app.test:{port}{BLANK}")
            watch(browser, [f"/c{i}" for i in range(20)])
            browser.wait(f"{OPEN} === 20")
            for i in range(20):
                server.publish(f"c{i}", f"for {i}")
            browser.wait("got.every((events) => events.length === 1)")
            protocols = "performance.getEntriesByType('navigation').map((entry) => entry.nextHopProtocol)"
            assert browser.run(f"return {protocols}") == ["h2"]
            assert full(server) == 0


# The inspector, as a person would use it.

ROWS = "[...document.querySelectorAll('#rows li')].map((row) => row.innerText.split('\\n').slice(1))"


def text(browser, name):
    return browser.run("return document.getElementById(arguments[0]).textContent", name)


def test_the_inspector_watches_publishes_and_folds(browser):
    with serve("--heartbeat", "200ms") as server:
        server.publish("news", "before")
        browser.go(server.url + "/-/")
        browser.wait("document.querySelector('#channel-rows button')?.textContent === 'news'")
        browser.run("document.querySelector('#channel-rows button').click()")
        browser.wait("document.getElementById('state').dataset.state === 'open'")
        assert browser.run("return location.pathname") == "/news"
        order = json.dumps({"order": {"id": 17}, "items": [1, 2]})
        browser.run("""const form = document.getElementById('publish');
            form.event.value = 'order'; form.data.value = arguments[0]; form.requestSubmit()""", order)
        browser.wait("document.querySelectorAll('#rows details').length === 1")
        assert "2 streams" in browser.wait("document.getElementById('published').textContent")
        # Types nobody knew before come once each, in order with the others.
        for number in range(3):
            server.publish("news", f"note {number}", "?event=note")
            server.publish("news", f"plain {number}")
        browser.wait("document.querySelectorAll('#rows li').length === 8")
        browser.wait("+document.getElementById('events').textContent === 7")
        rows = browser.run(f"return {ROWS}")
        assert sorted(row[2] for row in rows[:-2]) == sorted(f"{k} {n}" for k in ("note", "plain") for n in range(3))
        assert rows[-2][1:] == ["order", order]
        browser.run("document.querySelector('#rows details').open = true")
        browser.wait("document.querySelector('#rows pre')?.textContent.includes('\\n    \"id\": 17')")
        browser.wait("+document.getElementById('heartbeats').textContent > 1")


def test_the_inspector_shows_the_gap_when_a_node_is_restarted(browser):
    address = f"127.0.0.1:{quiet_port()}"
    with serve("--retry", "200ms", listen=address) as server:
        browser.go(server.url + "/news")
        browser.wait("document.getElementById('state').dataset.state === 'open'")
        server.publish("news", "before")
        browser.wait("document.querySelectorAll('#rows li').length === 2")
    browser.wait("document.getElementById('state').dataset.state === 'connecting'")
    with serve(listen=address):
        browser.wait("document.querySelector('.gap-row')")
        gap = json.loads(browser.run("return document.querySelector('.gap-row summary').textContent"))
        assert gap["reason"] == "epoch"
        browser.wait("+document.getElementById('gaps').textContent === 1")
        assert text(browser, "reconnects") == "1"


def test_the_inspector_says_why_a_stream_is_refused(browser):
    with serve() as server:
        browser.go(server.url + "/@alice")
        browser.wait("document.getElementById('state').dataset.state === 'closed'")
        browser.wait("document.querySelector('#rows').textContent.includes('403 personal channels')")


def test_the_inspector_takes_a_token_for_the_list_and_for_publishing(browser, tmp_path):
    (tmp_path / "token").write_text("s3cret")
    with serve("--publish-token-file", str(tmp_path / "token")) as server:
        browser.go(server.url + "/news")
        browser.wait("document.getElementById('channel-note').textContent.startsWith('401')")
        browser.wait("document.getElementById('token-card').open")
        browser.run("document.getElementById('token').value = 's3cret'")
        browser.run("document.getElementById('publish').requestSubmit()")
        browser.wait("document.getElementById('published').textContent.includes('streams')")
        browser.wait("document.querySelector('#channel-rows button')?.textContent === 'news'")


def test_the_inspector_finds_its_way_behind_a_proxy_that_takes_a_part_of_the_path(browser, tmp_path):
    with serve("--base-path", "/sse") as server:
        site = f"server {{ listen 80; location /site/ {{ proxy_pass http://127.0.0.1:{server.port}/; " \
               "proxy_set_header Host $http_host; } }"
        with nginx(tmp_path, site) as front:
            for path in ("/site/sse/-/", "/site/sse/news"):
                browser.go(front.url + path)
                browser.run("const form = document.getElementById('publish'); form.channel.value = 'news'; "
                            "form.requestSubmit()")
                browser.wait("document.getElementById('published').textContent.includes('streams')")
            browser.wait("document.querySelector('#rows .data')?.textContent === 'hello'")


def test_the_inspector_draws_a_flood_in_batches_and_keeps_few_rows(browser):
    with serve() as server:
        browser.go(server.url + "/flood")
        browser.wait("document.getElementById('state').dataset.state === 'open'")
        browser.run("""window.draws = 0;
            new MutationObserver(() => draws += 1).observe(document.getElementById('rows'), {childList: true})""")
        for start in range(0, 5000, 50):
            body = "".join(f"event: tick\ndata: {{\"n\":{number}}}\n\n" for number in range(start, start + 50))
            server.publish("flood", body, headers={"Content-Type": "text/event-stream"})
        browser.wait("+document.getElementById('events').textContent === 5000")
        browser.wait("document.querySelector('#rows li .data').textContent === '{\"n\":4999}'")
        assert browser.run("return document.querySelectorAll('#rows li').length") == 500
        assert browser.run("return draws") < 500


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("phone", [False, True])
def test_the_inspector_fits_the_device(browser, dark, phone):
    with serve() as server:
        browser.look(dark, phone)
        browser.go(server.url + "/a-channel-with-a-name-that-is-as-long-as-names-of-channels-may-well-be")
        browser.wait("document.getElementById('state').dataset.state === 'open'")
        server.publish("a-channel-with-a-name-that-is-as-long-as-names-of-channels-may-well-be", "x" * 500)
        browser.wait("document.querySelector('#rows details')")
        assert browser.run("return document.documentElement.scrollWidth <= innerWidth")
        back = browser.run("return getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
        assert (sum(back) < 300) == dark
