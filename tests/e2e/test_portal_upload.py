"""A signed image from a browser, over real sockets, to a device that has no broker yet."""

import contextlib
import json
import pathlib
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from pytest_esb.lab import Lab, sha256, wait_until  # noqa: E402
from portal_attacks import HOST, PortalChip  # noqa: E402

OCTETS = "application/octet-stream"


@pytest.fixture(scope="module")
def lab():
    with Lab() as lab:
        yield lab


@pytest.fixture(scope="module")
def portal(lab):
    return PortalChip(lab, lab.products.basic_1_0)


@pytest.fixture(scope="module")
def bundle(lab) -> bytes:
    file = lab.folder / "basic-1.1.0.esb"
    lab.esb("sign", "--key", lab.products.key, "--image", lab.products.basic_1_1, "--url", "http://nowhere.invalid/",
            "--bundle", file)
    return file.read_bytes()


def head(size: int) -> bytes:
    return (f"POST /api/update HTTP/1.1\r\nHost: {HOST}\r\nX-ESB: 1\r\nContent-Type: {OCTETS}\r\n"
            f"Content-Length: {size}\r\n\r\n").encode()


def update(portal) -> dict:
    return portal.target.state()["update"]


def wait_for_error(portal, error: str):
    wait_until(f"the upload ends with {error}", lambda: update(portal)["error"] == error)
    assert update(portal)["state"] == "failed"
    assert portal.target.state()["about"]["ver"] == "1.0.0"


def test_without_our_header_nothing_is_taken(portal, bundle):
    raw = head(len(bundle)).replace(b"X-ESB: 1\r\n", b"")
    assert portal.target.exchange(raw + bundle[:1000]).status == 403
    assert update(portal)["state"] == "idle"


@pytest.mark.parametrize("where, error", [(10, "envelope.malformed"), (400, "crypto.bad_signature")])
def test_a_changed_envelope_is_refused(portal, bundle, where, error):
    changed = bytearray(bundle)
    changed[where] = ord("!") if error == "envelope.malformed" else ord("A") if changed[where] != ord("A") else ord("B")
    reply = portal.target.exchange(head(len(changed)) + bytes(changed[:4000]))
    assert reply.status == 422 and json.loads(reply.body)["error"] == error
    wait_for_error(portal, error)


def test_a_wrong_length_is_refused(portal, bundle):
    reply = portal.target.exchange(head(len(bundle) + 1) + bundle[:4000])
    assert reply.status == 422 and json.loads(reply.body)["error"] == "ota.size"


def test_a_lost_connection_leaves_the_old_firmware(portal, bundle):
    with portal.target.connect() as client:
        client.sendall(head(len(bundle)) + bundle[:len(bundle) // 2])
        wait_until("half of it has come", lambda: update(portal)["done"] > len(bundle) // 4)
        assert update(portal)["state"] == "downloading"
        second = portal.target.exchange(head(len(bundle)) + bundle[:100])
        assert second.status == 503 or second.status == 409, "one upload at a time"
    wait_for_error(portal, "ota.upload_lost")


def test_a_changed_image_is_refused_by_its_hash(portal, bundle):
    changed = bundle[:-5000] + bytes([bundle[-5000] ^ 1]) + bundle[-4999:]
    assert portal.target.exchange(head(len(changed)) + changed).status == 202
    wait_for_error(portal, "ota.hash")


def test_the_good_one_runs_after_the_trial(lab, bundle):
    fresh = PortalChip(lab, lab.products.basic_1_0)  # the other has just refused this image's manifest: too soon
    begun = time.monotonic()
    assert fresh.target.exchange(head(len(bundle)) + bundle).status == 202

    def new_version() -> bool:
        with contextlib.suppress(OSError, AssertionError):
            state = fresh.target.state()
            if state["update"]["state"] == "trial":
                fresh.target.post("/api/settings")  # as the page does
            return state["about"]["ver"] == "1.1.0" and state["update"]["state"] == "confirmed"
        return False

    wait_until("the new firmware runs and is confirmed by its page", new_version)
    assert time.monotonic() - begun < 30
    assert sha256(fresh.chip.running_program()) == sha256(lab.products.basic_1_1.read_bytes())
