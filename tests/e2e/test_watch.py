"""A virtual chip that is watched: its trace as text and as JSON lines, its page in Chromium."""

import base64
import http.client
import json
import os
import pathlib
import re
import signal
import subprocess
import urllib.parse

import pytest

from on_line import firmware
from portal_page import chromium
from pytest_esb.lab import Air, Broker, Lab, free_ports, port_answers, wait_until

WIFI_PASSWORD = "a password of the air"
PAGE_PASSWORD = "typed into a page"
UP = ("up since a moment", "up")
SCREENS = {"320": (320, 640, "light"), "desktop": (1240, 900, "light"), "dark": (1240, 900, "dark")}


class Watched:
    """`esb vchip run` with some of --trace, --trace-json, --ui; both of its outputs are read as they come."""

    def __init__(self, lab: Lab, name: str, image: pathlib.Path, *options: str):
        self.flash = lab.folder / f"{name}.flash"
        self.errors = lab.folder / f"{name}.err"
        lab.esb("vchip", "flash", "--flash", self.flash, "--image", image)
        self.process = subprocess.Popen(
            [str(lab.products.esb), "vchip", "run", "--flash", str(self.flash), *map(str, options)], stdin=subprocess.PIPE,
            stdout=open(lab.folder / f"{name}.serial", "wb"), stderr=open(self.errors, "wb"))
        self.serial_file = lab.folder / f"{name}.serial"
        lab.keep_track(self)

    def serial(self) -> str:
        return self.serial_file.read_text(errors="replace")

    def told(self) -> str:
        return self.errors.read_text()

    def type(self, line: str):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def expect(self, pattern: str, where=None) -> re.Match:
        text = where or self.serial
        wait_until(pattern, lambda: re.search(pattern, text()))
        return re.search(pattern, text())

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(20)


@pytest.fixture
def lab(request):
    with Lab() as lab:
        yield lab
        lab.keep = lab.keep or bool(request.session.testsfailed)


@pytest.fixture
def broker(lab):
    broker = Broker(lab)
    broker.init()
    broker.start()
    return broker


def go_on_line(chip: Watched, broker: Broker, network: str, password: str) -> tuple[str, str]:
    """Enters account and network; the identity and its key."""
    born = chip.expect(r"ident=(\S+) psk=([0-9a-f]{32})")
    broker.add(*born.groups())
    chip.type(f'wifi connect {network} "{password}"')
    chip.expect(f'joined "{network}"')
    chip.type(f"mqtt server 127.0.0.1 {broker.port}")
    chip.expect("ping: echo")
    return born.groups()


# --- The trace ---


