"""Everything that can be built in: brokers known by a certificate, and an update that is encrypted for the device."""

import hashlib
import json

import encryption
import pytest

from certified import Certified
from emulated_chip import HOST
from idf_build import BASIC_1_0, BASIC_1_1, FULL, IdfBuild
from on_chip import ChipDevice
from on_line import Topic
from signer import manifest


class CertifiedChip(Certified, ChipDevice):
    host = HOST
    names = f"IP:{HOST}"


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
