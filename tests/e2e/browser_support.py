"""A real Chromium, without a display, driven through chromedriver."""

import contextlib

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

from harness import DEADLINE_S, wait_for

# As root there is no sandbox; in containers /dev/shm is small.
ALWAYS = ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--no-proxy-server",
          "--ignore-certificate-errors",
          "--disable-background-networking", "--disable-component-update", "--no-first-run"]

# Opens streams and keeps what comes; a page of the server without a policy of its own.
BLANK = "/-/healthz"
WATCH = """
window.sources = arguments[0].map((url) => new EventSource(url, {withCredentials: arguments[1]}));
window.got = sources.map(() => []);
window.opened = sources.map(() => []);
sources.forEach((source, i) => {
  source.onopen = () => opened[i].push(performance.now());
  for (const type of ['message', 'gap'])
    source.addEventListener(type, (event) => got[i].push({type, id: event.lastEventId, data: event.data}));
});
"""
OPEN = "sources.filter((source) => source.readyState === EventSource.OPEN).length"


class Browser:
    def __init__(self, names, size):
        options = Options()
        options.binary_location = "/usr/bin/chromium"
        for argument in ALWAYS:
            options.add_argument(argument)
        if names:
            rules = ", ".join(f"MAP {name} 127.0.0.1" for name in names)
            options.add_argument(f"--host-resolver-rules={rules}")
        options.add_argument(f"--window-size={size[0]},{size[1]}")
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
        self.driver.set_page_load_timeout(DEADLINE_S)
        self.driver.set_script_timeout(DEADLINE_S)

    def go(self, url):
        self.driver.get(url)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def wait(self, expression, what=None):
        """Waits until a JavaScript expression is true; returns it."""
        return wait_for(lambda: self.run(f"return {expression}"), what or expression)

    def complaints(self):
        """What the console says of errors, those of the network left out."""
        return [entry["message"] for entry in self.driver.get_log("browser")
                if entry["level"] == "SEVERE" and entry["source"] != "network"]

    def look(self, dark=False, phone=False):
        """As a person's device would show the page."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
        width, height = (390, 844) if phone else (1280, 800)
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone})


@contextlib.contextmanager
def chromium(names=(), size=(1280, 800)):
    browser = Browser(names, size)
    try:
        yield browser
    finally:
        browser.driver.quit()


def watch(browser, urls, credentials=False):
    browser.run(WATCH, urls, credentials)


def full(server):
    return server.metric("sse_browsers_full_total")
