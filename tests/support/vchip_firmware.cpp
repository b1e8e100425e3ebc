// A firmware without the library's rooms: reports what the chip tells it and obeys one-word lines from the serial port.
#include "esb/base/encoding.hpp"
#include "esb/device/app.hpp"
#include "esb/device/firmware.hpp"
#include "host/vchip/swarm_firmware.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <unistd.h>

ESB_APP("test-firmware", ESB_APP_VERSION, ESB_APP_SEQ, ESB_UPDATE_KEYS);

namespace {

using esb::chip::Chip;

void say(Chip& chip, const std::string& text) { chip.uart.write(esb::as_bytes(text + "\n")); }

std::string next_line(Chip& chip) {
    std::string line;
    for (;;) {
        std::uint8_t byte = 0;
        if (chip.uart.read({&byte, 1}) == 1) {
            if (byte == '\n') return line;
            line += static_cast<char>(byte);
            continue;
        }
        static_cast<void>(chip.sockets.wait({}, esb::Duration(1000)));
        chip.system.feed_watchdog();
    }
}

void banner(Chip& chip) {
    const auto app = esb_app_desc();
    say(chip, "hello " + std::string(app.image.app) + " " + std::string(app.image.ver) + " seq " +
                  std::to_string(app.image.seq) + " keys " + std::to_string(app.update_keys.size()) + " slot " +
                  (chip.slots.running() == esb::chip::SlotId::a ? "a" : "b") + " reason " +
                  std::string(esb::chip::name(chip.system.reset_reason())) + " pid " + std::to_string(getpid()));
}

void count_retained(Chip& chip) {
    auto bytes = chip.retained_ram.bytes();
    if (chip.system.reset_reason() == esb::chip::ResetReason::power_on) bytes[0] = 0;
    say(chip, "retained " + std::to_string(++bytes[0]) + " of " + std::to_string(bytes.size()));
}

void store(Chip& chip) {
    const auto mounted = chip.key_value.mount();
    const auto put = chip.key_value.put("key", esb::as_bytes("value"));
    say(chip, mounted && put ? "stored" : "not stored");
}

void load(Chip& chip) {
    std::uint8_t buffer[16];
    const auto mounted = chip.key_value.mount();
    const auto found = chip.key_value.get("key", buffer);
    say(chip, mounted && found ? "loaded " + std::string(esb::as_text(*found)) : "nothing");
}

void join(Chip& chip) {
    esb::chip::StationConfig home;
    static_cast<void>(home.ssid.assign("Home"));
    static_cast<void>(home.passphrase.assign(esb::as_bytes("correct horse")));
    static_cast<void>(chip.radio.start("", "test"));
    static_cast<void>(chip.radio.join(home));
    for (;;) {
        while (const auto event = chip.radio.next_event()) {
            if (event->kind == esb::chip::RadioEvent::Kind::station_address) {
                return say(chip, "address " + std::string(esb::chip::to_text(event->ip.address).view()));
            }
            if (event->kind == esb::chip::RadioEvent::Kind::station_left) {
                return say(chip, "left: " + std::string(esb::chip::name(event->reason)));
            }
        }
        static_cast<void>(chip.sockets.wait({}, esb::Duration(1000)));
    }
}

}  // namespace

void esb::run_firmware(Chip& chip) {
    banner(chip);
    for (;;) {
        const std::string line = next_line(chip);
        if (line == "retained") count_retained(chip);
        if (line == "store") store(chip);
        if (line == "load") load(chip);
        if (line == "join") join(chip);
        if (line == "listen") static_cast<void>(chip.sockets.listen({chip::IpAddress::v4(4, 3, 2, 1), 80}, 1));
        if (line == "boot-other") {
            say(chip, chip.slots.set_boot(chip::other(chip.slots.running())) ? "chosen" : "refused");
        }
        if (line == "confirm") say(chip, chip.slots.confirm_running() ? "confirmed" : "not confirmed");
        if (line == "heap") say(chip, "heap " + std::to_string(chip.system.heap().free > 0));
        if (line == "wall") say(chip, chip.clock.wall() ? "wall set" : "wall unknown");
        if (line == "set-wall") chip.clock.set_wall(UnixTime(1'700'000'000));
        if (line == "watchdog") static_cast<void>(chip.system.start_watchdog(Duration(200)));
        if (line == "restart") return chip.system.restart();
        if (line.starts_with("sleep ")) return chip.system.deep_sleep(esb::Duration(std::stoll(line.substr(6))));
        if (line == "off") return;
        if (line == "exit 3") std::exit(3);
        if (line == "crash") std::raise(SIGKILL);
        if (line == "hang") pause();
    }
}

std::unique_ptr<esb::vchip::SwarmFirmware> esb::vchip::make_swarm_firmware(Chip&) { return nullptr; }
