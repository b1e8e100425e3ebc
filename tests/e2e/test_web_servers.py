"""Bad web servers, real sockets: one of them never ends an update that another could finish, and what they did is named."""

import gzip
import json
import time

import pytest

from pytest_esb.lab import Lab, wait_until
from on_line import Device
from releases import Releases
from signer import manifest
from web_servers import Rude, drip, send, serve_rest, start_of


@pytest.fixture(scope="module")
def device(request):
    with Lab() as lab:
        yield Device(lab, "steady-1.0.0")
        lab.keep = lab.keep or bool(request.session.testsfailed)
        if lab.keep:
            print(f"\nlogs and files are in {lab.folder}")


def offer(device: Device, image: bytes, *urls: str, **changes) -> int:
    return device.offer(device.signer.envelope(manifest(image, *urls, **changes)))


def expect_update(device: Device, image: bytes, *urls: str, patience: float = 60):
    """All of them run the same program, which calls itself 1.1.0: what was written tells them apart."""
    version = manifest(image)["ver"]
    since = offer(device, image, *urls)
    device.status.wait_for(since, patience, state="rebooting", ver=version)
    wait_until("the confirmation", lambda: any(m["state"] == "confirmed" for m in device.status.messages[since:]))
    assert version in [slot["ver"] for slot in device.chip.slots().values()]
    return device.status.messages[since:]


def flipped(image: bytes) -> bytes:
    at = len(image) // 2
    return image[:at] + bytes([image[at] ^ 1]) + image[at + 1:]


def send_without_end(connection, image: bytes):
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + image)
    while True:  # until the device hangs up
        connection.sendall(bytes(65536))


HTML = b"<html><body>Please log in</body></html>"
BAD = {
    "a captive portal": ("ota.size", lambda c, h, i: send(c, "200 OK", HTML, "Content-Type: text/html")),
    "one of the same size": ("ota.no_descriptor", lambda c, h, i: send(c, "200 OK", b"<" * len(i))),
    "a flipped byte": ("ota.hash", lambda c, h, i: serve_rest(c, h, flipped(i))),
    "403": ("http.status", lambda c, h, i: send(c, "403 Forbidden", HTML)),
    "502": ("http.status", lambda c, h, i: send(c, "502 Bad Gateway", HTML)),
    "gzip": ("http.encoded", lambda c, h, i: send(c, "200 OK", gzip.compress(i, 1), "Content-Encoding: gzip")),
    "a circle": ("http.redirects", lambda c, h, i: send(c, "302 Found", b"", "Location: ?a")),
    "to https": ("http.https", lambda c, h, i: send(c, "301 Moved", b"", "Location: https://example.com/i.img")),
    "a TLS port": ("http.tls", lambda c, h, i: c.sendall(b"\x15\x03\x01\x00\x02\x02\x46")),
    "ever new names": ("http.redirects", lambda c, h, i: send(c, "302 Found", b"", f"Location: {len(h)}/{time.time_ns()}")),
    "a head without end": ("http.header_too_large", lambda c, h, i: c.sendall(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000)),
    "garbage": ("http.malformed", lambda c, h, i: c.sendall(b"SSH-2.0-OpenSSH\r\n\r\n")),
}


@pytest.mark.parametrize("kind", BAD)
def test_another_address_is_asked(device, kind):
    error, answer = BAD[kind]
    image = Releases.next(device)
    bad = Rude(device.lab, lambda c, path, head, n: answer(c, head, image))
    reports = expect_update(device, image, bad.url(), device.serve(image))
    trouble = [m for m in reports if m["error"]]
    assert {m["error"] for m in trouble} == {error}
    assert all(m["state"] == "downloading" for m in trouble)
    assert trouble[0]["host"] == ("example.com" if kind == "to https" else "127.0.0.1")


def test_a_file_without_end_is_left_at_its_signed_size(device):
    """It begins with the right image: that is taken, or another address asked; what follows is nobody's."""
    image = Releases.next(device)
    bad = Rude(device.lab, lambda c, path, head, n: send_without_end(c, image))
    reports = expect_update(device, image, bad.url(), device.serve(image))
    assert {m["error"] for m in reports if m["error"]} <= {"ota.size"}
    assert len(bad.requests) == 1


def test_status_and_host_are_told(device):
    image = Releases.next(device)
    bad = Rude(device.lab, lambda c, path, head, n: send(c, "403 Forbidden", HTML))
    since = offer(device, image, bad.url())
    device.chip.expect(r"ota: downloading[^\r\n]*: 403 from 127\.0\.0\.1 \(http\.status\)")
    report = device.status.wait_for(since, state="failed", error="http.status", detail=403, host="127.0.0.1")
    assert "403 from 127.0.0.1" in report["why"]
    assert len(bad.requests) == 4


@pytest.mark.parametrize("where", ["head", "body"])
def test_a_byte_a_second_is_left_for_the_next(device, where):
    image = Releases.next(device)

    def slow(connection, path, head, number):
        if where == "head":
            return drip(connection, b"HTTP/1.1 200 OK\r\nX: " + b"y" * 200, 60)
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(image)}\r\n\r\n".encode())
        drip(connection, image, 60)

    started = time.monotonic()
    reports = expect_update(device, image, Rude(device.lab, slow).url(), device.serve(image), patience=90)
    assert any(m["error"] == "http.slow" for m in reports)
    assert time.monotonic() - started < 60


