"""What an account at the broker is worth: its own topics, its own session, until it is removed.

Two devices' accounts against a real mosquitto, used with ordinary MQTT tools; whoever has a key has no more than that.
"""

import itertools
import socket
import subprocess

import pytest

from pytest_esb.lab import Broker, Lab, wait_until
from story import Intruder, Session

KEYS = {"ESP-AAAAAAAAAAAA": "00112233445566778899aabbccddeeff", "ESP-BBBBBBBBBBBB": "ffeeddccbbaa99887766554433221100"}
ALICE, MALLORY = KEYS
SUBTOPICS = ["ota", "ota/status", "status", "online", "ping", "config", "config/status", "log", "app/lamp"]
QUIET = 1.0  # seconds in which what must not come would have come


@pytest.fixture(scope="module")
def broker(request):
    with Lab() as lab:
        broker = Broker(lab)
        broker.init()
        broker.start()
        for identity, psk in KEYS.items():
            broker.add(identity, psk)
        yield broker
        lab.keep = lab.keep or bool(request.session.testsfailed)


@pytest.fixture(scope="module")
def alice(broker):
    return Intruder(broker, ALICE, KEYS[ALICE])


@pytest.fixture(scope="module")
def mallory(broker):
    return Intruder(broker, MALLORY, KEYS[MALLORY])


def base(identity: str) -> str:
    return identity.replace("-", "/")


def session(who: Intruder, *arguments: str) -> Session:
    return Session(who.broker.as_device("mosquitto_sub", who.identity, who.psk, "-v", "-q", "1", *arguments))


def as_operator(broker: Broker, *arguments: str) -> Session:
    return Session(broker.as_tool("mosquitto_sub", "-v", "-q", "1", *arguments))


markers = itertools.count()


def ready(who: Intruder, subscribed: Session):
    """Returns once the session hears its own topic. Retained, since it may not have subscribed yet."""
    marker = f"{who.topic} marker {next(markers)}"
    who.set_retained(marker.removeprefix(f"{who.topic} "))
    while (line := subscribed.line()) != marker:
        assert " marker " in line, f"not ready, but: {line}"


def heard(subscribed: Session) -> str:
    """The next line that is not a marker."""
    while " marker " in (line := subscribed.line()):
        pass
    return line


def silent(subscribed: Session, seconds: float = QUIET) -> bool:
    return [line for line in subscribed.rest(seconds).splitlines() if " marker " not in line] == []


def refused(broker: Broker, identity: str, psk: str, *more: str) -> bool:
    command = broker.as_device("mosquitto_pub", identity, psk, "-t", f"{base(identity)}/ping", "-m", "1", *more)
    return subprocess.run(command, capture_output=True, timeout=20).returncode != 0


# At once ------------------------------------------------------------------------------------------------------------


def test_a_change_counts_once_the_command_has_ended(broker):
    """No pause in between: the command waits until mosquitto reads its files again."""
    identity, psk = "ESP-CCCCCCCCCCCC", "0123456789abcdef0123456789abcdef"
    for _ in range(10):
        broker.add(identity, psk)
        assert not refused(broker, identity, psk)
        broker.remove(identity)
        assert refused(broker, identity, psk)


# Reading ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("topics", [["#"], ["+/+/+", "+/+/+/+"], ["ESP/#"], [f"{base(ALICE)}/#"],
                                    [f"{base(ALICE)}/{sub}" for sub in SUBTOPICS], ["$SYS/#"]],
                         ids=lambda topics: topics[0])
def test_reads_nothing_of_another(mallory, topics):
    filters = [word for topic in [*topics, mallory.topic] for word in ("-t", topic)]
    with session(mallory, *filters) as ears:
        ready(mallory, ears)
        for sub in SUBTOPICS:
            mallory.tell(f"{base(ALICE)}/{sub}", "secret")
        mallory.tell(mallory.topic, "last")
        lines = []
        while not lines or not lines[-1].endswith(" last"):
            lines.append(heard(ears))
            assert lines[-1]
        assert [line for line in lines if base(MALLORY) not in line] == []


