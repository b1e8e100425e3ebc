"""The MQTT engine without the rest of the project: as a target, as a package, as a library's folder; the example talks to a
broker."""
import pathlib
import socket
import subprocess
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=300, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    folder = tmp_path_factory.mktemp("build")
    run("cmake", "-S", ROOT / "src/esb/mqtt", "-B", folder, "-G", "Ninja", "-DESB_MQTT_EXAMPLE=ON")
    run("cmake", "--build", folder)
    return folder


@pytest.fixture
def broker(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (tmp_path / "mosquitto.conf").write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
    process = subprocess.Popen(["/usr/sbin/mosquitto", "-c", tmp_path / "mosquitto.conf"], stderr=subprocess.DEVNULL)
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield port
    process.terminate()
    process.wait(10)


def test_the_example_over_a_plain_socket_hears_what_it_says(build, broker):
    assert run(build / "mqtt-socket", "127.0.0.1", broker).splitlines() == ["one", "two", "three", "cancelled"]


def test_an_installed_package_is_found(build, tmp_path):
    run("cmake", "--install", build, "--prefix", tmp_path / "installed")
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.20)\nproject(app LANGUAGES CXX)\nfind_package(esb_mqtt REQUIRED)\n"
        f"add_executable(app {ROOT}/examples/mqtt-socket/main.cpp)\ntarget_link_libraries(app esb::esb_mqtt)\n")
    run("cmake", "-S", tmp_path, "-B", tmp_path / "build", "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={tmp_path}/installed")
    run("cmake", "--build", tmp_path / "build")


def test_the_library_folder_compiles_by_itself(tmp_path):
    run(ROOT / "tools/mqtt_library.py", tmp_path / "esb_mqtt")
    sources = sorted((tmp_path / "esb_mqtt/src/esb").glob("*/*.cpp"))
    main = tmp_path / "main.cpp"
    main.write_text("#include <esb_mqtt.h>\nint main() { return esb::mqtt::Client::minimum_memory({}) > 0 ? 0 : 1; }\n")
    run("g++", "-std=gnu++2b", "-O1", "-I", tmp_path / "esb_mqtt/src", *sources, main, "-o", tmp_path / "app")
    run(tmp_path / "app")
    for name in ("library.properties", "library.json", "idf_component.yml", "CMakeLists.txt", "LICENSE"):
        assert (tmp_path / "esb_mqtt" / name).stat().st_size > 0


@pytest.mark.parametrize("name", ["examples/mqtt-socket/main.cpp", "examples/mqtt-esp-transport/main/main.cpp"])
def test_examples_stay_short(name):
    assert len([line for line in (ROOT / name).read_text().splitlines() if line.strip()]) <= 80