def test_a_server_that_recovers_is_enough(device):
    image = Releases.next(device)

    def answer(connection, path, head, number):
        if number == 1:
            return drip(connection, b"HTTP/1.1 200 OK\r\nX: " + b"y" * 200, 60)
        if number == 2:
            return time.sleep(25)  # says nothing
        serve_rest(connection, head, image)

    reports = expect_update(device, image, Rude(device.lab, answer).url(), patience=120)
    assert [m["error"] for m in reports if m["error"]] == ["http.slow", "http.silent"]


def test_a_little_by_each_connection(device):
    image = Releases.next(device)
    share = len(image) // 12
    server = Rude(device.lab, lambda c, path, head, n: serve_rest(c, head, image, share))
    expect_update(device, image, server.url(), patience=90)
    starts = [start_of(head) for _, head in server.requests]
    assert starts == sorted(starts) and len(starts) >= 12


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects(device, status):
    image = Releases.next(device)
    query = "X-Signature=" + "f" * 1900
    good = device.serve(image)

    def answer(connection, path, head, number):
        steps = {"/release/i.img": "../store/./a", "/store/a": "?" + query, f"/store/a?{query}": good + "#top"}
        send(connection, f"{status} Moved", b"x" * 5000, f"Location: {steps[path]}")

    server = Rude(device.lab, answer)
    expect_update(device, image, server.url("/release/i.img"))
    assert len(server.requests) == 3


def test_chunks(device):
    image = Releases.next(device)

    def answer(connection, path, head, number):
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for at in range(0, len(image), 50_000):
            piece = image[at:at + 50_000]
            connection.sendall(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        connection.sendall(b"0\r\n\r\n")

    expect_update(device, image, Rude(device.lab, answer).url())


@pytest.mark.parametrize("tag", ['ETag: "%s"', 'ETag: W/"%s"', "Last-Modified: %s", "X: %s"])
def test_a_file_replaced_between_two_connections(device, tag):
    image = Releases.next(device)
    other = image[:8192] + bytes(b ^ 0x55 for b in image[8192:-32]) + image[-32:]

    def answer(connection, path, head, number):
        version = tag % ("1" if number == 1 else "2")
        if 'If-Range: "1"' in head and number > 1:
            return send(connection, "200 OK", image, version)
        serve_rest(connection, head, other if number == 1 else image, len(image) // 2 if number == 1 else None, version)

    server = Rude(device.lab, answer)
    expect_update(device, image, server.url())
    assert ("If-Range" in server.requests[1][1]) == tag.startswith('ETag: "')


def test_a_url_of_two_thousand_bytes(device):
    image = Releases.next(device)
    expect_update(device, image, device.serve(image) + "?" + "q" * 2048)


def test_only_hosts_of_the_list(device):
    image = Releases.next(device)
    url = device.serve(image)
    device.chip.ask("config set ota.hosts *.example.com", r"ok\r*\n")
    assert device.status.wait_for(offer(device, image, url), state="failed")["error"] == "ota.host"
    device.publish("config", json.dumps({"ota.hosts": ""}))
    device.chip.ask("config get ota.hosts", r"ota\.hosts = [^\r\n]*example\.com")
    device.chip.ask('config set ota.hosts "127.0.0.1 *.example.com"', r"ok\r*\n")
    away = Rude(device.lab, lambda c, path, head, n: send(c, "302 Found", b"", "Location: http://localhost:1/x"))
    since = offer(device, image, away.url(), note="1")
    report = device.status.wait_for(since, error="ota.host")
    assert report["host"] == "localhost"
    device.status.wait_for(since, state="failed")
    expect_update(device, image, url)


@pytest.mark.parametrize("host", ["127.1", "0x7f000001", "2130706433", "127.0.0.01", "0.0.0.0", "0x7f.1"])
def test_numbers_that_are_no_addresses(device, host):
    image = Releases.next(device)
    since = offer(device, image, f"http://{host}:{device.web.port}/x")
    assert device.status.wait_for(since, state="failed")["error"] == "url.host"


def test_power_cycles_do_not_begin_all_over_again(device):
    image = Releases.next(device)
    server = Rude(device.lab, lambda c, path, head, n: serve_rest(c, head, flipped(image)))
    envelope = device.signer.envelope(manifest(image, server.url()))
    since = len(device.status.messages)
    device.publish("ota", envelope, "-r")
    device.status.wait_for(since, state="failed", error="ota.hash")
    assert len(server.requests) == 2
    for expected in ("ota.hash", "ota.given_up", "ota.given_up"):
        since = len(device.status.messages)
        device.chip.power_off()
        device.chip.power_on()
        device.status.wait_for(since, state="failed", error=expected)
    assert len(server.requests) == 4
    device.chip.ask("ota retry", r"forgotten[^\r\n]*\r*\n")
    since = device.offer(envelope)
    device.status.wait_for(since, state="downloading")
    device.clear_retained("ota")
