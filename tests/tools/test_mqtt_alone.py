"""The MQTT engine without the rest of the project: as a target, as a package, as a library's folder; the example talks to a
broker."""
import pathlib
import socket
import subprocess
import sys
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
from pytest_esb.lab import free_ports


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
    (port,) = free_ports(1)
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
    assert len([line for line in (ROOT / name).read_text().splitlines() if line.strip()]) <= 60


# What the example uses of ESP-IDF 5.1, as declared there.
ESP_IDF = {
    "esp_err.h": "typedef int esp_err_t;\n#define ESP_OK 0\n#define ESP_FAIL -1\n#define ESP_ERROR_CHECK(x) do { esp_err_t e = (x); (void)e; } while (0)\n",
    "esp_event.h": '#include "esp_err.h"\nextern "C" esp_err_t esp_event_loop_create_default(void);\n',
    "esp_netif.h": '#include "esp_err.h"\nextern "C" esp_err_t esp_netif_init(void);\n',
    "esp_random.h": '#include <stdint.h>\nextern "C" uint32_t esp_random(void);\n',
    "esp_timer.h": '#include <stdint.h>\nextern "C" int64_t esp_timer_get_time(void);\n',
    "esp_transport.h": "typedef struct esp_transport_item_t *esp_transport_handle_t;\n"
                       'extern "C" int esp_transport_connect(esp_transport_handle_t, const char *host, int port, int timeout_ms);\n'
                       'extern "C" int esp_transport_read(esp_transport_handle_t, char *buffer, int len, int timeout_ms);\n'
                       'extern "C" int esp_transport_write(esp_transport_handle_t, const char *buffer, int len, int timeout_ms);\n'
                       'extern "C" int esp_transport_close(esp_transport_handle_t);\n',
    "esp_transport_tcp.h": '#include "esp_transport.h"\nextern "C" esp_transport_handle_t esp_transport_tcp_init(void);\n',
    "nvs_flash.h": '#include "esp_err.h"\nextern "C" esp_err_t nvs_flash_init(void);\n',
    "protocol_examples_common.h": '#include "esp_err.h"\nextern "C" esp_err_t example_connect(void);\n',
}


def test_the_example_over_esp_transport_compiles_against_what_it_uses(tmp_path):
    for name, text in ESP_IDF.items():
        (tmp_path / name).write_text("#pragma once\n" + text)
    run("g++", "-std=gnu++2b", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-I", tmp_path, "-I", ROOT / "src",
        ROOT / "examples/mqtt-esp-transport/main/main.cpp")
