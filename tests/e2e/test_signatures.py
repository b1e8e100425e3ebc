"""Updates, commands and key sets that independent libraries have signed are taken: `jose` (node) and jwcrypto (Debian). What they
make of the tricks of RFC 8725 is not. tests/unit/ota/forgery_test.cpp has many thousand more of those."""

import json
import os
import pathlib
import subprocess
import sys

import pytest
from jwcrypto import jwk, jws
from jwcrypto.common import json_encode

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import npm  # noqa: E402
from cryptography.hazmat.primitives import serialization  # noqa: E402
from pytest_esb.lab import PATIENCE, Lab  # noqa: E402
from on_line import Device  # noqa: E402
from releases import Releases  # noqa: E402
from signer import Signer, b64, compact, manifest  # noqa: E402

HERE = pathlib.Path(__file__).parent / "jose"


@pytest.fixture(scope="module")
def device(request):
    with Lab() as lab:
        yield Device(lab, "steady-1.0.0")
        lab.keep = lab.keep or bool(request.session.testsfailed)
        if lab.keep:
            print(f"\nlogs and files are in {lab.folder}")


def pem(signer: Signer) -> bytes:
    return signer.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                    serialization.NoEncryption())


def sign_with_jwcrypto(signer: Signer, header: dict, text: str) -> str:
    token = jws.JWS(text.encode())
    token.add_signature(jwk.JWK.from_pem(pem(signer)), None, json_encode(header), None)
    return token.serialize(compact=True)


def sign_with_jose(signer: Signer, header: dict, text: str) -> str:
    folder = npm.install(HERE, "jose")
    (folder / "jose.mjs").write_text((HERE / "jose.mjs").read_text())
    request = {"pem": pem(signer).decode(), "header": header, "text": text}
    done = subprocess.run([npm.NODE, folder / "jose.mjs"], input=json.dumps(request), capture_output=True, text=True,
                          timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    return done.stdout


PEERS = {"jwcrypto": sign_with_jwcrypto, "jose": sign_with_jose}


@pytest.mark.parametrize("peer", PEERS)
def test_updates_and_commands_of_others_are_taken(device, peer):
    sign = PEERS[peer]
    image = Releases.next(device)
    order = manifest(image, device.serve(image))
    since = device.offer(sign(device.signer, device.signer.header(), json.dumps(order)))
    device.status.wait_for(since, 60, state="rebooting", ver=order["ver"])
    device.chip.expect(r"ota: confirmed")
    device.status.wait_for(since, state="confirmed")
    counter = 1 + list(PEERS).index(peer)
    header = device.signer.header(typ="esb-command")
    since = device.offer(sign(device.signer, header, json.dumps({"cmd": "cancel", "ctr": counter})))
    device.require_on_line()
    again = device.offer(sign(device.signer, header, json.dumps({"cmd": "cancel", "ctr": counter, "x": 1})))
    assert device.status.wait_for(again, state="failed")["error"] == "ota.counter", "the first one was obeyed"


def forgeries(device: Device, image: bytes):
    signer, stranger = device.signer, Signer()
    text = json.dumps(manifest(image, device.serve(image)))
    body = b64(text.encode())
    public = jwk.JWK.from_pem(signer.public_pem())
    for alg in ("HS256", "HS384", "HS512"):
        for secret in (signer.public_pem(), public.export_public().encode(), f"{b64(signer.x)}.{b64(signer.y)}".encode()):
            token = jws.JWS(text.encode())
            token.allowed_algs = ["HS256", "HS384", "HS512"]
            key = jwk.JWK(kty="oct", k=b64(secret))
            token.add_signature(key, None, json_encode(signer.header(alg=alg)), None)
            yield f"{alg} with the public key", token.serialize(compact=True)
    for alg in ("none", "None", "NONE", "nOnE"):
        yield f"alg {alg}", f"{b64(compact(signer.header(alg=alg)))}.{body}."
    for curve, alg in (("P-384", "ES384"), ("P-521", "ES512"), ("secp256k1", "ES256K")):
        token = jws.JWS(text.encode())
        token.allowed_algs = [alg]
        token.add_signature(jwk.JWK.generate(kty="EC", crv=curve), None, json_encode(signer.header(alg=alg)), None)
        yield alg, token.serialize(compact=True)
    for alg in ("RS256", "PS256"):
        token = jws.JWS(text.encode())
        token.add_signature(jwk.JWK.generate(kty="RSA", size=2048), None, json_encode(signer.header(alg=alg)), None)
        yield alg, token.serialize(compact=True)
    token = jws.JWS(text.encode())
    token.add_signature(jwk.JWK.generate(kty="OKP", crv="Ed25519"), "EdDSA", json_encode(signer.header(alg="EdDSA")), None)
    yield "EdDSA", token.serialize(compact=True)
    own = json.loads(jwk.JWK.from_pem(stranger.public_pem()).export_public())
    for more in ({"jwk": own}, {"jku": "http://127.0.0.1/keys"}, {"x5u": "http://127.0.0.1/c"}, {"x5c": ["MIIB"]},
                 {"crit": ["exp"], "exp": 1}, {"b64": False, "crit": ["b64"]}):
        for by in (stranger, signer):
            for kid in (stranger.kid, signer.kid):
                yield f"{more}", by.envelope(text.encode(), **more, kid=kid)
    yield "a stranger", stranger.envelope(text.encode())
    yield "a stranger as the signer", stranger.envelope(text.encode(), kid=signer.kid)
    yield "DER", signer.envelope(text.encode(), sign=signer.der_signature)
    yield "HMAC under ES256", signer.envelope(text.encode(), sign=signer.hmac)
    for number in (b"\0" * 64, b"\xff" * 64):
        yield "numbers", signer.envelope(text.encode(), sign=lambda _, number=number: number)


def test_what_libraries_forge_is_refused(device, capsys):
    before = device.running()
    image = Releases.next(device)
    cases = list(forgeries(device, image))
    for name, text in cases:
        report = device.status.wait_for(device.offer(text), state="failed")
        assert report["error"].startswith(("envelope.", "key.", "crypto.")), (name, report)
    assert device.running() == before
    with capsys.disabled():
        print(f"\n{len(cases)} forged by others' libraries, 0 accepted")
    if tally := os.environ.get("ESB_TALLY"):
        with open(tally, "a", encoding="utf-8") as file:
            file.write(f"tests\tforgeries\t{len(cases)}\ttest_signatures\t\n")
