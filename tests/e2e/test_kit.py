"""A stranger's way: packages, a project of their own, its image, its test, and the virtual chip that takes changes."""

import io
import os
import pathlib
import re
import shutil
import signal
import subprocess

import pexpect
import pytest

from pytest_esb.lab import wait_until
import stranger
from kit import PATIENCE, ROOT, Installed, build_folder, other_mbedtls, run


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    return Installed(tmp_path_factory.mktemp("kit"), build_folder())


@pytest.fixture(scope="module")
def project(installed, tmp_path_factory):
    """As `esb new` leaves it, built as its last lines say."""
    folder = tmp_path_factory.mktemp("work") / "greenhouse"
    said = run(installed.esb, "new", "greenhouse", cwd=folder.parent, env=installed.environment).stdout
    assert "esb run --watch" in said and "ESB_BASE" not in said
    run("cmake", "-B", "build", cwd=folder, env=installed.environment)
    run("cmake", "--build", "build", cwd=folder, env=installed.environment)
    return folder


def test_the_packages_say_what_they_need(installed):
    assert set(installed.packages) == {"esb", "libesb-dev"}
    tool, library = installed.fields("esb"), installed.fields("libesb-dev")
    assert "libmbedtls" in tool["Depends"] or other_mbedtls()
    assert "mosquitto" in tool["Recommends"] and "python3-pytest" in tool["Recommends"]
    assert "libmbedtls-dev" in library["Depends"] and "g++" in library["Depends"]
    assert tool["Version"] == library["Version"] == run(installed.esb, "--version").stdout.split()[1]


def test_the_packages_have_everything_in_its_place(installed):
    files = installed.files()
    for wanted in ("bin/esb", "share/man/man1/esb.1", "share/man/man1/esb-broker.1",
                   "share/doc/esb/copyright", "share/doc/libesb-dev/copyright",
                   "share/bash-completion/completions/esb", "share/zsh/vendor-completions/_esb",
                   "share/fish/vendor_completions.d/esb.fish", "lib/python3/dist-packages/pytest_esb/plugin.py", "include/esb/esb.hpp",
                   "include/esb-host/host/vchip/sim_chip.hpp", "share/esb/partitions/esb-4mb.csv",
                   "share/esb/esp-idf/esb/CMakeLists.txt", "share/esb/examples/basic/main.cpp",
                   "share/esb/tools/embed_web.py"):
        assert wanted in files, wanted
    # What ESP-IDF's component reads, in the places where it looks.
    component = (installed.usr / "share/esb/cmake/EspIdfComponent.cmake").read_text()
    for named in re.findall(r"\$\{ESB_ROOT\}/([\w/]+)", component):
        assert (installed.usr / "share/esb" / named.rstrip("/")).exists(), named
    assert not [file for file in files if "update-key" in file]


def test_nothing_that_is_installed_knows_where_it_was_built(installed):
    for file in [*installed.usr.rglob("*.cmake"), *installed.usr.rglob("*.fish"), *installed.usr.rglob("*.1")]:
        text = file.read_text()
        assert str(ROOT) not in text and str(build_folder()) not in text, file
    targets = next(installed.usr.rglob("EspSecureBaseTargets.cmake")).read_text()
    assert "-Werror" not in targets and "/usr/" not in targets


def test_cmake_install_gives_the_same_files(installed, tmp_path):
    run("cmake", "--install", build_folder(), "--prefix", tmp_path / "usr")
    found = {file.relative_to(tmp_path / "usr").as_posix() for file in (tmp_path / "usr").rglob("*") if file.is_file()}
    assert {re.sub(r"lib/[\w-]+-linux-gnu/", "lib/", name) for name in found} == \
        {re.sub(r"lib/[\w-]+-linux-gnu/", "lib/", name) for name in installed.files()}


def test_a_program_links_with_the_rooms_it_names(installed, tmp_path):
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.25)\nproject(app LANGUAGES CXX)\nfind_package(EspSecureBase 0.1 REQUIRED)\n"
        "add_executable(app app.cpp)\ntarget_link_libraries(app esb::esb_mqtt esb::esb_vchip)\n"
        'if(NOT EXISTS "${EspSecureBase_PARTITIONS}/esb-4mb.csv")\n  message(FATAL_ERROR "no tables")\nendif()\n')
    (tmp_path / "app.cpp").write_text(
        "#include <esb/mqtt/client.hpp>\n#include <host/vchip/partition_table.hpp>\n#include <cstdio>\n"
        "int main() { int unused; std::puts(esb::mqtt::Client::minimum_memory({}) > 0 &&\n"
        "    esb::vchip::PartitionTable::parse(esb::vchip::partitions_4mb, 4 << 20) ? \"good\" : \"bad\"); }\n")
    run("cmake", "-S", tmp_path, "-B", tmp_path / "build", "-DCMAKE_CXX_FLAGS=-Wall",  # a warning, no error
        f"-DCMAKE_PREFIX_PATH={installed.usr}", env=installed.environment)
    run("cmake", "--build", tmp_path / "build", env=installed.environment)
    assert run(tmp_path / "build/app").stdout == "good\n"


