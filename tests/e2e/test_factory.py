"""A factory's line from its ledger to a fleet on line: images judged by a reader of our own, labels read as a phone reads
them, devices that are flashed and come to the broker with the accounts that were imported, and runs that are killed.
"""

import io
import json
import pathlib
import random
import re
import signal
import stat
import subprocess
import sys
import time

import pexpect
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from nvs_image import NvsError, Partition, keys_of_hmac_key, keys_of_partition  # noqa: E402
from pytest_esb.lab import PATIENCE, Broker, Chip, Lab  # noqa: E402

MM = 8  # dots a millimetre


@pytest.fixture()
def lab():
    with Lab() as lab:
        yield lab


def factory(lab, *arguments, **more):
    return json.loads(lab.esb("factory", "--out", "line", *arguments, "--json", quiet=True, **more).stdout)


def ledger(lab) -> dict[str, dict[str, str]]:
    """What was issued, by identity."""
    devices = {}
    for line in (lab.folder / "line/ledger").read_text().splitlines()[1:]:
        kind, *words = line.split(" ")[:-1]
        fields = dict(word.split("=", 1) for word in words)
        if kind == "device":
            assert fields["ident"] not in devices
            devices[fields["ident"]] = fields
    return devices


def accounts(lab, batch="1") -> dict[str, str]:
    head, *lines = (lab.folder / "line" / batch / "accounts.csv").read_text().splitlines()
    assert head == "ident,psk"
    return dict(line.split(",") for line in lines)


@pytest.mark.parametrize("encryption", [None, "flash", "hmac"])
def test_images_are_nvs_as_the_guide_says(lab, encryption):
    made = factory(lab, "--count", 3, "--prefix", "GH", "--lock", *(["--encrypt", encryption] if encryption else []))
    assert made["nvs_offset"] == 0xC000
    for identity, fields in ledger(lab).items():
        image = (lab.folder / f"line/1/{identity}.nvs.bin").read_bytes()
        assert len(image) == 0x14000
        keys = None
        if encryption == "flash":
            keys = keys_of_partition((lab.folder / f"line/1/{identity}.nvs_keys.bin").read_bytes())
        if encryption == "hmac":
            keys = keys_of_hmac_key((lab.folder / f"line/1/{identity}.hmac_key.bin").read_bytes())
        if keys is not None:
            with pytest.raises((NvsError, UnicodeDecodeError)):
                Partition(image)
            for secret in (bytes.fromhex(fields["psk"]), fields["ap"].encode(), identity.encode()):
                assert secret not in image
        partition = Partition(image, keys)
        assert {space for space, _ in partition.values} == {"esb"}
        settings = partition.values["esb", "cfg.a"] if ("esb", "cfg.a") in partition.values else partition.values["esb", "cfg.b"]
        for secret in (bytes.fromhex(fields["psk"]), fields["ap"].encode(), identity.encode()):
            assert secret in settings
        assert fields["console"].encode() not in bytes(partition.plain), "only its slow hash"


def test_a_flashed_device_is_born_and_comes_on_line_with_the_imported_account(lab):
    broker = Broker(lab)
    broker.init()
    broker.start()
    factory(lab, "--count", 2, "--prefix", "GH", "--lock", "--encrypt", "flash", "--set", "mqtt.0.host=127.0.0.1",
            "--set", f"mqtt.0.port={broker.port}", "--set", "wifi.0.ssid=Home", "--set", "wifi.0.pass=-",
            stdin="correct horse\n")
    assert re.search(r"added 2, 0 had", lab.esb("broker", "add", broker.folder, "--csv", "line/1/accounts.csv").stdout)
    device = ledger(lab)["GH-000002"]
    chip = Chip(lab)
    lab.esb("vchip", "flash", "--flash", chip.flash, "--image", lab.products.basic_1_0)
    lab.esb("vchip", "nvs", "--flash", chip.flash, "--image", "line/1/GH-000002.nvs.bin", "--keys",
            "line/1/GH-000002.nvs_keys.bin")
    chip.air.networks = [{"ssid": "Home", "passphrase": "correct horse", "rssi": -50}]
    chip.air.write()
    chip.power_on()
    chip.expect(r"MQTT ident=GH-000002\r*\n")
    chip.expect(r"ping: echo after \d+ ms")
    text = "\n".join(chip.lines)
    for nothing in ("psk=", "AP ssid=", "WIFI:", "formatted", device["psk"], device["ap"], device["console"]):
        assert nothing not in text
    assert broker.retained("GH/000002/online") == "1"
    # The console takes the label's password, and knows itself by the identity that it was given.
    chip.ask(f"unlock {device['console']}", r"unlocked", shown="unlock ...")
    chip.ask("identity", r"identity: GH-000002\r*\n")
    chip.power_off()


