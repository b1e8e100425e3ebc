"""`esb verify` and detached signatures, against independent judges: what `jose` (node) and jwcrypto (Debian) say of a signature
is what `esb verify` says, also of changed ones."""

import json
import pathlib
import subprocess
import sys

import pytest
from jwcrypto import jwk, jws

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import npm  # noqa: E402
from pytest_esb.lab import PATIENCE, Lab  # noqa: E402
from signer import b64  # noqa: E402

HERE = pathlib.Path(__file__).parent / "jose"


class Bench:
    """A signed update, whole and as a detached signature."""

    def __init__(self, lab: Lab):
        self.lab = lab
        self.key = lab.products.key
        self.jwk = pathlib.Path(f"{self.key}.pub.jwk")
        self.image = lab.folder / "basic.img"
        self.image.write_bytes(lab.products.basic_1_1.read_bytes())
        self.envelope, self.manifest, self.signature = (lab.folder / name for name in ("e.jws", "manifest.json", "sig"))
        words = ["sign", "--key", self.key, "--image", self.image, "--url", "http://files.example/basic.img"]
        lab.esb(*words, "-o", self.envelope)
        lab.esb(*words, "--detached", self.manifest, "-o", self.signature)

    def verify(self, *words) -> subprocess.CompletedProcess:
        return subprocess.run([self.lab.products.esb, "verify", *words, "--trust", self.jwk], capture_output=True, text=True,
                              timeout=PATIENCE)


@pytest.fixture(scope="module")
def bench():
    with Lab() as lab:
        yield Bench(lab)


def judge_with_jwcrypto(bench: Bench, compact: str) -> bool:
    token = jws.JWS()
    token.deserialize(compact)
    try:
        token.verify(jwk.JWK.from_json(bench.jwk.read_text()), alg="ES256")
    except jws.InvalidJWSSignature:
        return False
    return True


def judge_with_jose(bench: Bench, compact: str) -> bool:
    folder = npm.install(HERE, "jose")
    (folder / "jose.mjs").write_text((HERE / "jose.mjs").read_text())
    request = {"text": "", "verify": compact, "jwk": json.loads(bench.jwk.read_text())}
    done = subprocess.run([npm.NODE, folder / "jose.mjs"], input=json.dumps(request), capture_output=True, text=True,
                          timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


JUDGES = {"jwcrypto": judge_with_jwcrypto, "jose": judge_with_jose}


def bent(compact: str):
    """The same with something changed: payload, signature, another signature."""
    header, payload, signature = compact.split(".")
    yield f"{header}.{b64(b'{}')}.{signature}"
    yield f"{header}.{payload}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"
    yield f"{header}.{payload}.{b64(bytes(64))}"


@pytest.mark.parametrize("judge", JUDGES)
def test_others_say_the_same_of_an_envelope(bench, judge):
    whole = bench.envelope.read_text().strip()
    assert JUDGES[judge](bench, whole)
    assert bench.verify(bench.envelope, "--image", bench.image).returncode == 0
    for changed in bent(whole):
        assert not JUDGES[judge](bench, changed)
        (bench.lab.folder / "changed").write_text(changed)
        done = bench.verify(bench.lab.folder / "changed")
        assert done.returncode == 1
        assert "(crypto.bad_signature)" in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.parametrize("judge", JUDGES)
def test_a_detached_signature_is_one_for_others_too(bench, judge):
    header, nothing, signature = bench.signature.read_text().strip().split(".")
    assert nothing == ""
    payload = bench.manifest.read_bytes()
    assert JUDGES[judge](bench, f"{header}.{b64(payload)}.{signature}")
    assert json.loads(payload)["size"] == bench.image.stat().st_size
    joined = bench.lab.folder / "joined"
    assert bench.verify(bench.signature, "--payload", bench.manifest, "-o", joined).returncode == 0
    assert joined.read_text() == bench.envelope.read_text(), "signatures are deterministic (RFC 6979)"


def test_another_image_is_named(bench):
    other = bench.lab.folder / "other.img"
    other.write_bytes(bench.lab.products.basic_1_0.read_bytes())
    done = bench.verify(bench.envelope, "--image", other)
    assert done.returncode == 1
    assert "(ota.size)" in done.stderr or "(ota.hash)" in done.stderr