def test_a_project_of_ones_own_builds_and_passes_its_test(installed, project):
    said = run("ctest", "--test-dir", "build", "-V", cwd=project, env=installed.environment).stdout
    assert "4 passed" in said, said


def test_a_released_image_has_its_version(installed, project):
    here = {"cwd": project, "env": installed.environment}
    run("cmake", "-B", "build-next", "-DESB_APP_VERSION=1.1.0", "-DESB_APP_SEQ=2", **here)
    run("cmake", "--build", "build-next", **here)
    run(installed.esb, "vchip", "flash", "--flash", "build-next/flash", "--image", "build-next/greenhouse.img", **here)
    info = run(installed.esb, "vchip", "info", "--flash", "build-next/flash", **here).stdout
    assert "greenhouse 1.1.0 (seq 2)" in info


def test_a_project_without_the_base_says_what_is_missing(project, tmp_path):
    shutil.copytree(project, tmp_path / "p", ignore=shutil.ignore_patterns("build*"))
    done = run("cmake", "-B", "build", cwd=tmp_path / "p", check=False, env={"PATH": "/usr/bin:/bin"})
    assert done.returncode != 0
    assert "install libesb-dev, or give -D ESB_BASE=FOLDER" in " ".join(done.stderr.split())


@pytest.fixture
def idf(tmp_path):
    """In ESP-IDF's place: says what a project has asked for."""
    (tmp_path / "idf/tools/cmake").mkdir(parents=True)
    (tmp_path / "idf/tools/cmake/project.cmake").write_text(
        'message(STATUS "from ${EXTRA_COMPONENT_DIRS}, version ${PROJECT_VER}")\n')
    return {"IDF_PATH": str(tmp_path / "idf")}


def test_the_same_files_are_a_project_of_esp_idf(installed, project, idf, tmp_path):
    as_idf_py = ["cmake", "-DESP_PLATFORM=1", "-DIDF_TARGET=esp32c3", "-DESB_APP_VERSION=1.2.0"]
    environment = {**installed.environment, **idf}
    said = run(*as_idf_py, "-S", project, "-B", tmp_path / "board", env=environment).stdout
    component = pathlib.Path(re.search(r"from (\S+), version 1\.2\.0", said)[1])
    assert (component / "project_include.cmake").exists()
    assert component.resolve() == (installed.usr / "share/esb/esp-idf/esb").resolve()
    done = run(*as_idf_py, "-S", project, "-B", project / "build", env=environment, check=False)
    assert done.returncode != 0 and "idf.py -B build-board build" in done.stderr
    assert "esb_firmware(" in (project / "main/CMakeLists.txt").read_text()


def test_a_project_made_by_the_tool_of_a_checkout_has_the_checkout_as_a_part(tmp_path):
    said = run(build_folder() / "host/cli/esb", "new", "greenhouse", cwd=tmp_path).stdout
    base = re.search(r"export ESB_BASE=(\S+)", said)[1]
    assert pathlib.Path(base) == ROOT
    run("cmake", "-G", "Ninja", "-B", "build", cwd=tmp_path / "greenhouse",
        env={"PATH": "/usr/bin:/bin", "ESB_BASE": base})
    assert f"{ROOT}/src/esb/device/core.cpp" in (tmp_path / "greenhouse/build/build.ninja").read_text()
    # As the project's continuous integration does it, which has no package of the tool.
    run("cmake", "build", "-D", "ESB_TOOL=ON", cwd=tmp_path / "greenhouse")
    assert "esp32-secure-base/host/cli/esb:" in run("ninja", "-C", "build", "-t", "targets", "all",
                                                    cwd=tmp_path / "greenhouse").stdout


def own_project(folder: pathlib.Path, how: str):
    """Firmware of a project that has this repository as a part, and that sets none of its variables."""
    shutil.copy(ROOT / "examples/basic/main.cpp", folder)
    shutil.copy(str(build_folder() / "update-key.pem.pub.jwk"), folder / "key.jwk")
    (folder / "CMakeLists.txt").write_text(
        f"cmake_minimum_required(VERSION 3.25)\nproject(own LANGUAGES CXX)\n{how}\n"
        "esb_add_firmware(own SOURCES main.cpp VERSION 1.0.0 SEQ 1 UPDATE_KEY_FILE key.jwk)\n")


