#include "host/cli/watch_pins.hpp"

#include "host/cli/json_text.hpp"
#include "host/vchip/pin_line.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace esb::cli {

WatchPins::~WatchPins() {
    hang_up();
    if (listener_ >= 0) ::close(std::exchange(listener_, -1));
}

Outcome<void> WatchPins::start(const std::filesystem::path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const auto text = path.string();
    if (text.size() >= sizeof address.sun_path) return failure(text + ": too long for a socket");
    std::memcpy(address.sun_path, text.data(), text.size());
    const int made = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const bool listens = made >= 0 && ::bind(made, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
                         ::listen(made, 2) == 0;
    if (!listens) {
        auto refused = failure(text + ": " + std::strerror(errno));
        if (made >= 0) ::close(made);
        return refused;
    }
    listener_ = made;
    return {};
}

bool WatchPins::set_pin(unsigned pin, bool level) {
    if (pin >= vchip::pins_max) return false;
    pins_[pin] = level;
    say("pin " + std::to_string(pin) + (level ? " 1" : " 0"));
    return true;
}

bool WatchPins::set_adc(unsigned channel, unsigned share) {
    if (channel >= vchip::adc_channels_max || share > vchip::full_scale) return false;
    adc_[channel] = share;
    say("adc " + std::to_string(channel) + " " + std::to_string(share));
    return true;
}

std::string WatchPins::json() const {
    return json_text([this](JsonWriter& json) {
               json.begin_object().key("own").boolean(started()).key("pins").begin_object();
               for (const auto& [pin, level] : pins_) json.key(std::to_string(pin)).number(level ? 1 : 0);
               json.end_object().key("adc").begin_object();
               for (const auto& [channel, share] : adc_) json.key(std::to_string(channel)).number(share);
               json.end_object().end_object();
           })
        .text();
}

// A boot of the firmware; the one before is over.
void WatchPins::accept() {
    const int made = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (made < 0) return;
    hang_up();
    chip_ = made;
    for (const auto& [pin, level] : pins_) say("pin " + std::to_string(pin) + (level ? " 1" : " 0"));
    for (const auto& [channel, share] : adc_) say("adc " + std::to_string(channel) + " " + std::to_string(share));
    say("ready");
}

void WatchPins::receive() {
    std::array<char, 4096> buffer;
    const auto got = ::recv(chip_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) return hang_up();
    lines_.take({buffer.data(), static_cast<std::size_t>(got)}, [this](std::string_view line) { take(line); });
}

// What it drives is in the trace; only the bus waits for an answer.
void WatchPins::take(std::string_view line) {
    if (line.starts_with("i2c ")) say("i2c -");
}

void WatchPins::say(const std::string& line) {
    const auto text = line + "\n";
    if (chip_ >= 0 && ::send(chip_, text.data(), text.size(), MSG_NOSIGNAL) < 0) hang_up();
}

void WatchPins::hang_up() {
    if (chip_ >= 0) ::close(std::exchange(chip_, -1));
    lines_ = {};
}

}  // namespace esb::cli
