"""From factory-new to updated: the demo's story, asserted step by step with real processes.

The steps build on one another; a failed one fails those after it at once.
"""

import json
import re
import subprocess

import pytest

from pytest_esb.lab import Lab, Products, wait_until
from story import STEPS, Story


class Run:
    """The story with what went wrong so far."""

    def __init__(self, lab: Lab):
        self.story = Story(lab)
        self.broken = ""

    def step(self, name: str) -> Story:
        if self.broken:
            pytest.fail(f"an earlier step failed: {self.broken}")
        self.broken = name
        getattr(self.story, name)()
        self.broken = ""
        return self.story


@pytest.fixture(scope="module")
def run(request):
    products = Products()
    assert products.missing() == [], "build esb and the example images first"
    lab = Lab(products)
    with lab:
        yield Run(lab)
        if request.session.testsfailed:
            lab.keep = True
            print(f"\nlogs and files are in {lab.folder}")


def test_every_step_of_the_demo_is_tested_here():
    here = open(__file__).read()
    for _, steps in STEPS:
        for step in steps:
            assert f'run.step("{step}")' in here


def test_first_boot_formats_and_prints_the_birth_lines_in_order(run):
    story = run.step("first_boot")
    text = "\n".join(story.chip.lines)
    places = [text.index(part) for part in ("storage: formatted", "MQTT ident=", "AP ssid=", "WIFI:T:WPA;S:")]
    assert places == sorted(places)
    assert len(story.birth.ap_password) >= 12


def test_second_boot_prints_the_identity_and_no_secret(run):
    story = run.step("reboot")
    text = "\n".join(story.second_boot)
    assert f"MQTT ident={story.birth.identity}" in text
    assert "psk=" not in text and "AP ssid=" not in text and "WIFI:" not in text
    assert "formatted" not in text


def test_the_label_is_drawn(run):
    story = run.step("make_label")
    assert "\u2588" in story.lab.esb("label", story.birth.identity, "-", stdin=story.birth.ap_password).stdout


def test_the_set_up_page_is_served_under_its_own_address_only(run):
    run.step("open_page")


def test_broker_starts_from_our_configuration_and_reloads(run):
    story = run.step("start_broker")
    wait_until("the broker's reload", lambda: "Reloading config" in story.broker.log())
    assert (story.broker.folder / "psk").stat().st_mode & 0o777 == 0o600
    listed = story.lab.esb_json("broker", "list", story.broker.folder)
    assert [account["ident"] for account in listed] == [story.birth.identity]
    assert story.birth.psk not in story.lab.esb("broker", "list", story.broker.folder).stdout


def test_console_brings_it_on_line_with_a_forward_secret_suite(run):
    story = run.step("use_console")
    assert re.fullmatch(r"TLS-ECDHE-PSK-WITH-(CHACHA20-POLY1305-SHA256|AES-\d+-CBC-SHA\d+)", story.suite)


def test_console_takes_secrets_and_shows_none(run):
    story = run.step("ask_for_secrets")
    assert story.birth.identity in story.shown["mqtt info"]
    assert "Greenhouse" in story.shown["wifi info"]
    assert "basic 1.0.0" in story.shown["status"]


def test_power_cut_publishes_the_will_and_it_comes_back_alone(run):
    story = run.step("power_cycle")
    assert story.seconds_to_online < 10
    base = story.birth.identity.replace("-", "/")
    assert story.broker.retained(f"{base}/online") == "1"
    status = json.loads(story.broker.retained(f"{base}/status"))
    assert (status["app"], status["ver"], status["hw"], status["seq"]) == ("basic", "1.0.0", "vchip", 1)
    for member in ("floor", "boot", "reset", "ip", "rssi", "heap", "heap_min", "up", "sec"):
        assert member in status


def test_update_is_signed(run):
    story = run.step("sign_update")
    assert story.envelope.read_text().strip().count(".") == 2


def test_update_runs_what_the_slot_contains_and_is_confirmed(run):
    story = run.step("update")
    base = story.birth.identity.replace("-", "/")
    final = json.loads(story.broker.retained(f"{base}/ota/status"))
    assert (final["state"], final["ver"], final["error"]) == ("confirmed", "1.1.0", "")


def test_progress_of_the_download_was_reported(run):
    assert not run.broken
    assert "confirmed 1.1.0" in run.story.update_screen
    assert re.search(r"\[#+-*\] +\d+ %", run.story.update_screen)


def test_confirmed_version_survives_a_loss_of_power(run):
    story = run.step("stays")
    assert story.chip.slots()["b"]["ver"] == "1.1.0"


def test_sending_the_same_envelope_again_is_success_and_changes_nothing(run):
    assert not run.broken
    story = run.story
    before = story.chip.firmware_pid()
    again = story.lab.esb("ota", story.birth.identity, story.envelope, "--broker", story.broker.tools, "--timeout", "10")
    assert "confirmed" in again.stdout
    assert story.chip.firmware_pid() == before


def test_accounts_keep_devices_apart(run):
    run.step("keep_out")


def test_nothing_was_restarted_by_surprise(run):
    assert not run.broken
    serial = (run.story.lab.logs / "chip-serial.log").read_text()
    assert "crashed" not in serial and "hangs" not in serial
    assert serial.count("=====") // 2 == 5  # first, reboot, power cycle, update, power cycle


def test_tool_refuses_what_it_cannot_do_in_one_line(run):
    esb = run.story.lab.products.esb
    for arguments, status in ((["broker", "list", "/nonexistent"], 1), (["ota", "a/b", "x"], 2), (["frobnicate"], 2),
                              (["sign", "--key", "/nonexistent", "--image", "x", "--url", "http://h/"], 1)):
        done = subprocess.run([esb, *arguments], capture_output=True, text=True, timeout=20)
        assert done.returncode == status
        assert len(done.stderr.splitlines()) == 1 and done.stderr.startswith("esb: ")


def test_a_difference_is_fetched_in_the_images_place(run):
    story = run.step("update_by_difference")
    assert story.chip.slots()["a"]["ver"] == "1.2.0"


def test_a_download_survives_a_loss_of_power(run):
    story = run.step("lose_power_in_an_update")
    assert story.chip.slots()["b"]["ver"] == "1.3.0"


def test_bad_updates_are_refused_by_name(run):
    assert ("updates refused", "key.unknown, ota.seq, ota.hash") in run.step("refuse_updates").evidence


def test_a_crashing_release_is_rolled_back_and_reported(run):
    story = run.step("go_back")
    assert story.device()["ver"] == "1.3.0"


def test_nonsense_at_the_console_changes_nothing(run):
    run.step("refuse_lines")
    story = run.story
    before = len(story.chip.lines)
    story.chip.ask("mqtt info", r"echo: \d+ ms\r*\n")
    assert f"server: 127.0.0.1:{story.broker.port}" in "\n".join(story.chip.lines[before:])


def test_a_lost_broker_is_found_again_without_a_restart(run):
    run.step("lose_the_broker")
