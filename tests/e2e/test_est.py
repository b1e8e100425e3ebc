"""`esb ca serve`: EST (RFC 7030) with curl as the device and openssl as the judge."""

import base64
import contextlib
import socket
import ssl
import subprocess
import time

import pytest

from pytest_esb.lab import Lab, StepFailed, free_ports, port_answers, wait_until

SUBJECT = "ESP-AABBCC"


class Est:
    def __init__(self, lab: Lab):
        self.lab = lab
        (self.port,) = free_ports(1)
        lab.esb("ca", "init", "ca")
        self.ca = lab.folder / "ca"
        self.log = lab.logs / "est.out"
        self.process = subprocess.Popen([lab.products.esb, "ca", "serve", "ca", "--port", str(self.port)],
                                        cwd=lab.folder,
                                        env=lab.environment, stdout=open(self.log, "wb"), stderr=subprocess.STDOUT)
        lab.keep_track(self)

        def up():
            if self.process.poll() is not None:
                raise StepFailed(self.log.read_text())
            return port_answers(self.port)

        wait_until("EST listens", up)

    def stop(self):
        self.process.terminate()
        assert self.process.wait(15) == 0

    def curl(self, what: str, *more, stdin: bytes = b"") -> tuple[int, bytes]:
        """The status and the body."""
        out = self.lab.folder / "answer"
        out.write_bytes(b"")
        done = subprocess.run(["curl", "-sS", "--cacert", self.ca / "ca.crt", "-o", out, "-w", "%{http_code}",
                               *map(str, more),
                               f"https://localhost:{self.port}/.well-known/est/{what}"], input=stdin,
                              capture_output=True,
                              timeout=30)
        return int(done.stdout or b"0"), out.read_bytes()

    def request(self, name: str, subject: str = SUBJECT, key: str | None = None) -> bytes:
        folder = self.lab.folder
        if not key:
            key = name
            openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out",
                    folder / f"{name}.key")
        der = openssl("req", "-new", "-key", folder / f"{key}.key", "-subj", f"/CN={subject}", "-outform", "DER")
        return base64.encodebytes(der)

    def enroll(self, what: str, body: bytes, *more) -> tuple[int, bytes]:
        return self.curl(what, "-H", "Content-Type: application/pkcs10", "--data-binary", "@-", *more, stdin=body)

    def issue(self, name: str, subject: str = SUBJECT, ca: str = "ca"):
        """Signed at the authority's terminal; the words for curl."""
        (self.lab.folder / f"{name}.csr").write_bytes(base64.decodebytes(self.request(name, subject)))
        self.lab.esb("ca", "issue", "device", ca, f"{name}.csr", "-o", f"{name}.crt")
        return self.as_device(name)

    def as_device(self, name: str):
        return ["--cert", self.lab.folder / f"{name}.crt", "--key", self.lab.folder / f"{name}.key"]

    def take(self, name: str, answer: bytes):
        """The certificate of an answer, checked, in NAME.crt."""
        p7 = self.lab.folder / "answer.p7"
        p7.write_bytes(base64.decodebytes(answer))
        pem = openssl("pkcs7", "-inform", "DER", "-in", p7, "-print_certs")
        crt = self.lab.folder / f"{name}.crt"
        crt.write_bytes(pem)
        assert pem.count(b"BEGIN CERTIFICATE") == 1
        openssl("verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", self.ca / "ca.crt", "-CRLfile",
                self.ca / "crl.pem", "-crl_check", crt)
        return crt

    def count(self) -> int:
        return len(self.lab.esb_json("ca", "list", "ca"))


def openssl(*arguments) -> bytes:
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return done.stdout


def public(kind: str, file) -> bytes:
    return openssl(kind, "-in", file, *(["-pubout"] if kind == "pkey" else ["-noout", "-pubkey"]))


@pytest.fixture(scope="module")
def est():
    with Lab() as lab:
        yield Est(lab)


def test_the_authoritys_certificate_can_be_fetched(est):
    status, body = est.curl("cacerts")
    assert status == 200
    p7 = est.lab.folder / "cacerts.p7"
    p7.write_bytes(base64.decodebytes(body))
    pem = openssl("pkcs7", "-inform", "DER", "-in", p7, "-print_certs")
    (est.lab.folder / "fetched.crt").write_bytes(pem)
    same = [openssl("x509", "-in", f, "-outform", "DER") for f in (est.lab.folder / "fetched.crt", est.ca / "ca.crt")]
    assert same[0] == same[1]


def test_an_invited_device_gets_its_first_certificate_and_renews_it(est):
    secret = est.lab.esb("ca", "invite", "ca", SUBJECT, quiet=True).stdout.strip()
    basic = ["-u", f"{SUBJECT}:{secret}"]
    body = est.request("first")
    status, answer = est.enroll("simpleenroll", body, *basic)
    assert status == 200
    crt = est.take("first", answer)
    assert public("x509", crt) == public("pkey", est.lab.folder / "first.key")
    assert est.enroll("simpleenroll", body, *basic) == (200, answer)  # the answer was lost
    assert est.enroll("simpleenroll", est.request("other"), *basic)[0] == 401

    status, answer = est.enroll("simplereenroll", est.request("second"), *est.as_device("first"))
    assert status == 200
    crt = est.take("second", answer)
    assert public("x509", crt) == public("pkey", est.lab.folder / "second.key")
    # The old one is good until it ends; the new one can renew itself.
    for name in ("first", "second"):
        assert est.enroll("simplereenroll", est.request(f"third-{name}"), *est.as_device(name))[0] == 200
    assert f"signed {SUBJECT}, serial" in est.log.read_text()


