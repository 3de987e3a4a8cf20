"""The package as a stranger meets it: an install tree, moved, with programs built against it."""

import os
import pathlib
import subprocess

import pytest

HERE = pathlib.Path(__file__).parent
BUILD = pathlib.Path(os.environ["SSE_BUILD_DIR"])
CXX = os.environ["SSE_CXX"]
EXPECTED = "greeting|hello\nworld|7\n"


def run(*command, **options):
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, timeout=240, **options
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    """An install tree, at another place than it was installed to."""
    folder = tmp_path_factory.mktemp("package")
    run("cmake", "--install", BUILD, "--prefix", folder / "first")
    return (folder / "first").rename(folder / "moved")


def only(prefix, pattern):
    found = sorted(prefix.rglob(pattern))
    assert len(found) == 1, f"{pattern}: {found}"
    return found[0]


def configure(prefix, build, version_line=None):
    source = HERE / "consumer"
    if version_line:
        text = (source / "CMakeLists.txt").read_text()
        source = build.parent / "other_source"
        source.mkdir()
        (source / "CMakeLists.txt").write_text(text.replace("find_package(sse 0.1", version_line))
        (source / "main.cpp").write_text((HERE / "consumer/main.cpp").read_text())
    return subprocess.run(
        ["cmake", "-G", "Ninja", "-S", source, "-B", build, f"-DCMAKE_PREFIX_PATH={prefix}",
         f"-DCMAKE_CXX_COMPILER={CXX}"],
        capture_output=True, text=True, timeout=240, check=False,
    )


def test_find_package(prefix, tmp_path):
    build = tmp_path / "build"
    configured = configure(prefix, build)
    assert configured.returncode == 0, configured.stderr
    run("cmake", "--build", build)
    assert run(build / "consumer") == EXPECTED


def test_another_minor_version_is_refused(prefix, tmp_path):
    configured = configure(prefix, tmp_path / "build", "find_package(sse 0.0")
    assert configured.returncode != 0
    assert "is compatible with requested version" in " ".join(configured.stderr.split())


def test_pkg_config(prefix, tmp_path):
    pc = only(prefix, "sse.pc")
    env = {**os.environ, "PKG_CONFIG_PATH": str(pc.parent)}
    flags = run("pkg-config", "--cflags", "--libs", "sse", env=env).split()
    program = tmp_path / "consumer"
    library_dir = only(prefix, "libsse.so").parent
    run(CXX, "-std=c++20", HERE / "consumer/main.cpp", "-o", program, *flags,
        f"-Wl,-rpath,{library_dir}")
    assert run(program) == EXPECTED


def test_only_the_public_headers_are_installed(prefix):
    installed = {path.name for path in (prefix / "include").rglob("*") if path.is_file()}
    assert installed == {
        "encoder.hpp", "event.hpp", "event_parser.hpp", "export.hpp", "version.hpp",
    }


def test_each_header_stands_alone(prefix, tmp_path):
    for header in sorted((prefix / "include/sse").glob("*.hpp")):
        source = tmp_path / "alone.cpp"
        source.write_text(f"#include <sse/{header.name}>\n")
        run(CXX, "-std=c++20", "-Wall", "-Wextra", "-Werror", "-fsyntax-only",
            "-I", prefix / "include", source)


def test_installed_programs_find_the_library(prefix):
    programs = sorted((prefix / "bin").glob("sse-*")) if (prefix / "bin").exists() else []
    if not (BUILD / "bin/sse-serve").exists():
        pytest.skip("built without the programs")
    assert len(programs) == 4
    env = {key: value for key, value in os.environ.items() if key != "LD_LIBRARY_PATH"}
    for program in programs:
        linked = run("ldd", program, env=env)
        assert "not found" not in linked, f"{program}: {linked}"
        if "libsse.so" in linked:
            assert str(prefix) in linked, f"{program}: {linked}"


def exported_symbols(library):
    lines = run("nm", "-D", "--defined-only", "--demangle", library).splitlines()
    return sorted({" ".join(line.split()[2:]) for line in lines})


def test_exported_symbols_are_those_of_the_list(prefix):
    """A change here changes what programs link to: raise the minor version, then the list."""
    listed = (HERE / "symbols.txt").read_text().splitlines()
    assert exported_symbols(only(prefix, "libsse.so")) == listed