def test_a_device_of_a_mac_has_the_access_point_of_its_label(lab):
    (lab.folder / "macs").write_text("02:45:53:42:00:07\n")
    factory(lab, "--macs", "macs")
    device = ledger(lab)["ESP-024553420007"]
    chip = Chip(lab, mac="02:45:53:42:00:07")
    lab.esb("vchip", "flash", "--flash", chip.flash, "--image", lab.products.basic_1_0)
    lab.esb("vchip", "nvs", "--flash", chip.flash, "--image", "line/1/ESP-024553420007.nvs.bin")
    chip.air.write()
    chip.power_on()
    chip.expect(r"MQTT ident=ESP-024553420007\r*\n")
    lines = chip.settle()
    chip.power_off()
    assert not [line for line in lines if device["psk"] in line or device["ap"] in line]
    assert phone_reads(lab) == [f"WIFI:T:WPA;S:ESP-024553420007;P:{device['ap']};;"]


def rectangles(page: bytes):
    """What our PDF fills, in millimetres from the lower left corner."""
    number = rb"(\d+\.\d\d)"
    for found in re.finditer(rb"^" + b" ".join([number] * 4) + rb" re$", page, re.M):
        yield [float(word) for word in found.groups()]


def phone_reads(lab) -> list[str]:
    """The codes of all sheets: the pages are drawn by a dozen lines of ours and read by zbarimg."""
    pdf = (lab.folder / "line/1/labels.pdf").read_bytes()
    assert pdf.startswith(b"%PDF-1.4\n") and pdf.endswith(b"%%EOF\n")
    start = int(re.search(rb"startxref\n(\d+)\n%%EOF\n$", pdf)[1])
    table = re.match(rb"xref\n0 (\d+)\n0000000000 65535 f \n((?:\d{10} 00000 n \n)+)trailer", pdf[start:])
    for number, place in enumerate(re.findall(rb"(\d{10}) 00000 n ", table[2]), 1):
        assert pdf[int(place):].startswith(b"%d 0 obj\n" % number)
    codes = []
    for page in re.findall(rb"stream\n(.*?)endstream", pdf, re.S):
        width, height = 210 * MM, 297 * MM
        dots = bytearray(b"\xff" * (width * height))
        for x, y, w, h in rectangles(page):
            left, right = round(x * MM), round((x + w) * MM)
            for row in range(height - round((y + h) * MM), height - round(y * MM)):
                dots[row * width + left:row * width + right] = bytes(right - left)
        picture = lab.folder / "page.pgm"
        picture.write_bytes(b"P5 %d %d 255\n" % (width, height) + dots)
        done = subprocess.run(["zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", picture],
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        codes += done.stdout.splitlines()
    return codes


@pytest.mark.parametrize("words", [["factory", "--out", "line", "--count", "1", "--prefix", "GH", "--set", "wifi.1.ssid=Home",
                                    "wifi.1.pass=-"], ["broker", "add", "broker", "GH-9", "-"]])
def test_a_secret_that_is_typed_is_not_shown(lab, words):
    lab.esb("broker", "init", "broker")
    secret = "0123456789abcdef0123456789abcdef"

    def asked() -> pexpect.spawn:
        terminal = pexpect.spawn(str(lab.products.esb), words, encoding="utf-8", timeout=PATIENCE, cwd=str(lab.folder),
                                 env=lab.environment)
        terminal.logfile_read = io.StringIO()
        terminal.expect(": ")
        assert terminal.waitnoecho()
        return terminal

    terminal = asked()
    terminal.sendintr()  # who ends it here goes on with a terminal as it was
    terminal.expect(pexpect.EOF)
    assert terminal.getecho()
    terminal = asked()
    terminal.sendline(secret)
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0, terminal.logfile_read.getvalue()
    assert secret not in terminal.logfile_read.getvalue()


def test_labels_take_a_phone_into_each_access_point(lab):
    factory(lab, "--count", 26, "--prefix", "GH", "--lock")
    devices = ledger(lab)
    expected = {f"WIFI:T:WPA;S:{identity};P:{fields['ap']};;" for identity, fields in devices.items()}
    assert set(phone_reads(lab)) == expected and len(expected) == 26
    pdf = (lab.folder / "line/1/labels.pdf").read_bytes()
    for identity, fields in devices.items():
        for text in (identity, fields["ap"], fields["console"]):
            assert b"(%s) Tj" % text.encode() in pdf
        assert fields["psk"].encode() not in pdf


def test_runs_that_are_killed_issue_nothing_twice(lab):
    count, seed = 200, random.randrange(2**32)
    dice = random.Random(seed)
    begun = time.monotonic()
    lab.esb("factory", "--out", "whole", "--count", count, "--prefix", "XX", "--encrypt", "flash", quiet=True)
    whole = time.monotonic() - begun  # of a run that nobody disturbs, on this machine
    issued: dict[str, dict[str, str]] = {}
    seen_images: dict[str, bytes] = {}
    kills = 0
    while True:
        run = subprocess.Popen([lab.products.esb, "factory", "--out", "line", "--count", str(count), "--prefix", "GH",
                                "--encrypt", "flash"], cwd=lab.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(dice.uniform(0.0, 0.2) * whole * (1 + kills / 10))
        if run.poll() is None and kills < 40:
            run.send_signal(signal.SIGKILL)
            kills += 1
        run.wait(120)
        if not (lab.folder / "line/ledger").exists():
            continue
        text = (lab.folder / "line/ledger").read_text()
        now = {}
        for line in text[:text.rfind("\n") + 1].splitlines()[1:]:
            if line.startswith("device "):
                fields = dict(word.split("=", 1) for word in line.split(" ")[1:-1])
                now[fields["ident"]] = fields
        for identity, fields in issued.items():
            assert now[identity] == fields, f"seed {seed}: changed after kill {kills}"
        issued = now
        # No file is there whose device is not in the ledger, and none ever changes.
        for file in (lab.folder / "line/1").glob("*.bin"):
            assert file.name.split(".")[0] in issued, f"seed {seed}: {file.name} before its line"
            assert seen_images.setdefault(file.name, file.read_bytes()) == file.read_bytes(), f"seed {seed}: {file.name}"
        if run.returncode == 0:
            break
    assert kills > 3, "the runs were too quick to be killed"
    assert list(issued) == [f"GH-{n:06}" for n in range(1, count + 1)]
    for secret in ("psk", "ap", "nvs"):
        assert len({fields[secret] for fields in issued.values()}) == count
    assert accounts(lab) == {identity: fields["psk"] for identity, fields in issued.items()}
    before = {file: file.read_bytes() for file in (lab.folder / "line/1").iterdir()}
    assert factory(lab, "--count", count, "--prefix", "GH", "--encrypt", "flash")["new"] == 0
    assert {file: file.read_bytes() for file in (lab.folder / "line/1").iterdir()} == before
    assert len(before) == 2 * count + 2, "nothing else is left of the runs that were killed"
    for file in (lab.folder / "line").rglob("*"):
        assert stat.S_IMODE(file.stat().st_mode) & 0o077 == 0, file