WAYS = {
    "add_subdirectory": f"add_subdirectory({ROOT} base)",
    "FetchContent": f"include(FetchContent)\nFetchContent_Declare(base SOURCE_DIR {ROOT})\n"
                    "FetchContent_MakeAvailable(base)",
    "variables_of_others": f"add_subdirectory({ROOT} base)\nset(ESB_DESCRIPTOR_SCRIPT no)\nset(ESB_PAGES_ROOT no)",
}


@pytest.mark.parametrize("way", WAYS)
def test_a_project_that_has_the_repository_as_a_part_needs_no_variables(way, tmp_path):
    own_project(tmp_path, WAYS[way])
    run("cmake", "-G", "Ninja", "-S", tmp_path, "-B", tmp_path / "build", env={**os.environ, "CXXFLAGS": "-O1"})
    ninja = (tmp_path / "build/build.ninja").read_text()
    scripts = set(re.findall(r"-Wl,-T,(\S*)", ninja))
    assert len(scripts) == 1 and pathlib.Path(scripts.pop()).name == "esb_descriptor.ld"
    assert "-Werror" not in ninja and "gtest" not in ninja and "esb_cli" not in ninja
    cache = (tmp_path / "build/CMakeCache.txt").read_text()
    assert "ESB_UPDATE_KEY_FILE" not in cache


@pytest.mark.skipif(os.environ.get("ESB_FULL") != "ON", reason="compiles the library again: with --full")
def test_that_project_builds_its_image(tmp_path):
    own_project(tmp_path, WAYS["add_subdirectory"])
    run("cmake", "-G", "Ninja", "-S", tmp_path, "-B", tmp_path / "build", "-DCMAKE_BUILD_TYPE=Release")
    run("cmake", "--build", tmp_path / "build", "--target", "own_image")
    assert (tmp_path / "build/own.img").stat().st_size > 100_000


class Running:
    """`esb run` in a terminal of its own."""

    def __init__(self, installed, folder, *options, **variables):
        self.terminal = pexpect.spawn(str(installed.esb), ["run", *options], cwd=str(folder), encoding="utf-8",
                                      timeout=PATIENCE, dimensions=(40, 200), codec_errors="replace",
                                      env={**installed.environment, "NO_COLOR": "1", **variables})
        self.terminal.delaybeforesend = None
        self.installed = installed

    def expect(self, *patterns):
        for pattern in patterns:
            self.terminal.expect(pattern)

    def ask(self, line, pattern):
        self.terminal.send(line + "\r")
        self.terminal.expect(pattern)

    def end(self) -> int:
        self.terminal.sendintr()
        self.terminal.expect(pexpect.EOF)
        self.terminal.close()
        return self.terminal.exitstatus

    def processes(self) -> list[str]:
        """What runs with anything of this laboratory."""
        mark = self.installed.environment["TMPDIR"].encode() + b"/esb-run-"
        found = []
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                words = (process / "cmdline").read_bytes()
                if mark in words or b"ESB_VCHIP_FLASH=" + mark in (process / "environ").read_bytes():
                    found.append(words.replace(b"\0", b" ").decode(errors="replace"))
            except OSError:
                continue
        return found


@pytest.fixture
def running(installed):
    made = []

    def start(*arguments, **variables):
        made.append(Running(installed, *arguments, **variables))
        return made[-1]

    yield start
    for one in made:
        one.terminal.close(force=True)


@pytest.fixture
def own_copy(project, tmp_path):
    shutil.copytree(project, tmp_path / "greenhouse", ignore=shutil.ignore_patterns("build*"))
    return tmp_path / "greenhouse"