def test_reads_no_retained_message_of_another(mallory):
    for sub in SUBTOPICS:
        mallory.tell(f"{base(ALICE)}/{sub}", "kept", "-r")
    with session(mallory, "-t", "#", "-t", f"{base(ALICE)}/#", "-t", mallory.topic) as ears:
        ready(mallory, ears)
        assert silent(ears)
    for sub in SUBTOPICS:
        mallory.tell(f"{base(ALICE)}/{sub}", "", "-r")


# Writing ------------------------------------------------------------------------------------------------------------


def test_writes_nothing_of_another(broker, mallory):
    with as_operator(broker, "-t", "#") as ears:
        for sub in SUBTOPICS:
            mallory.publish(f"{base(ALICE)}/{sub}", "forged")
            mallory.publish(f"{base(ALICE)}/{sub}", "forged", "-r")
        mallory.publish("ESP/everyone", "forged")
        mallory.publish("$SYS/broker/version", "forged")
        mallory.publish(f"{base(MALLORY)}/app/last", "own")
        assert heard(ears) == f"{base(MALLORY)}/app/last own"


def test_does_not_forge_updates_for_itself_either(broker, mallory):
    """Only the operator writes where commands come from."""
    with as_operator(broker, "-t", f"{base(MALLORY)}/#") as ears:
        mallory.publish(f"{base(MALLORY)}/ota", "forged")
        mallory.publish(f"{base(MALLORY)}/config", "forged")
        mallory.publish(f"{base(MALLORY)}/ping", "1")
        assert heard(ears) == f"{base(MALLORY)}/ping 1"


def test_its_will_is_held_to_the_same_rules(broker, mallory):
    with as_operator(broker, "-t", "#") as ears:
        will = ["--will-topic", f"{base(ALICE)}/online", "--will-payload", "0", "-t", mallory.topic]
        with session(mallory, *will) as doomed:
            ready(mallory, doomed)
            doomed.process.kill()
            doomed.process.wait()
        assert silent(ears)


# Names --------------------------------------------------------------------------------------------------------------


def test_does_not_take_anothers_client_id(alice, mallory):
    with session(alice, "-t", alice.topic, "-i", ALICE, "-c") as victim:
        ready(alice, victim)
        for more in (["-i", ALICE], ["-i", ALICE, "-c"], ["-u", ALICE], ["-u", ALICE, "-P", "x", "-i", ALICE]):
            with session(mallory, "-t", mallory.topic, "-t", alice.topic, *more) as thief:
                ready(mallory, thief)
                alice.tell(alice.topic, "for alice")
                assert heard(victim) == f"{alice.topic} for alice"
                assert silent(thief, 0.2)
        ready(alice, victim)  # it was never interrupted


def test_does_not_take_anothers_waiting_messages(alice, mallory):
    with session(alice, "-t", alice.topic, "-c", "-i", ALICE) as victim:
        ready(alice, victim)
    alice.tell(alice.topic, "while away")
    with session(mallory, "-t", mallory.topic, "-i", ALICE, "-c") as thief:
        ready(mallory, thief)
        assert silent(thief)
    with session(alice, "-t", alice.topic, "-c", "-i", ALICE) as victim:
        assert heard(victim) == f"{alice.topic} while away"


def test_key_and_name_belong_together(broker):
    assert refused(broker, ALICE, KEYS[MALLORY])
    assert refused(broker, "ESP-CCCCCCCCCCCC", KEYS[MALLORY])
    assert refused(broker, ALICE.lower(), KEYS[ALICE])
    assert refused(broker, f"{ALICE} ", KEYS[ALICE])
    assert refused(broker, ALICE, KEYS[ALICE][:-2] + "00")
    assert not refused(broker, ALICE, KEYS[ALICE])


def test_without_tls_there_is_no_way_in(broker):
    with socket.create_connection(("127.0.0.1", broker.port), 5) as plain:
        plain.settimeout(5)
        plain.sendall(b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00")
        try:
            assert b"\x20\x02" not in plain.recv(64)
        except ConnectionResetError:
            pass


def shakes_hands(broker: Broker, *arguments: str) -> bool:
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{broker.port}", "-psk_identity", ALICE, "-psk",
                           KEYS[ALICE], *arguments], stdin=subprocess.DEVNULL, capture_output=True, timeout=20)
    return done.returncode == 0


