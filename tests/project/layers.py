"""The layers of lib/ and apps/ as a table, and what breaks it: the arrows only point down."""

import pathlib
import re

# A layer and the layers whose headers it may include besides its own. "sse" is the public API,
# <sse/*.hpp>; the private headers of wire are for wire alone.
LAYERS = {
    "include": set(),
    "wire": {"sse"},
    "base": set(),
    "hub": {"sse", "base"},
    "http": {"base"},
    "net": {"base"},
    "redis": {"sse", "base", "hub", "net"},
    "client": {"sse", "base"},
    "server": {"sse", "base", "hub", "http", "net", "redis"},
    "cli": {"sse", "base"},
    "apps": {"sse", "base", "hub", "http", "net", "redis", "client", "server", "cli"},
}

# Third-party headers: who may include them in a .cpp, and who owns them (may in a .hpp too).
THIRD_PARTY = {
    r"uv\.h": ({"net", "redis", "server"}, {"net", "redis", "server"}),
    r"liburing\.h": ({"net"}, set()),
    r"openssl/.*": ({"net", "redis", "apps"}, {"net"}),
    r"nghttp2/.*": ({"server", "apps"}, set()),
    r"curl/.*": ({"client"}, {"client"}),
    r"hiredis/.*": ({"redis"}, {"redis"}),
    r"llhttp\.h": ({"http"}, {"http"}),
    r"CLI/.*": ({"cli", "apps"}, {"cli", "apps"}),
    r"prometheus/.*": ({"server"}, {"server"}),
    r"nlohmann/.*": ({"redis", "client", "server", "apps"}, set()),
    r"re2/.*": ({"apps"}, set()),
    r"fmt/.*": ({"hub", "http", "net", "redis", "client", "server", "cli", "apps"}, set()),
    r"zlib\.h": ({"http", "client", "server"}, set()),
    r"tl/expected\.hpp": ({"base"}, {"base"}),
}

STANDARD = re.compile(r"[a-z_0-9]+")
SYSTEM = re.compile(r"[a-z_0-9]+\.h|(sys|net|netinet|arpa|linux)/[a-z_0-9]+\.h")
# The compiler's own headers for vector instructions.
INTRINSICS = re.compile(r"[a-z]+intrin\.h|arm_neon\.h")
# Bytes in, bytes out: these layers see no descriptor and no clock (a struct iovec is bytes out).
PURE = {"include", "wire", "hub", "http"}
WORLD = re.compile(
    r"sys/(?!uio\.h).*|(net|netinet|arpa|linux)/.*|(unistd|fcntl|poll|netdb|signal|pthread)\.h"
)
CLOCK = re.compile(r"_clock::now\(|\bclock_gettime\(|\bgettimeofday\(|\bstd::time\(")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def layer_of(path: pathlib.Path) -> str:
    return "apps" if path.parts[0] == "apps" else path.parts[1]


def _own_app(path: pathlib.Path, header: str, sources: set[str]) -> bool:
    app = path.parts[1]
    return header.startswith(app + "/") or f"apps/{app}/{header}" in sources


def _wrong_project_header(path: pathlib.Path, header: str, sources: set[str]) -> str | None:
    layer = layer_of(path)
    if layer == "apps" and _own_app(path, header, sources):
        return None
    folder = header.split("/")[0]
    if folder == layer or folder in LAYERS[layer]:
        return None
    return f"{layer} must not include {header}"


def _wrong_third_party(path: pathlib.Path, header: str) -> str | None:
    layer = layer_of(path)
    for pattern, (users, owners) in THIRD_PARTY.items():
        if not re.fullmatch(pattern, header):
            continue
        if layer not in users:
            return f"{layer} must not include <{header}>"
        if path.suffix == ".hpp" and layer not in owners:
            return f"<{header}> belongs in a .cpp of {layer}"
        return None
    if INTRINSICS.fullmatch(header):
        return None
    if layer in PURE and WORLD.fullmatch(header):
        return f"{layer} must not include <{header}>"
    if layer in {"include", "wire"} and not STANDARD.fullmatch(header):
        return f"{layer} must not include <{header}>"
    if STANDARD.fullmatch(header) or SYSTEM.fullmatch(header):
        return None
    return f"<{header}> is in no layer's list"


def violations(path: pathlib.Path, text: str, sources: set[str] = frozenset()) -> list[str]:
    """What in this file breaks the table; `sources` are the tracked files of the project."""
    found = []
    for bracket, header in INCLUDE.findall(text):
        if bracket == '"':
            found.append(_wrong_project_header(path, header, sources))
        elif header.startswith("sse/"):
            allowed = layer_of(path) in ("include", "wire") or "sse" in LAYERS[layer_of(path)]
            found.append(None if allowed else f"{layer_of(path)} must not include <{header}>")
        else:
            found.append(_wrong_third_party(path, header))
    if layer_of(path) in PURE and CLOCK.search(text):
        found.append(f"{layer_of(path)} must not read a clock")
    return [f"{path}: {problem}" for problem in found if problem]
