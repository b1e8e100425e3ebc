"""Everything that can be built in: brokers known by a certificate, and an update that is encrypted for the device."""

import hashlib
import json
import re
import socket

import encryption
import pytest

from certified_chip import LOCAL_NAME, CertifiedChip
from pytest_esb.clock import TimeServer
from pytest_esb.emulated_chip import HOST, HOST_V6
from pytest_esb.lab import wait_until
from idf_build import BASIC_1_0, BASIC_1_1, FULL, IdfBuild
from multicast_name import MulticastName
from on_line import Topic
from signer import manifest


@pytest.fixture(scope="module")
def device(lab):
    made = CertifiedChip(lab, IdfBuild(lab.products, profile=FULL), BASIC_1_0)
    made.reports = Topic(lab, made.broker, f"{made.base}/config/status")
    return made


# In the order in which they stand.

def test_an_authority_and_a_password(device, record):
    record("full: heap free on line, by a shared key", device.facts()["heap"])
    device.goes_to_user_listener(mqtt__0__trust="ca", mqtt__0__ca=device.pki.pem("root"))
    assert device.suite().startswith("TLS-ECDHE-ECDSA-WITH-")
    facts = device.facts()
    record("full: heap free on line, the broker known by an authority", facts["heap"])
    record("full: heap free at the lowest, the broker known by an authority", facts["heap_min"])


def test_the_next_connection_goes_on_with_the_session(device):
    """A device that does not know the time keeps none; one that does, keeps the next."""
    server = TimeServer("127.0.0.1")
    device.set(time__server=HOST)
    wait_until("the device knows the time", lambda: server.answered, 120)
    device.taken_over(device.user_port)
    device.taken_over(device.user_port, r", session resumed")


def moves(device, host: str, port: int, told: str):
    device.chip.ask(f"mqtt server {host} {port}", r"ok, on trial\r*\n")
    device.chip.expect(rf"mqtt: connected to {re.escape(told)}:{port} ", 120)
    device.chip.expect(r"config: kept", 120)


def test_an_address_of_ipv6(device):
    """As far as this emulator goes: its network gives the host more bytes than an IPv6 packet has, so that no TLS comes
    about. The first record has to be a whole ClientHello of TLS 1.2 that asks for nothing else."""
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as server:
        server.settimeout(60)
        device.chip.ask(f"mqtt server {HOST_V6} {server.getsockname()[1]}", r"ok, on trial\r*\n")
        connection, _ = server.accept()
        with connection:
            connection.settimeout(10)
            received = connection.recv(4096)
    length = int.from_bytes(received[3:5])
    assert received[:3] == b"\x16\x03\x03" and 5 + length <= len(received)
    assert received[5] == 1 and int.from_bytes(received[6:9]) == length - 4  # ClientHello, all of the record
    device.chip.expect(r"config: reverted", 300)
    device.reconnected(device.user_port)


def test_a_name_that_ends_in_local(device):
    """The chip asks by multicast DNS; a responder beside the broker answers."""
    with MulticastName(LOCAL_NAME, HOST) as responder:
        moves(device, LOCAL_NAME, device.user_port, LOCAL_NAME)
        assert responder.asked
    moves(device, HOST, device.user_port, HOST)


def test_another_authority_is_tried_and_taken_back(device):
    device.paste("mqtt ca", device.pki.pem("other"), r"ok, on trial\r*\n")
    device.chip.expect(r"tls\.unknown_authority", 60)
    device.chip.expect(r"config: reverted", 300)
    device.reconnected(device.user_port)


def test_a_certificate_of_its_own(device, record):
    device.pki.device(device.identity, "devices", device.request())
    since = len(device.reports.messages)
    device.set(mqtt__0__port=device.mutual_port, mqtt__0__user=None, mqtt__0__pass=None,
               mqtt__0__cert=device.pki.pem(device.identity))
    device.reports.wait_for(since, 120, state="kept")
    facts = device.facts()
    record("full: heap free on line, with a certificate of its own", facts["heap"])
    record("full: heap free at the lowest, with a certificate of its own", facts["heap_min"])


def test_an_encrypted_update(device):
    image, key = device.image(BASIC_1_1), encryption.new_key()
    file = encryption.encrypted(image, key, hashlib.sha256(image).digest())
    own = json.loads(device.broker.retained(f"{device.base}/status"))["enc"]
    enc = encryption.wrapped_for(key, **{device.identity: own})
    device.offer(device.signer.envelope(manifest(image, device.serve(file), enc=enc)))
    device.runs(BASIC_1_1, "b")
    device.reconnected(device.mutual_port)
    device.chip.expect(r"ota: confirmed", 120)
