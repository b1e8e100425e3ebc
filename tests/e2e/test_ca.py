"""`esb ca` as others see it: every certificate, list and refusal judged by openssl."""

import itertools
import os
import shutil
import subprocess

import pytest

from pytest_esb.lab import Lab


def openssl(*arguments, check=True, stdin=None) -> subprocess.CompletedProcess:
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, input=stdin, timeout=60)
    assert done.returncode == 0 or not check, done.stderr
    return done


@pytest.fixture(scope="module")
def lab():
    with Lab() as lab:
        lab.esb("ca", "init", "ca")
        yield lab


def request(lab, name: str, *, subject="/CN=ESP-AABBCC", key=("ec", "ec_paramgen_curve:P-256"), digest="-sha256"):
    csr = lab.folder / f"{name}.csr"
    openssl("req", "-new", "-newkey", key[0], "-pkeyopt", key[1], "-nodes", "-keyout", lab.folder / f"{name}.key",
            "-subj",
            subject, digest, "-out", csr)
    return csr


def verify(lab, file, *more, ca="ca") -> bool:
    """Strictly, with the list of what was revoked."""
    done = openssl("verify", "-x509_strict", "-CAfile", lab.folder / ca / "ca.crt", "-CRLfile",
                   lab.folder / ca / "crl.pem",
                   "-crl_check", *more, lab.folder / file, check=False)
    return done.returncode == 0


def text_of(lab, file) -> str:
    return openssl("x509", "-in", lab.folder / file, "-text", "-noout").stdout


def test_the_authority_signs_one_level_and_lists(lab):
    text = text_of(lab, "ca/ca.crt")
    for words in ("Version: 3", "ecdsa-with-SHA256", "CA:TRUE, pathlen:0", "Certificate Sign, CRL Sign",
                  "NIST CURVE: P-256"):
        assert words in text
    assert "Extended Key Usage" not in text
    assert verify(lab, "ca/ca.crt")


def test_a_servers_certificate_is_for_its_names_and_for_nothing_else(lab):
    lab.esb("ca", "issue", "server", "ca", "--name", "broker.local", "--ip", "127.0.0.1", "--ip", "fd00::1", "--out",
            "server")
    assert (lab.folder / "server.key").stat().st_mode & 0o777 == 0o600
    for good in (["-verify_hostname", "broker.local"], ["-verify_ip", "127.0.0.1"], ["-verify_ip", "fd00::1"]):
        assert verify(lab, "server.crt", "-purpose", "sslserver", *good)
    assert not verify(lab, "server.crt", "-verify_hostname", "other.local")
    assert not verify(lab, "server.crt", "-purpose", "sslclient")
    text = text_of(lab, "server.crt")
    assert "CA:FALSE" in text and "TLS Web Server Authentication" in text and "Digital Signature" in text
    public = openssl("x509", "-in", lab.folder / "server.crt", "-noout", "-pubkey").stdout
    assert public == openssl("pkey", "-in", lab.folder / "server.key", "-pubout").stdout


def test_a_devices_certificate_is_for_the_key_and_the_subject_of_its_request(lab):
    csr = request(lab, "device")
    lab.esb("ca", "issue", "device", "ca", csr, "-o", "device.crt")
    assert verify(lab, "device.crt", "-purpose", "sslclient") and not verify(lab, "device.crt", "-purpose", "sslserver")
    assert openssl("x509", "-in", lab.folder / "device.crt", "-noout", "-subject").stdout == "subject=CN = ESP-AABBCC\n"
    public = openssl("x509", "-in", lab.folder / "device.crt", "-noout", "-pubkey").stdout
    assert public == openssl("req", "-in", csr, "-noout", "-pubkey").stdout


def test_a_request_may_stand_amid_what_a_console_prints(lab):
    log = "I (311) boot\r\n> mqtt csr\r\n" + request(lab, "console").read_text().replace("\n", "\r\n") + "ok\r\n> "
    done = lab.esb("ca", "issue", "device", "ca", "-", stdin=log)
    assert done.stdout.startswith("-----BEGIN CERTIFICATE-----\n") and "ESP-AABBCC, serial" in done.stderr


@pytest.mark.parametrize("why, more", [
    ("P-256", {"key": ("rsa", "rsa_keygen_bits:2048")}),
    ("P-256", {"key": ("ec", "ec_paramgen_curve:P-384")}),
    ("SHA-256", {"digest": "-sha384"}),
    ("SHA-256", {"digest": "-sha1"}),
    ("CN=<identity> and nothing else", {"subject": "/O=Acme/CN=ESP-1"}),
    ("CN=<identity> and nothing else", {"subject": "/CN=ESP-1/O=Acme"}),
    ("CN=<identity> and nothing else", {"subject": "/O=ESP-1"}),
    ("not an identity", {"subject": "/CN=esb.operator"}),
    ("not an identity", {"subject": "/CN=broker.local"}),
])
def test_a_request_that_is_not_a_devices_is_refused(lab, why, more):
    count = len(lab.esb_json("ca", "list", "ca"))
    done = lab.esb("ca", "issue", "device", "ca", request(lab, "bad", **more), check=False)
    assert done.returncode == 1 and why in done.stderr and done.stdout == ""
    assert len(lab.esb_json("ca", "list", "ca")) == count