def test_the_trace_tells_what_happens_and_no_secret(lab, broker):
    air = Air(lab.folder / "air.json")
    air.networks = [{"ssid": "Home", "passphrase": WIFI_PASSWORD}]
    air.write()
    lines = lab.folder / "trace.json"
    (port,) = free_ports(1)
    chip = Watched(lab, "traced", firmware(lab.products, "steady-1.0.0"), "--radio", air.path, "--port", f"80:{port}",
                   "--trace=-timer", "--trace-json", lines)
    wait_until("the set-up page", lambda: port_answers(port))
    for path, body in (("/api/key", "{}"), ("/api/settings", json.dumps({"wifi.1.ssid": "Shed", "wifi.1.pass": PAGE_PASSWORD}))):
        status, _ = request(f"http://127.0.0.1:{port}{path}", "POST", path, body, Host="4.3.2.1", X_ESB="1",
                            Content_Type="application/json")
        assert status in (200, 202), path
    identity, psk = go_on_line(chip, broker, "Home", WIFI_PASSWORD)
    base = identity.replace("-", "/")
    subprocess.run(broker.as_tool("mosquitto_pub", "-t", f"{base}/config", "-m", '{"mqtt.1.pass":"change of a secret"}'),
                   check=True, timeout=20)
    chip.expect(f"< publish topic={base}/config ", chip.told)
    chip.stop()

    told = chip.told()
    for pattern in (r"chip    boot boot=1 reason=power-on", r"state   wifi from=joining because=\S+ to=",
                    r"radio   join ssid=Home", r"net     connect socket=\d+ address=127\.0\.0\.1",
                    r"tls     handshake", r"tls     open suite=TLS-", rf"mqtt  > connect .*client={identity}",
                    r"mqtt  < connack ", rf"mqtt  > subscribe .*filters=\"?{base}/", rf"mqtt  > publish topic={base}/online",
                    r"http    served method=POST path=/api/key status=200", r"http    served method=POST path=/api/settings",
                    r"radio   access-point ssid=", r"flash   erase partition=\S+ offset=0x", r"nvs     put key="):
        assert re.search(pattern, told), pattern
    assert "timer" not in told
    assert "\x1b" not in told, "colours go to terminals alone"

    events = [json.loads(line) for line in lines.read_text().splitlines()]
    assert {event["area"] for event in events} >= {"chip", "state", "radio", "net", "tls", "mqtt", "flash", "nvs", "timer"}
    assert [event["ms"] for event in events] == sorted(event["ms"] for event in events)
    connect = next(event for event in events if event["what"] == "connect" and event["area"] == "mqtt")
    hidden = [event for event in events if event.get("topic") == f"{base}/config"]
    assert connect.get("password", "hidden") == "hidden"
    assert hidden and all(event["payload"] == "hidden" for event in hidden)
    for secret in (psk, WIFI_PASSWORD, PAGE_PASSWORD, "change of a secret"):
        assert secret not in told and secret not in lines.read_text()


def test_a_cut_that_is_asked_for_ends_the_watcher_as_it_ends_the_chip(lab):
    chip = Watched(lab, "cut", firmware(lab.products, "steady-1.0.0"), "--trace=chip,flash", "--cut", "5:prefix:1")
    assert chip.process.wait(30) == -signal.SIGKILL
    told = chip.told()
    assert "chip    power-cut operation=5" in told
    assert len(re.findall(r"flash   (erase|program)", told)) == 5


def test_a_terminal_gets_colours_unless_somebody_says_no(lab):
    flash = lab.folder / "colour.flash"
    lab.esb("vchip", "flash", "--flash", flash, "--image", firmware(lab.products, "steady-1.0.0"))
    for no_colour, shown in ((None, True), ("1", False)):
        environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"} | {"TERM": "xterm"}
        if no_colour:
            environment["NO_COLOR"] = no_colour
        master, slave = os.openpty()
        process = subprocess.Popen([str(lab.products.esb), "vchip", "run", "--flash", str(flash), "--trace=chip"],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=slave, env=environment)
        os.close(slave)
        told = b""
        while b"power-on" not in told:
            told += os.read(master, 4096)
        process.kill()
        process.wait()
        os.close(master)
        assert (b"\x1b[" in told) == shown


def test_the_laboratory_shows_the_same(lab):
    """`esb run`, with a project that is built already."""
    project = lab.folder / "project"
    project.mkdir()
    (project / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.25)\nproject(made LANGUAGES NONE)\nadd_custom_target(made ALL COMMAND "
        f"${{CMAKE_COMMAND}} -E copy {firmware(lab.products, 'steady-1.0.0')} ${{CMAKE_BINARY_DIR}}/made.img)\n")
    shown = lab.folder / "run.out"
    process = subprocess.Popen([str(lab.products.esb), "run", str(project), "--ui", "--trace=tls"], stdin=subprocess.PIPE,
                               stdout=open(shown, "wb"), stderr=subprocess.STDOUT,
                               env=os.environ | {"ESB_BASE": str(pathlib.Path(__file__).resolve().parents[2])})
    try:
        for pattern in (r"trace  \|    \d+\.\d{3}  tls     open suite=TLS-", r"serial \| The chip's page: http://127\.0\.0\.1:"):
            wait_until(pattern, lambda pattern=pattern: re.search(pattern, shown.read_text()), 60)
        assert "  mqtt  > " not in shown.read_text()
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)


