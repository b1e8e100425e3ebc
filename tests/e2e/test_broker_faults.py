"""A real broker at its worst: messages that are too large for the device in its session, subscriptions it refuses,
a process that stands still, data that are lost, a second client with the device's identity."""

import json
import os
import shutil
import signal
import subprocess
import sysconfig
import time

import pytest

from pytest_esb.lab import Lab, wait_until
from on_line import Device, firmware

KEEP_ALIVE = 60  # seconds
PLUGIN = f"/usr/lib/{sysconfig.get_config_var('MULTIARCH')}/mosquitto_dynamic_security.so"


@pytest.fixture(scope="module")
def device(request):
    with Lab() as lab:
        yield Device(lab, "steady-1.0.0")
        lab.keep = lab.keep or bool(request.session.testsfailed)
        if lab.keep:
            print(f"\nlogs and files are in {lab.folder}")


def publish_file(device: Device, topic: str, size: int, qos: int, *more: str):
    path = device.lab.folder / f"large-{size}.bin"
    path.write_bytes(os.urandom(size))
    subprocess.run(device.broker.as_tool("mosquitto_pub", "-q", str(qos), "-t", topic, "-f", str(path), *more),
                   check=True, timeout=20)


def power_cycle(device: Device):
    device.chip.power_off()
    device.chip.power_on()
    device.chip.expect(r"ping: echo after \d+ ms")


def printed(device: Device, text: str) -> int:
    return sum(text in line for line in device.chip.settle())


def no_size_limit(device: Device):
    """What an operator's own broker may be like."""
    config = device.broker.folder / "mosquitto.conf"
    lines = config.read_text().splitlines(keepends=True)
    config.write_text("".join(line for line in lines if not line.startswith("message_size_limit")))
    device.broker.stop()
    device.broker.start()
    device.chip.expect(r"ping: echo after \d+ ms")


@pytest.mark.parametrize("qos", [1, 2])
def test_an_image_that_waits_on_the_update_topic_is_told_and_gone(device, qos):
    if qos == 1:
        no_size_limit(device)
    device.chip.power_off()
    since = len(device.status.messages)
    publish_file(device, f"{device.base}/ota", 1 << 20, qos)
    device.chip.power_on()
    device.chip.expect(r'a message of 1048576 bytes on "[^"]+/ota" was dropped: [^(]*\(mqtt.too_large\)')
    device.status.wait_for(since, state="failed", error="mqtt.too_large")
    device.require_on_line()
    device.chip.ask("log", r"topic ota: [^(]*\(mqtt.too_large 1048576\)")
    assert printed(device, "mqtt.too_large") == 2  # as it came, and in the log
    for _ in range(2):
        power_cycle(device)
        time.sleep(2)
        assert printed(device, "mqtt.too_large") == 0


def test_a_retained_one_is_told_once_a_start(device):
    publish_file(device, f"{device.base}/config", 300_000, 1, "-r")
    device.chip.expect(r"mqtt.too_large")
    for _ in range(2):
        device.broker.stop()
        device.broker.start()
        device.chip.expect(r"ping: echo after \d+ ms")
    time.sleep(2)
    device.require_on_line()
    assert printed(device, "300000 bytes") == 1
    device.clear_retained("config")


def test_many_large_ones_for_nobody_and_for_us_pass_by(device):
    device.chip.power_off()
    for number in range(6):
        publish_file(device, f"{device.base}/{('ota', 'config')[number % 2]}", 270_000 + number, 1 + number % 2)
    device.chip.power_on()
    device.chip.expect(r"a message of 270005 bytes")
    device.chip.expect(r"ping: echo after \d+ ms", 60)
    device.require_on_line()


def test_the_next_update_works(device):
    device.confirm_update(firmware(device.lab.products, "steady-1.1.0").read_bytes())