def test_a_request_that_somebody_has_changed_is_refused(lab):
    csr = request(lab, "changed")
    der = bytearray(subprocess.run(["openssl", "req", "-in", csr, "-outform", "DER"], capture_output=True,
                                   check=True).stdout)
    refused = 0
    for at in range(len(der)):
        der[at] ^= 1
        (lab.folder / "flipped.der").write_bytes(der)
        der[at] ^= 1
        done = lab.esb("ca", "issue", "device", "ca", "flipped.der", "-o", "flipped.crt", check=False, quiet=True)
        assert done.returncode == 1, at
        refused += 1
    assert refused == len(der) and not (lab.folder / "flipped.crt").exists()


def test_what_is_revoked_is_on_the_list_at_once_and_stays(lab):
    for name in ("one", "two", "three"):
        lab.esb("ca", "issue", "device", "ca", request(lab, name, subject=f"/CN=ESP-{name}"), "-o", f"{name}.crt")
    serial = next(c["serial"] for c in lab.esb_json("ca", "list", "ca") if c["subject"] == "ESP-one")
    assert verify(lab, "one.crt")
    lab.esb("ca", "revoke", "ca", serial)
    lab.esb("ca", "revoke", "ca", "ESP-two")
    assert not verify(lab, "one.crt") and not verify(lab, "two.crt") and verify(lab, "three.crt")
    listed = openssl("crl", "-in", lab.folder / "ca/crl.pem", "-CAfile", lab.folder / "ca/ca.crt", "-text", "-noout")
    assert "verify OK" in listed.stderr and listed.stdout.count("Serial Number") == 2
    assert serial.upper() in listed.stdout
    again = lab.esb("ca", "revoke", "ca", "ESP-two", check=False)
    assert again.returncode == 1 and "no good certificate" in again.stderr


def test_a_broker_that_could_not_be_told_is_a_failure_of_what_is_done_all_the_same(lab):
    lab.esb("ca", "init", "told")
    lab.esb("ca", "issue", "server", "told", "--name", "broker.local", "--out", "untold")
    (lab.folder / "told" / "brokers").write_text(str(lab.folder / "nowhere") + "\n")
    for more in ((), ("--json",)):
        done = lab.esb("ca", "revoke", "told", "broker.local", *more, check=False)
        assert done.returncode == 1
        assert "revoked" in done.stdout
        assert "a broker was not told" in done.stderr
        lab.esb("ca", "issue", "server", "told", "--name", "broker.local", "--out", f"untold{len(more)}")
    for out, why in (("renewed.crt", "not every broker knows"), ("no/such/folder.crt", "no/such")):
        done = lab.esb("ca", "renew", "told", "broker.local", "-o", out, check=False)
        assert done.returncode == 1
        assert "a broker was not told" in done.stderr and why in done.stderr
    assert (lab.folder / "renewed.crt").exists()


def test_a_renewed_certificate_has_the_same_key_and_names(lab):
    lab.esb("ca", "issue", "server", "ca", "--name", "web.local", "--ip", "127.0.0.2", "--out", "web")
    lab.esb("ca", "renew", "ca", "web.local", "-o", "web2.crt")
    assert verify(lab, "web2.crt", "-purpose", "sslserver", "-verify_hostname", "web.local")
    assert verify(lab, "web2.crt", "-verify_ip", "127.0.0.2")
    for what in ("-pubkey", "-subject"):
        first, second = (openssl("x509", "-in", lab.folder / f, "-noout", what).stdout for f in ("web.crt", "web2.crt"))
        assert first == second
    first, second = (openssl("x509", "-in", lab.folder / f, "-noout", "-serial").stdout for f in ("web.crt",
                                                                                                  "web2.crt"))
    assert first != second


def test_another_authoritys_certificates_are_worth_nothing_here(lab):
    lab.esb("ca", "init", "other")
    lab.esb("ca", "issue", "operator", "other", "--out", "foreign")
    assert verify(lab, "foreign.crt", ca="other") and not verify(lab, "foreign.crt")


