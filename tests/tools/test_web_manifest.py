"""tools/web_manifest.py on build folders as ESP-IDF leaves them; the manifest is checked against ESP Web Tools' format."""

import json
import pathlib
import re
import struct
import subprocess

import pytest

ROOT = pathlib.Path(__file__).parents[2]
TOOL = ROOT / "tools/web_manifest.py"
# ESP Web Tools 10.4, dist/const.d.ts
FAMILIES = {"ESP32", "ESP32-C2", "ESP32-C3", "ESP32-C5", "ESP32-C6", "ESP32-C61", "ESP32-H2", "ESP32-P4", "ESP32-S2",
            "ESP32-S3", "ESP8266"}


def image(app="greenhouse", hardware="esp32c3", version="1.4.0", size=4096) -> bytes:
    head = b"\xe9" + bytes(0x120 - 1)
    ours = struct.pack("<4sI32s16s32s40x", b"ESB1", 42, app.encode(), hardware.encode(), version.encode())
    return (head + ours).ljust(size, b"\xff")


class IdfBuild:
    """What `idf.py build` leaves, as far as a flasher is concerned."""

    def __init__(self, folder: pathlib.Path, chip="esp32c3", boot="0x0", **identity):
        self.folder = folder
        self.app = "greenhouse.bin"
        self.args = {
            "write_flash_args": ["--flash_mode", "dio", "--flash_size", "4MB", "--flash_freq", "80m"],
            "flash_settings": {"flash_mode": "dio", "flash_size": "4MB", "flash_freq": "80m"},
            "flash_files": {"0x20000": self.app, "0x8000": "partition_table/partition-table.bin",
                            "0x9000": "ota_data_initial.bin", boot: "bootloader/bootloader.bin"},
            "app": {"offset": "0x20000", "file": self.app, "encrypted": "false"},
            "partition-table": {"offset": "0x8000", "file": "partition_table/partition-table.bin", "encrypted": "false"},
            "otadata": {"offset": "0x9000", "file": "ota_data_initial.bin", "encrypted": "false"},
            "bootloader": {"offset": boot, "file": "bootloader/bootloader.bin", "encrypted": "false"},
            "extra_esptool_args": {"after": "hard_reset", "before": "default_reset", "stub": True, "chip": chip},
        }
        self.files = {self.app: image(hardware=chip, **identity), "partition_table/partition-table.bin": b"P" * 3072,
                      "ota_data_initial.bin": b"\xff" * 8192, "bootloader/bootloader.bin": b"\xe9" + b"B" * 20000}

    def write(self) -> pathlib.Path:
        for name, content in self.files.items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_bytes(content)
        (self.folder / "flasher_args.json").write_text(json.dumps(self.args, indent=4))
        return self.folder


def run(*arguments) -> subprocess.CompletedProcess:
    return subprocess.run([TOOL, *map(str, arguments)], capture_output=True, text=True, timeout=30)


def check_format(manifest: dict, folder: pathlib.Path):
    assert set(manifest) == {"name", "version", "new_install_prompt_erase", "new_install_improv_wait_time", "builds"}
    assert isinstance(manifest["name"], str) and isinstance(manifest["version"], str)
    assert isinstance(manifest["new_install_prompt_erase"], bool)
    assert type(manifest["new_install_improv_wait_time"]) is int
    for build in manifest["builds"]:
        assert set(build) == {"chipFamily", "parts"} and build["chipFamily"] in FAMILIES
        for part in build["parts"]:
            assert set(part) == {"path", "offset"} and type(part["offset"]) is int
            assert (folder / part["path"]).is_file()