def test_a_renewal_is_for_nobody_else(est):
    mine = est.issue("mine", "ESP-MINE")
    count = est.count()
    assert est.enroll("simplereenroll", est.request("theirs", "ESP-THEIRS"), *mine)[0] == 403
    assert est.enroll("simplereenroll", est.request("nobody"))[0] == 403
    assert est.enroll("simpleenroll", est.request("nobody"))[0] == 401
    assert est.enroll("simpleenroll", est.request("nobody"), "-u", f"{SUBJECT}:{'0' * 32}")[0] == 401
    assert est.count() == count


def test_a_revoked_certificate_renews_nothing(est):
    revoked = est.issue("revoked", "ESP-REVOKED")
    est.lab.esb("ca", "revoke", "ca", "ESP-REVOKED")
    status, words = est.enroll("simplereenroll", est.request("again", "ESP-REVOKED"), *revoked)
    assert status == 403 and b"revoked" in words


def test_certificates_of_others_are_worth_nothing(est):
    """Of another authority, of a server, of an operator."""
    est.lab.esb("ca", "init", "other")
    foreign = est.issue("foreign", SUBJECT, "other")
    est.lab.esb("ca", "issue", "server", "ca", "--name", SUBJECT, "--out", "server")
    est.lab.esb("ca", "issue", "operator", "ca", "--out", "operator")
    count = est.count()
    for words in (foreign, est.as_device("server"), est.as_device("operator")):
        for what in ("simpleenroll", "simplereenroll"):
            assert est.enroll(what, est.request("wanted"), *words)[0] in (401, 403)
    assert est.count() == count


@pytest.mark.parametrize("status, what, more", [
    (404, "csrattrs", []), (404, "../../index", ["--path-as-is"]), (405, "simpleenroll", []),
    (405, "cacerts", ["--data-binary", "x"]), (405, "cacerts", ["-X", "DELETE"]),
    (415, "simpleenroll", ["--data-binary", "x"]),
    (413, "simpleenroll", ["-H", "Expect:", "--data-binary", "x" * 9000]),
    (501, "simpleenroll", ["-H", "Transfer-Encoding: chunked", "--data-binary", "x"]),
    (431, "cacerts", ["-H", "X: " + "x" * 5000]),
    (400, "simpleenroll", ["-H", "Content-Type: application/pkcs10", "-u", "a:b", "--data-binary", "x"]),
    (400, "simpleenroll", ["-H", "Content-Type: application/pkcs10", "-u", "a:b", "--data-binary", "AAAA"]),
])
def test_what_is_not_est_has_its_status(est, status, what, more):
    assert est.curl(what, *more)[0] == status


def test_older_tls_and_plain_text_are_not_spoken(est):
    for version in ("1.0", "1.1"):
        assert est.curl("cacerts", "--tls-max", version)[0] == 0
    with socket.create_connection(("127.0.0.1", est.port), 5) as plain:
        plain.settimeout(15)
        plain.sendall(b"GET /.well-known/est/cacerts HTTP/1.1\r\nHost: x\r\n\r\n")
        with contextlib.suppress(ConnectionResetError):
            assert not plain.recv(4096).startswith(b"HTTP")


def test_who_is_slow_is_cut_off_and_too_many_are_turned_away(est):
    context = ssl.create_default_context(cafile=est.ca / "ca.crt")
    begun = time.monotonic()
    silent = [socket.create_connection(("127.0.0.1", est.port), 5) for _ in range(7)]
    dripping = context.wrap_socket(socket.create_connection(("127.0.0.1", est.port), 5), server_hostname="localhost")
    time.sleep(0.5)
    with socket.create_connection(("127.0.0.1", est.port), 5) as ninth:
        ninth.settimeout(5)
        assert ninth.recv(1) == b""  # at once
    assert time.monotonic() - begun < 8
    try:
        while time.monotonic() - begun < 20:
            dripping.sendall(b"x")
            time.sleep(0.25)
    except OSError:
        pass
    assert 9 < time.monotonic() - begun < 14
    for one in (*silent, dripping):
        one.close()
    wait_until("there is room again", lambda: est.curl("cacerts")[0] == 200)


def test_two_at_once_and_one_at_the_terminal(est):
    words = [est.issue(f"crowd{i}", f"ESP-CROWD{i}") for i in range(4)]
    bodies = [est.request(f"next{i}", f"ESP-CROWD{i}") for i in range(4)]
    for i, body in enumerate(bodies):
        (est.lab.folder / f"body{i}").write_bytes(body)
    count = est.count()
    runs = [subprocess.Popen(["curl", "-sS", "--cacert", est.ca / "ca.crt", "-f", "-o", "/dev/null", "-H",
                              "Content-Type: application/pkcs10", "--data-binary", f"@{est.lab.folder}/body{i}",
                              *map(str, w),
                              f"https://localhost:{est.port}/.well-known/est/simplereenroll"])
            for i, w in enumerate(words)]
    est.lab.esb("ca", "issue", "operator", "ca", "--out", "meanwhile")
    assert [run.wait(30) for run in runs] == [0] * 4
    assert est.count() == count + 5
