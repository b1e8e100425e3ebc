"""The set-up page from the emulated chip's own access point, in a real browser.

The emulated radio knows no WPA, so this firmware's access point is open (CONFIG_ESB_OPEN_ACCESS_POINT), which it says at
every start. The emulator's network is the access point's, and it forwards a port of the host to the chip's port 80.
"""

import json
import socket
import struct

import pytest

from pytest_esb.emulated_chip import OPEN_NETWORKS, EmulatedChip
from pytest_esb.lab import Lab, free_ports, wait_until
from idf_build import WITH_PORTAL, IdfBuild
from portal_attacks import Target
from portal_page import ADDRESS, APPLE_PROBE, Phone

HEAP_GOAL = 120 * 1024  # bytes free with the portal open and a client


class PortalOnChip:
    def __init__(self, lab: Lab, name: str):
        self.port, self.names_port = free_ports(2)
        net = ADDRESS.rsplit(".", 1)[0]
        self.chip = EmulatedChip(lab, IdfBuild(lab.products).flash(WITH_PORTAL), name=name, network_options=(
            f"net={net}.0/24,host={net}.2,dhcpstart={net}.15,hostfwd=tcp:127.0.0.1:{self.port}-{ADDRESS}:80,"
            f"hostfwd=udp:127.0.0.1:{self.names_port}-{ADDRESS}:53"))
        self.chip.power_on()
        self.identity = self.chip.expect(r"AP ssid=(\S+) pass=\S+\r*\n")[1]
        self.chip.expect(rf"portal: open, no link: join {self.identity}, then http://{ADDRESS}/")
        self.target = Target(self.port)

    def free_heap(self) -> int:
        """By the serial port: after the burst of a page's files the emulated radio may be deaf."""
        self.chip.type("status --json")
        return json.loads(self.chip.expect(r'(\{"app":[^\r\n]*\})\r*\n')[1])["heap"]

    def attempt_if(self, state: str) -> dict | None:
        attempt = self.target.state()["attempt"]
        return attempt if attempt["state"] == state else None


@pytest.fixture
def portal(lab, tmp_path):
    """A chip for each test: bursts of packets end the emulated radio's reception for good."""
    portal = PortalOnChip(lab, tmp_path.name)
    yield portal
    portal.chip.power_off()


@pytest.fixture
def phone(lab, portal):
    phone = Phone(lab, portal.port, f"phone-{portal.chip.name}")
    yield phone
    phone.stop()


def test_it_says_that_its_access_point_is_open(portal):
    assert "INSECURE: the set-up access point has no encryption" in portal.chip.text
    assert "open-access-point" in portal.target.state()["about"]["sec"]


def test_every_name_leads_to_the_chip(portal):
    """As a phone asks on its way to the pop-up (RFC 1035)."""
    question = b"".join(bytes([len(label)]) + label for label in (b"captive", b"apple", b"com")) + b"\0\0\1\0\1"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.settimeout(5)
        asker.sendto(struct.pack(">6H", 0x4242, 0x0100, 1, 0, 0, 0) + question, ("127.0.0.1", portal.names_port))
        answer = asker.recv(512)
    assert answer[:2] == b"\x42\x42" and answer.endswith(socket.inet_aton(ADDRESS))


def test_the_pop_up_shows_the_page(portal, phone, record):
    phone.open(APPLE_PROBE)
    assert phone.text("name") == portal.identity
    phone.take_pictures("chip")
    assert phone.complaints() == []
    heap = portal.free_heap()
    record("heap free with the portal open and a client", heap)
    assert heap >= HEAP_GOAL


def test_what_was_entered_is_used(portal):
    """The emulated radio hears no networks while its own access point is on: joining fails, and the page is told so.
    After the next start the chip joins what was entered."""
    assert portal.target.post("/api/try", json.dumps({"wifi.0.ssid": OPEN_NETWORKS[0]})).status == 200
    failed = wait_until("the try fails", lambda: portal.attempt_if("failed"), 60)
    assert (failed["step"], failed["reason"]) == ("join", "network not found")
    assert portal.target.post("/api/close").status == 200
    portal.chip.expect(r"portal: closed, asked for")
    portal.chip.power_off()
    portal.chip.power_on()
    portal.chip.expect(rf'wifi: joined "?{OPEN_NETWORKS[0]}')
