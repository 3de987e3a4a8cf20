"""The layers hold: proved from the #includes of lib/ and apps/."""

import pathlib
import re

import pytest

from layers import LAYERS, layer_of, violations
from repository import TOOLS, text_of, tracked_files

CODE = [p for p in tracked_files() if p.suffix in (".cpp", ".hpp")]
SOURCES = [p for p in CODE if p.parts[0] in ("lib", "apps")]
NAMES = {str(path) for path in SOURCES}


def test_every_folder_of_lib_is_a_layer():
    assert {layer_of(path) for path in SOURCES} == set(LAYERS)


def test_layers_only_point_down():
    assert [v for path in SOURCES for v in violations(path, text_of(path), NAMES)] == []


def test_a_layer_that_includes_nlohmann_links_it():
    users = {p for p in SOURCES if p.parts[0] == "lib" and "<nlohmann/" in text_of(p)}
    folders = {pathlib.Path(*path.parts[:2]) for path in users}
    links = {f for f in folders if "nlohmann_json::" in text_of(f / "CMakeLists.txt")}
    assert folders == links


def test_the_app_libraries_do_not_define_main():
    mains = {str(p) for p in SOURCES if re.search(r"^int main\(", text_of(p), re.MULTILINE)}
    assert mains == {f"apps/{tool}/main.cpp" for tool in TOOLS}


@pytest.mark.parametrize(
    "path, line",
    [
        ("lib/wire/parser.cpp", '#include "base/units.hpp"'),
        ("lib/wire/parser.cpp", "#include <unistd.h>"),
        ("lib/include/sse/event.hpp", "#include <fmt/core.h>"),
        ("lib/base/clock.cpp", "#include <sse/event.hpp>"),
        ("lib/hub/channel.cpp", "#include <sys/socket.h>"),
        ("lib/hub/channel.cpp", "auto t = std::chrono::steady_clock::now();"),
        ("lib/hub/channel.cpp", '#include "net/loop.hpp"'),
        ("lib/http/url.cpp", "#include <uv.h>"),
        ("lib/net/loop.cpp", '#include "http/url.hpp"'),
        ("lib/client/transport.cpp", '#include "cli/exit_code.hpp"'),
        ("lib/client/transport.cpp", '#include "wire/utf8.hpp"'),
        ("lib/server/server.cpp", "#include <hiredis/hiredis.h>"),
        ("lib/server/server.hpp", "#include <nlohmann/json.hpp>"),
        ("lib/server/server.cpp", '#include "sse-serve/options.hpp"'),
        ("apps/sse-pub/run.cpp", '#include "sse-tail/options.hpp"'),
        ("apps/sse-pub/run.cpp", "#include <curl/curl.h>"),
        ("apps/sse-pub/run.cpp", "#include <boost/asio.hpp>"),
    ],
)
def test_a_wrong_arrow_is_found(path, line):
    assert len(violations(pathlib.Path(path), line + "\n")) == 1