# --- The page ---


class Page:
    """The page in Chromium."""

    def __init__(self, lab: Lab, url: str):
        self.pictures = lab.products.build / "watch"
        self.browser = chromium(lab.folder / "browser")
        lab.keep_track(self)
        self.look_like("desktop")
        self.browser.get(url)

    def stop(self):
        self.browser.quit()

    def look_like(self, screen: str):
        width, height, scheme = SCREENS[screen]
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500})
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": "prefers-color-scheme", "value": scheme}]})

    def take_pictures(self, name: str):
        self.pictures.mkdir(exist_ok=True)
        self.browser.execute_cdp_cmd("Emulation.setScrollbarsHidden", {"hidden": True})
        for screen in SCREENS:
            self.look_like(screen)
            assert self.run("return document.documentElement.scrollWidth <= innerWidth"), f"wider than {screen}"
            wait_until("the flash is drawn", lambda: self.run("return document.querySelector('#flash canvas').width > 0"))
            picture = self.browser.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True})
            (self.pictures / f"{name}-{screen}.png").write_bytes(base64.b64decode(picture["data"]))
        self.look_like("desktop")

    def run(self, script: str, *arguments):
        return self.browser.execute_script(script, *arguments)

    def text(self, selector: str) -> str:
        return self.run("return document.querySelector(arguments[0])?.textContent ?? ''", selector)

    def expect(self, selector: str, text: str):
        wait_until(f"{selector} says {text}", lambda: text in self.text(selector))

    def state(self, machine: str) -> str:
        return self.text(f'[data-machine="{machine}"] .now')

    def click(self, selector: str):
        self.run("document.querySelector(arguments[0]).click()", selector)

    def type(self, line: str):
        self.run("document.getElementById('typed').value = arguments[0];"
                 "document.getElementById('typing').requestSubmit()", line)


@pytest.fixture
def served(lab):
    chip = Watched(lab, "served", firmware(lab.products, "watched-1.0.0"), "--ui")
    return chip, chip.expect(r"http://127\.0\.0\.1:\d+/[0-9a-f]{32}/", chip.told).group()


def test_the_page_shows_the_chip_and_its_switches_work(lab, broker, served):
    chip, url = served
    page = Page(lab, url)
    page.expect("#boot", "boot 1 after power-on, slot a")
    broker.add(*chip.expect(r"ident=(\S+) psk=([0-9a-f]{32})").groups())

    page.type('wifi connect Laboratory "loopback only"')
    wait_until("Wi-Fi is up", lambda: page.state("wifi") in UP)
    page.type(f"mqtt server 127.0.0.1 {broker.port}")
    wait_until("the broker is reached", lambda: page.state("broker") == "connected")
    page.expect("#serial", "ping: echo")
    wait_until("the update engine rests", lambda: page.state("update") == "idle")
    page.expect("#trace", "publish")
    assert re.search(r"since it is watched: [1-9]", page.text("#flash-sum"))

    page.expect('[data-pin="output 7"] .what', "output, low")
    page.click('[data-pin="input 4"] input')
    page.expect('[data-pin="output 7"] .what', "output, high")
    page.run("const knob = document.querySelector('[data-pin=\"adc 0\"] input');"
             "knob.value = 512; knob.dispatchEvent(new Event('input'))")
    page.expect('[data-pin="pwm 6"] .what', "pulses, 50 %")
    page.take_pictures("page")

    page.click("#networks input")
    wait_until("the network is gone", lambda: page.state("wifi") not in UP)
    page.click("#networks input")
    wait_until("it is back", lambda: page.state("wifi") in UP)
    page.click("#power")
    page.expect("#boot", "without power")
    assert page.state("wifi") == "–"
    page.click("#power")
    page.expect("#boot", "boot 1 after power-on")
    wait_until("it is on line again", lambda: page.state("broker") == "connected")

    page.browser.refresh()  # whoever comes late sees how it is
    wait_until("the broker is shown", lambda: page.state("broker") == "connected")
    page.expect("#serial", "ping: echo")
    assert not [entry for entry in page.browser.get_log("browser") if "Failed to load" not in entry["message"]]
    chip.stop()
    wait_until("the page says so", lambda: page.run("return !document.getElementById('away').hidden"))


