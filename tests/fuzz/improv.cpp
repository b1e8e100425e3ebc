// Any bytes on the serial port: the console gets them in order and without frames, and every frame that is sent is well
// formed. Input: per byte of the port its value; 0xFE is followed by a pause in units of 100 ms, 0xFD by an event.
#include "esb/console/improv.hpp"

#include <cstdlib>
#include <string>
#include <vector>

using namespace esb;

namespace {

void check(bool holds) {
    if (!holds) std::abort();
}

struct Device : console::ImprovDevice {
    console::Improv improv{*this};
    bool online = false;
    int joins = 0;
    std::string name = "ESP-1";

    void improv_send(ConstBytes frame) override {
        check(frame.size() >= 13 && frame.front() == '\n' && frame.back() == '\n');
        check(as_text(frame.subspan(1, 7)) == "IMPROV\x01");
        const auto type = frame[8];
        const std::size_t length = frame[9];
        check((type == 1 || type == 2 || type == 4) && length != 10 && frame.size() == 1 + 9 + length + 2);
        std::uint8_t sum = 0;
        for (const auto byte : frame.subspan(1, frame.size() - 3)) sum = static_cast<std::uint8_t>(sum + byte);
        check(frame[frame.size() - 2] == sum);
        if (type == 4) check(length >= 2 && (frame[11] + 2U == length || (length == 11 && frame[11] == 8)));
    }
    Status improv_join(std::string_view ssid, ConstBytes passphrase) override {
        check(!ssid.empty() && ssid.size() <= 32 && passphrase.size() <= 64);
        ++joins;
        return joins % 3 == 0 ? fail(errors::busy) : Status();
    }
    bool improv_online() const override { return online; }
    std::string_view improv_url() const override { return online ? "http://192.0.2.1/" : ""; }
    console::ImprovInfo improv_info() const override { return {"a", "b", "c", name}; }
    Status improv_scan() override { return joins % 2 == 0 ? Status() : fail(errors::busy); }

    void event(std::uint8_t which) {
        if (which == 0) improv.joined();
        if (which == 1) improv.join_failed();
        if (which == 2) online = !online;
        if (which == 3) name.assign(static_cast<std::size_t>(joins % 300), 'n');
        if (which < 4) return;
        std::vector<chip::ScanEntry> found(which % 8U);
        for (std::size_t i = 0; i < found.size(); ++i) {
            check(found[i].ssid.assign(std::string(which % 33U, static_cast<char>('\n' + i % 3))).has_value());
        }
        improv.scanned(found);
    }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Device device;
    Instant now{};
    std::string fed, to_console;
    for (std::size_t i = 0; i < size; ++i) {
        if (data[i] == 0xFE && i + 1 < size) {
            now += Duration(data[++i] * 100);
            device.improv.step(now);
        } else if (data[i] == 0xFD && i + 1 < size) {
            device.event(data[++i]);
        } else {
            const auto released = device.improv.take(data[i], now);
            check(released.size() <= 8);
            fed += static_cast<char>(data[i]);
            to_console += as_text(released);
        }
    }
    // Nothing is made up or put in another order.
    std::size_t at = 0;
    for (char c : to_console) {
        at = fed.find(c, at);
        check(at++ != std::string::npos);
    }
    // Without a frame's beginning nothing but a held header is missing.
    if (fed.find("IMPROV\x01") == std::string::npos)
        check(fed.starts_with(to_console) && fed.size() - to_console.size() < 7);
    return 0;
}