def test_two_chips_in_one_manifest(tmp_path):
    c3 = IdfBuild(tmp_path / "c3")
    plain = IdfBuild(tmp_path / "plain", chip="esp32", boot="0x1000")
    site = tmp_path / "site"
    done = run(c3.write(), plain.write(), "-o", site)
    assert done.returncode == 0, done.stderr
    assert "greenhouse 1.4.0 for ESP32-C3, ESP32" in done.stdout
    manifest = json.loads((site / "manifest.json").read_text())
    check_format(manifest, site)
    assert (manifest["name"], manifest["version"]) == ("greenhouse", "1.4.0")
    assert manifest["new_install_prompt_erase"] is True and manifest["new_install_improv_wait_time"] == 15
    assert manifest["builds"] == [
        {"chipFamily": "ESP32-C3", "parts": [{"path": "esp32c3/bootloader.bin", "offset": 0},
                                             {"path": "esp32c3/partition-table.bin", "offset": 0x8000},
                                             {"path": "esp32c3/ota_data_initial.bin", "offset": 0x9000},
                                             {"path": "esp32c3/greenhouse.bin", "offset": 0x20000}]},
        {"chipFamily": "ESP32", "parts": [{"path": "esp32/bootloader.bin", "offset": 0x1000},
                                          {"path": "esp32/partition-table.bin", "offset": 0x8000},
                                          {"path": "esp32/ota_data_initial.bin", "offset": 0x9000},
                                          {"path": "esp32/greenhouse.bin", "offset": 0x20000}]}]
    assert (site / "esp32c3/greenhouse.bin").read_bytes() == c3.files[c3.app]
    assert (site / "index.html").read_bytes() == (ROOT / "docs/flash.html").read_bytes()


def test_options(tmp_path):
    site = tmp_path / "site"
    assert run(IdfBuild(tmp_path / "b").write(), "-o", site, "--no-erase-question", "--improv-wait", 0).returncode == 0
    manifest = json.loads((site / "manifest.json").read_text())
    assert (manifest["new_install_prompt_erase"], manifest["new_install_improv_wait_time"]) == (False, 0)
    assert run(tmp_path / "b", "-o", site, "--improv-wait", -1).returncode == 2


def encrypted(build):
    build.args["app"]["encrypted"] = "true"


def overlapping(build):
    build.args["flash_files"]["0x8800"] = build.args["flash_files"].pop("0x9000")
    build.files["partition_table/partition-table.bin"] = b"P" * 3072


def outside(build):
    build.args["flash_files"]["0x9000"] = "../../secret.bin"


def absent(build):
    del build.files["ota_data_initial.bin"]


def other_chip(build):
    build.files[build.app] = image(hardware="esp32")


def foreign(build):
    build.files[build.app] = image().replace(b"ESB1", b"NONE")


def short(build):
    build.files[build.app] = image()[:0x130]


def not_esp32(build):
    build.args["extra_esptool_args"]["chip"] = "esp8266"


def malformed(build):
    build.args["flash_files"] = {"nowhere": "greenhouse.bin"}


@pytest.mark.parametrize("fault, why", [
    (encrypted, "encrypted flash"), (overlapping, "would overwrite"), (outside, "outside of"), (absent, "does not exist"),
    (other_chip, "is for esp32, the build for esp32c3"), (foreign, "no ESP32 Secure Base descriptor"),
    (short, "not an ESP32 image"), (not_esp32, "is no ESP32"), (malformed, "not what ESP-IDF writes")])
def test_what_cannot_be_flashed_is_refused_in_one_line(tmp_path, fault, why):
    build = IdfBuild(tmp_path / "build")
    fault(build)
    done = run(build.write(), "-o", tmp_path / "site")
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert why in done.stderr
    assert not (tmp_path / "site").exists()


def test_builds_must_belong_together(tmp_path):
    one = IdfBuild(tmp_path / "one").write()
    other = IdfBuild(tmp_path / "other", chip="esp32", version="1.5.0").write()
    assert "is greenhouse 1.5.0" in run(one, other, "-o", tmp_path / "site").stderr
    assert "same chip" in run(one, one, "-o", tmp_path / "site").stderr
    assert "build the firmware first" in run(tmp_path, "-o", tmp_path / "site").stderr


def test_the_page_loads_nothing_from_elsewhere_and_its_example_is_a_manifest(tmp_path):
    page = (ROOT / "docs/flash.html").read_text()
    assert re.findall(r'(?:src|href|manifest)="([^"]*)"', page) == ["esp-web-tools/install-button.js", "manifest.json"]
    assert not re.search(r"""(?:import|fetch)\(?\s*["']https?:""", page)
    example = json.loads(re.search(r"<pre><code>(\{.*?\})</code></pre>", page, re.S)[1])
    site = tmp_path / "site"
    build = IdfBuild(tmp_path / "build", app="basic", version="1.0.0")
    build.args["flash_files"]["0x20000"] = build.args["app"]["file"] = "basic.bin"
    build.files["basic.bin"] = build.files.pop("greenhouse.bin")
    assert run(build.write(), "-o", site).returncode == 0
    assert json.loads((site / "manifest.json").read_text()) == example