def request(url: str, method: str = "GET", path: str | None = None, body: str | None = None, **headers) -> tuple[int, str]:
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
    try:
        connection.request(method, path if path is not None else parts.path, body,
                           {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def test_the_page_lets_nobody_in_who_does_not_have_its_address(served):
    chip, url = served
    parts = urllib.parse.urlsplit(url)
    token = parts.path.strip("/")
    json_headers = {"Content_Type": "application/json"}
    post = {"method": "POST", "path": f"/{token}/do", "body": '{"air":true}'}
    assert request(url)[0] == 200
    assert request(url, path=f"/{token}/live")[0] == 200
    for path in ("/", f"/{token}", "/" + "0" * 32 + "/", "/" + "0" * 32 + "/live", f"/{token[:-1]}/", f"/{token}x/", "/page.js"):
        assert request(url, path=path)[0] == 404, path
    for host in ("evil.example", f"evil.example:{parts.port}", "127.0.0.1", f"127.0.0.2:{parts.port}"):
        status, body = request(url, Host=host)
        assert status in (403, 421) and "Virtual chip" not in body, host
    assert request(url, **post, **json_headers, X_ESB="1")[0] == 200
    assert request(url, **post, **json_headers)[0] == 403, "without the header that other sites cannot send"
    assert request(url, **post, **json_headers, X_ESB="1", Origin="http://evil.example")[0] == 403
    assert request(url, **post, **json_headers, X_ESB="1", Host="evil.example")[0] == 421
    assert request(url, **post, Content_Type="text/plain", X_ESB="1")[0] in (403, 415)
    assert chip.process.poll() is None


@pytest.mark.parametrize("body", ["", "[]", "{}", "{", '{"air":1}', '{"air":true,"button":true}', '{"network":[9,1]}',
                                  '{"network":[0]}', '{"pin":[64,1]}', '{"pin":[-1,1]}', '{"pin":["4",1]}', '{"adc":[0,1025]}',
                                  '{"type":5}', '{"explode":true}', '{"power":"off"}'])
def test_the_page_refuses_what_is_no_switch(served, body):
    _, url = served
    path = urllib.parse.urlsplit(url).path + "do"
    assert request(url, "POST", path, body, Content_Type="application/json", X_ESB="1")[0] == 422


def test_the_page_listens_on_loopback_alone_and_leaves_nothing_behind(served):
    chip, url = served
    port = urllib.parse.urlsplit(url).port
    listening = {line.split()[1] for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]
                 if line.split()[3] == "0A" and int(line.split()[1].split(":")[1], 16) == port}
    assert listening == {f"0100007F:{port:04X}"}
    chip.expect("vchip: boot 1")
    radio = next(word for word in child_environment(chip.process.pid) if word.startswith("ESB_VCHIP_RADIO="))
    folder = pathlib.Path(radio.split("=", 1)[1]).parent
    assert folder.stat().st_mode & 0o777 == 0o700
    chip.stop()
    assert not folder.exists()


def child_environment(pid: int) -> list[str]:
    """Of the firmware's process: the grandchild."""
    for _ in range(2):
        wait_until("a child", lambda: pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
        pid = int(pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])
    def variables():
        return pathlib.Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    wait_until("the firmware's environment", lambda: any(word.startswith("ESB_VCHIP_RADIO=") for word in variables()))
    return variables()