def test_the_announcements_are_back_after_the_broker_lost_its_data(device):
    device.broker.remove(device.identity)
    device.lab.esb("broker", "add", device.broker.folder, device.identity, "-", "--home-assistant",
                   stdin=device.psk + "\n")
    device.chip.ask("config set ha.discovery on", r"ok\r*\n")
    topics = [f"homeassistant/{kind}/{device.identity}/{name}/config" for kind, name in
              (("binary_sensor", "connectivity"), ("sensor", "signal"), ("sensor", "uptime"), ("update", "firmware"))]
    topics += [f"{device.base}/{leaf}" for leaf in ("online", "status", "ota/status", "config/status")]

    def require_all():
        for topic in topics:
            wait_until(f"retained {topic}", lambda topic=topic: device.broker.retained(topic, 1))

    require_all()
    device.broker.stop()
    shutil.rmtree(device.broker.folder / "data")
    (device.broker.folder / "data").mkdir()
    device.broker.start()
    device.chip.expect(r"ping: echo after \d+ ms", 60)
    require_all()
    # Home Assistant starts, and somebody has cleared what was retained.
    for topic in topics:
        subprocess.run(device.broker.as_tool("mosquitto_pub", "-r", "-n", "-q", "1", "-t", topic), check=True, timeout=20)
    assert device.broker.retained(topics[0], 1) is None
    subprocess.run(device.broker.as_tool("mosquitto_pub", "-q", "1", "-t", "homeassistant/status", "-m", "online"),
                   check=True, timeout=20)
    require_all()
    device.require_on_line()


def refuse_subscriptions(device: Device, *leaves: str) -> str:
    """By mosquitto's own plugin: its ACL file refuses no subscription, it only delivers nothing. The configuration before."""
    config = device.broker.folder / "mosquitto.conf"
    before = config.read_text()
    rules = device.broker.folder / "dynamic-security.json"
    denied = [{"acltype": "subscribeLiteral", "topic": f"{device.base}/{leaf}", "allow": False} for leaf in leaves]
    rules.write_text(json.dumps({
        "defaultACLAccess": dict.fromkeys(("publishClientSend", "publishClientReceive", "subscribe", "unsubscribe"), True),
        "clients": [{"username": device.identity, "roles": [{"rolename": "device"}]}],
        "roles": [{"rolename": "device", "acls": denied}]}))
    listener = "use_username_as_clientid true\n"
    assert before.count(listener) == 1
    config.write_text(before.replace(listener, f"{listener}plugin {PLUGIN}\nplugin_opt_config_file {rules}\n"))
    return before


def restart_broker(device: Device):
    device.broker.stop()
    device.broker.start()


def test_refused_subscriptions_are_named_and_come_back(device):
    before = refuse_subscriptions(device, "ota", "ping")
    restart_broker(device)
    device.chip.expect(r'"[^"]+/ping": the broker refused the subscription \(mqtt.subscribe_refused\)')
    device.chip.expect(r'"[^"]+/ota": the broker refused the subscription \(mqtt.subscribe_refused\)')
    device.chip.ask("status", r"missing: ping, ota\r*\n")
    wait_until("the status with what is missing",
               lambda: '"missing":["ping","ota"]' in (device.broker.retained(f"{device.base}/status", 1) or ""))
    time.sleep(12)  # asked for again, refused again, and not said again
    assert printed(device, "mqtt.subscribe_refused") == 2
    (device.broker.folder / "mosquitto.conf").write_text(before)
    restart_broker(device)
    device.chip.expect(r"ping: echo after \d+ ms", 90)
    wait_until("the status without", lambda: "missing" not in (device.broker.retained(f"{device.base}/status", 1) or "missing"))


def test_a_broker_that_stands_still_is_left_though_no_echo_has_come(device):
    acl = device.broker.folder / "acl"
    good = acl.read_text()
    acl.write_text("".join(line for line in good.splitlines(keepends=True) if not line.endswith(f"{device.base}/ping\n")))
    restart_broker(device)
    device.chip.expect("mqtt: connected to", 90)
    time.sleep(2)
    device.broker.process.send_signal(signal.SIGSTOP)
    stopped = time.monotonic()
    try:
        device.chip.expect(r"\(mqtt.silent\)", 2 * KEEP_ALIVE)
        assert time.monotonic() - stopped <= 1.5 * KEEP_ALIVE
    finally:
        acl.write_text(good)
        device.broker.process.send_signal(signal.SIGCONT)
    device.broker.process.send_signal(signal.SIGHUP)
    device.chip.expect(r"ping: echo after \d+ ms", 60)


def test_a_second_client_with_the_identity_is_hinted_at(device):
    rival = subprocess.Popen(device.broker.as_device("mosquitto_sub", device.identity, device.psk, "-t", f"{device.base}/ping",
                                                     "-i", device.identity),
                             stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        device.chip.expect(r"\(link.second_device\)", 90)
    finally:
        rival.kill()
        rival.wait()
    device.chip.expect(r"ping: echo after \d+ ms", 150)
    wait_until("the hint in the status",
               lambda: '"hint":"link.second_device"' in (device.broker.retained(f"{device.base}/status", 1) or ""))
    device.chip.ask("status", r"hint: ")