def test_nothing_is_overwritten(lab):
    lab.esb("ca", "issue", "operator", "ca", "--out", "op")
    before = (lab.folder / "op.key").read_bytes()
    done = lab.esb("ca", "issue", "operator", "ca", "--out", "op", check=False)
    assert done.returncode == 1 and "exists already" in done.stderr and (lab.folder / "op.key").read_bytes() == before
    done = lab.esb("ca", "init", "ca", check=False)
    assert done.returncode == 1 and "exists already" in done.stderr


def test_many_at_once_get_serial_numbers_of_their_own(lab):
    csr = request(lab, "many")
    count = len(lab.esb_json("ca", "list", "ca"))
    runs = [subprocess.Popen([lab.products.esb, "ca", "issue", "device", "ca", csr, "-o", f"many{i}.crt"],
                             cwd=lab.folder,
                             env=lab.environment, stdout=subprocess.DEVNULL) for i in range(8)]
    assert [run.wait(60) for run in runs] == [0] * 8
    serials = {openssl("x509", "-in", lab.folder / f"many{i}.crt", "-noout", "-serial").stdout for i in range(8)}
    assert len(serials) == 8 and len(lab.esb_json("ca", "list", "ca")) == count + 8


def test_a_killed_run_leaves_an_authority_that_goes_on(lab):
    """kill -9 at a different moment each time: the next run signs, and its list is whole."""
    csr = request(lab, "killed")
    for delay in range(0, 30, 2):
        run = subprocess.Popen([lab.products.esb, "ca", "issue", "device", "ca", csr, "-o", "killed.crt"],
                               cwd=lab.folder,
                               env=lab.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            run.wait(delay / 1000)
        except subprocess.TimeoutExpired:
            run.kill()
            run.wait()
        lab.esb("ca", "issue", "device", "ca", csr, "-o", "after.crt", quiet=True)
        assert verify(lab, "after.crt")
    serials = [c["serial"] for c in lab.esb_json("ca", "list", "ca")]
    assert len(serials) == len(set(serials))


def cut_short(lab, *arguments, before=lambda: None):
    """Runs the command again and again, killed at its first change of a file, at its second, and so on, for each kind
    of change; to its end."""
    for call in ("mkdir", "fchmod", "write", "fsync", "rename", "link", "unlink"):
        for number in itertools.count(1):
            before()
            done = subprocess.run(["strace", "-f", "-qq", "-o", "/dev/null", "-e",
                                   f"inject={call}:signal=KILL:when={number}",
                                   lab.products.esb, *arguments], cwd=lab.folder, env=lab.environment,
                                  capture_output=True,
                                  text=True, timeout=60)
            if "ptrace" in done.stderr.lower():
                pytest.skip("this machine does not let strace work")
            if done.returncode == 0:
                break
            yield f"{call} {number}"


@pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")
def test_whatever_moment_a_run_ends_at_the_authority_is_whole(lab, capsys):
    csr, cuts = request(lab, "cut"), 0
    for cut in cut_short(lab, "ca", "init", "cut", before=lambda: shutil.rmtree(lab.folder / "cut",
                                                                                ignore_errors=True)):
        done = lab.esb("ca", "init", "cut", check=False, quiet=True)
        assert done.returncode == 0 or "exists already" in done.stderr, (cut, done.stderr)
        lab.esb("ca", "issue", "device", "cut", csr, "-o", "cut.crt", quiet=True)
        assert verify(lab, "cut.crt", ca="cut"), cut
        cuts += 1

    for cut in cut_short(lab, "ca", "issue", "device", "cut", csr, "-o", "cut.crt"):
        lab.esb("ca", "issue", "device", "cut", csr, "-o", "after.crt", quiet=True)
        assert verify(lab, "after.crt", ca="cut"), cut
        cuts += 1

    def good_one():
        lab.esb("ca", "issue", "device", "cut", csr, "-o", "after.crt", quiet=True)

    for cut in cut_short(lab, "ca", "revoke", "cut", "ESP-AABBCC", before=good_one):
        # The next run of any kind brings the list up to what the index says.
        lab.esb("ca", "issue", "operator", "cut", "--out", f"cut {cut}", quiet=True)
        last = [one["state"] for one in lab.esb_json("ca", "list", "cut") if one["subject"] == "ESP-AABBCC"][-1]
        assert verify(lab, "after.crt", ca="cut") == (last == "good"), cut
        cuts += 1
    serials = [one["serial"] for one in lab.esb_json("ca", "list", "cut")]
    assert len(serials) == len(set(serials)) and cuts > 40
    with capsys.disabled():
        print(f" {cuts} cuts", end="")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_another_user_reads_nothing(lab):
    lab.folder.chmod(0o711)
    for file in (lab.folder / "ca").rglob("*"):
        done = subprocess.run(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "cat", file],
                              capture_output=True, timeout=20)
        assert done.returncode != 0, file
    lab.folder.chmod(0o700)