def test_run_shows_everything_and_each_saved_change_becomes_an_update(running, own_copy):
    bystander = subprocess.Popen(["sleep", "600"])
    run_ = running(own_copy, "--watch")
    run_.expect(r"build  \| building in ", r"lab    \| broker 127\.0\.0\.1:\d+, web server 127\.0\.0\.1:\d+",
                r"serial \| ===== greenhouse 1\.0\.0 \(seq 1\)", r"lab    \| ESP-\w+ has an account at the broker",
                r"serial > wifi connect ", r"serial \| ping: echo after")
    run_.ask("lamp on", r"serial > lamp on\r\n.*serial \| lamp is on")
    run_.ask("config set sensor.period 1", "ok")
    run_.expect(r"mqtt   \| app/temperature  2\d\.\d")

    source = own_copy / "main.cpp"
    source.write_text(source.read_text().replace('"lamp is "', '"the lamp is "'))
    run_.expect(r"build  \| sources have changed", r"update \| 1\.0\.0\+1 \(seq 2\) goes to ESP-",
                r"serial \| ===== greenhouse 1\.0\.0\+1 \(seq 2\)", r"update \| confirmed 1\.0\.0\+1")
    run_.ask("lamp off", "the lamp is off")
    run_.ask("config get sensor.period", r"sensor\.period = 1\b")

    source.write_text("this is no C++\n" + source.read_text())
    run_.expect(r"build  \| .*error", r"build  \| the build failed with exit status \d+; the device goes on as it is")
    run_.ask("lamp on", "the lamp is on")
    source.write_text(source.read_text().removeprefix("this is no C++\n").replace('"the lamp is "', '"lamp: "'))
    run_.expect(r"update \| 1\.0\.0\+3 \(seq 4\) goes to", r"update \| confirmed 1\.0\.0\+3")

    assert len(run_.processes()) >= 4  # mosquitto, web server, chip, its firmware
    assert run_.end() == 0
    wait_until("all of it has ended", lambda: not run_.processes())
    assert not list(pathlib.Path(run_.installed.environment["TMPDIR"]).glob("esb-run-*"))
    assert bystander.poll() is None
    bystander.kill()
    bystander.wait()


def test_run_has_colours_unless_told_otherwise(running, own_copy):
    coloured = running(own_copy, NO_COLOR="")
    coloured.expect(r"\x1b\[33mbuild  \| \x1b\[0m", r"\x1b\[32mserial \| \x1b\[0m===== greenhouse")
    assert coloured.end() == 0
    plain = running(own_copy)
    plain.expect(r"serial \| ===== greenhouse")
    assert "\x1b[3" not in plain.terminal.before


def test_run_takes_pythons_web_server_where_there_is_no_nginx(running, own_copy):
    run_ = running(own_copy, "--watch", ESB_NGINX="/nowhere/nginx")
    run_.expect(r"ping: echo after")
    assert any("http.server" in words for words in run_.processes())
    source = own_copy / "main.cpp"
    source.write_text(source.read_text().replace('"lamp is "', '"the lamp is "'))
    run_.expect(r"update \| confirmed 1\.0\.0\+1")
    run_.terminal.kill(signal.SIGKILL)  # nobody says good-bye
    wait_until("all of it has ended", lambda: not run_.processes())


def test_run_says_what_is_missing(installed, own_copy, tmp_path):
    without = {**installed.environment, "ESB_MOSQUITTO": "/nowhere"}
    done = run(installed.esb, "run", cwd=own_copy, check=False, env=without)
    assert done.returncode == 1 and done.stderr.startswith("esb: mosquitto is missing") and "apt install" in done.stderr
    done = run(installed.esb, "run", cwd=tmp_path, check=False, env=installed.environment)
    assert done.returncode == 1 and "make a project with: esb new NAME" in done.stderr


def test_run_asks_which_of_several_images_is_meant(installed, running, own_copy):
    build = own_copy / "CMakeLists.txt"
    build.write_text(build.read_text() + "esb_add_firmware(second SOURCES main.cpp VERSION 2.0.0 SEQ 7 UPDATE_KEY_FILE "
                                         "${ESB_UPDATE_KEY_FILE})\n")
    done = run(installed.esb, "run", cwd=own_copy, check=False, env=installed.environment, stdin=subprocess.DEVNULL)
    assert done.returncode == 1 and "say which: --image " in done.stderr
    second = running(own_copy, "--image", "second", "-D", "ESB_UPDATE_KEY_FILE=update-key.pem.pub.jwk")
    second.expect(r"serial \| ===== greenhouse 2\.0\.0 \(seq 7\)")
    assert second.end() == 0


def test_run_ends_with_1_when_the_first_build_fails(installed, own_copy):
    (own_copy / "main.cpp").write_text("this is no C++\n")
    done = run(installed.esb, "run", cwd=own_copy, check=False, env=installed.environment, stdin=subprocess.DEVNULL)
    assert done.returncode == 1 and "the build failed" in done.stderr


def test_from_an_empty_folder_to_an_update_of_ones_own_firmware(installed, tmp_path):
    told = io.StringIO()
    assert stranger.tell(installed, tmp_path, told).commands == 4
    assert "5 passed" in told.getvalue() and "> alarm: the greenhouse is too warm" in told.getvalue()