def test_only_tls_1_2_with_forward_secrecy_is_spoken(broker):
    for suite in ("ECDHE-PSK-CHACHA20-POLY1305", "ECDHE-PSK-AES128-CBC-SHA256", "ECDHE-PSK-AES256-CBC-SHA384"):
        assert shakes_hands(broker, "-tls1_2", "-cipher", suite), suite
    for suite in ("PSK-AES128-GCM-SHA256", "PSK-CHACHA20-POLY1305", "PSK-AES256-CBC-SHA", "RSA-PSK-AES128-CBC-SHA",
                  "ECDHE-PSK-AES128-CBC-SHA"):
        assert not shakes_hands(broker, "-tls1_2", "-cipher", f"{suite}:@SECLEVEL=0"), suite
    for version in ("-tls1", "-tls1_1"):
        assert not shakes_hands(broker, version, "-cipher", "ALL:@SECLEVEL=0"), version


# Making accounts ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("identity", ["ESP", f"{ALICE}-1", "ESP-", "-ESP", "ESP--1", "ESP/1", "ESP+1", "#", "", "a" * 41,
                                      "ESP-Ä", "ESP 1", "ESP\n1"])
def test_no_account_whose_base_contains_or_lies_in_anothers(broker, identity):
    files = {name: (broker.folder / name).read_bytes() for name in ("accounts", "psk", "acl")}
    done = broker.lab.esb("broker", "add", broker.folder, "--", identity, "-", check=False,
                          stdin="00112233445566778899aabbccddeeff\n")
    assert done.returncode != 0
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert {name: (broker.folder / name).read_bytes() for name in files} == files


@pytest.mark.parametrize("topic", ["#", "+/x", "ota", "ota/#", "+"])
def test_no_extra_topics_that_reach_the_bases_own(broker, topic):
    done = broker.lab.esb("broker", "add", broker.folder, "ESP-DDDDDDDDDDDD", "-", "--topics", topic, check=False,
                          stdin="00112233445566778899aabbccddeeff\n")
    if done.returncode == 0:
        acl = (broker.folder / "acl").read_text()
        broker.remove("ESP-DDDDDDDDDDDD")
        pytest.fail(f"{topic} was granted: {acl}")
    assert len(done.stderr.splitlines()) == 1


# Removing them ------------------------------------------------------------------------------------------------------


def remove(broker: Broker, identity: str):
    reloads = broker.log().count("Reloading config")
    broker.remove(identity)
    wait_until("the broker's reload", lambda: broker.log().count("Reloading config") > reloads)


def test_once_removed_new_connections_are_refused_and_a_live_session_is_deaf(broker, mallory, alice):
    with session(alice, "-t", alice.topic) as neighbor:
        ready(alice, neighbor)
        with session(mallory, "-t", mallory.topic, "-t", f"{base(MALLORY)}/app/#") as live:
            ready(mallory, live)
            remove(broker, MALLORY)
            mallory.tell(mallory.topic, "after")
            mallory.tell(f"{base(MALLORY)}/app/y", "after")
            assert silent(live)
            assert refused(broker, MALLORY, KEYS[MALLORY])
        ready(alice, neighbor)  # nobody else notices
    assert [account["ident"] for account in broker.lab.esb_json("broker", "list", broker.folder)] == [ALICE]
    assert KEYS[MALLORY] not in (broker.folder / "psk").read_text()
    assert base(MALLORY) not in (broker.folder / "acl").read_text()


def test_a_live_session_of_a_removed_account_writes_nothing(broker, mallory):
    broker.add(MALLORY, KEYS[MALLORY])
    wait_until("the account", mallory.can_connect)
    pipe = subprocess.Popen(broker.as_device("mosquitto_pub", MALLORY, KEYS[MALLORY], "-l", "-q", "0", "-t",
                                             f"{base(MALLORY)}/app/x"), stdin=subprocess.PIPE,
                            stderr=subprocess.DEVNULL)
    try:
        with as_operator(broker, "-t", f"{base(MALLORY)}/#") as operator:
            pipe.stdin.write(b"before\n")
            pipe.stdin.flush()
            assert heard(operator) == f"{base(MALLORY)}/app/x before"
            remove(broker, MALLORY)
            pipe.stdin.write(b"after\n")
            pipe.stdin.flush()
            assert silent(operator)
    finally:
        pipe.kill()
        pipe.wait()
        pipe.stdin.close()
