#include "host/vchip/pin_link.hpp"

#include "esb/base/encoding.hpp"
#include "esb/base/trace.hpp"
#include "host/vchip/clock_posix.hpp"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <utility>

#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

namespace esb::vchip {
namespace {

constexpr int patience_ms = 1'000;
constexpr std::uint32_t i2c_hertz_min = 1'000;
constexpr std::uint32_t i2c_hertz_max = 1'000'000;
constexpr std::uint32_t pwm_hertz_min = 50;
constexpr std::uint32_t pwm_hertz_max = 40'000;
constexpr unsigned i2c_addresses = 128;

bool is_pin(int pin) { return pin >= 0 && pin < static_cast<int>(pins_max); }

std::string hex(ConstBytes bytes) {
    std::string text(2 * bytes.size(), '0');
    static_cast<void>(hex_encode(bytes, text));
    return text;
}

int connect_to(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path) return -1;
    std::memcpy(address.sun_path, path.data(), path.size());
    const int made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (made < 0) return -1;
    const timeval limit{1, 0};
    setsockopt(made, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (::connect(made, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return made;
    close(made);
    return -1;
}

}  // namespace

void PinLink::connect(chip::Wake& wake, const std::string& path) {
    wake_ = &wake;
    socket_ = connect_to(path);
    say("reset");
    const auto until = SystemClock::host_ms() + patience_ms;
    while (socket_ >= 0 && !ready_ && SystemClock::host_ms() < until) receive(patience_ms);
}

PinLink::~PinLink() { hang_up(); }

void PinLink::hang_up() {
    if (socket_ >= 0) close(socket_);
    socket_ = -1;
}

bool PinLink::level(int pin) {
    receive(0);
    return levels_[static_cast<std::size_t>(pin)];
}

float PinLink::share(int channel) {
    receive(0);
    return static_cast<float>(shares_[static_cast<std::size_t>(channel)]) / full_scale;
}

void PinLink::say(const std::string& line) {
    const std::string text = line + "\n";
    if (socket_ < 0) return;
    if (send(socket_, text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size())) hang_up();
}

Result<std::vector<std::uint8_t>> PinLink::ask(const std::string& line) {
    answer_.reset();
    say(line);
    const auto until = SystemClock::host_ms() + patience_ms;
    while (socket_ >= 0 && !answer_ && SystemClock::host_ms() < until) receive(patience_ms);
    if (!answer_ || answer_->what == PinLine::What::i2c_nobody) return fail(errors::i2c_no_answer);
    return std::move(answer_->bytes);
}

void PinLink::note(std::string_view what, std::string_view key, int number, std::string_view of, long value) {
    if (!trace::on()) return;
    std::pair<std::string, long> now{what, value};
    auto& noted = noted_[{std::string(key), number}];
    if (noted == now) return;
    noted = std::move(now);
    trace::event("pin", what, {{key, number}, {of, value}});
}

void PinLink::poll() {
    receive(0);
    if (wake_ != nullptr) wake_->wake();
}

void PinLink::receive(int patience) {
    pollfd wait{socket_, POLLIN, 0};
    if (socket_ < 0 || ::poll(&wait, 1, patience) <= 0) return;
    std::array<char, 4096> buffer;
    const ssize_t got = recv(socket_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) return hang_up();
    rest_.append(buffer.data(), static_cast<std::size_t>(got));
    for (auto end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n')) {
        take(std::string_view(rest_).substr(0, end));
        rest_.erase(0, end + 1);
    }
    if (rest_.size() > pin_line_max) hang_up();  // no line of ours is so long
}

void PinLink::take(std::string_view text) {
    auto line = parse_pin_line(text);
    if (!line) return;
    switch (line->what) {
        case PinLine::What::pin:
            levels_[line->number] = line->value != 0;
            break;
        case PinLine::What::adc:
            shares_[line->number] = line->value;
            break;
        case PinLine::What::ready:
            ready_ = true;
            break;
        case PinLine::What::i2c:
        case PinLine::What::i2c_nobody:
            answer_ = std::move(*line);
            break;
    }
}

Status LinkedGpio::output(int pin, bool level) {
    if (!is_pin(pin)) return fail(errors::pin_invalid, pin);
    modes_[static_cast<std::size_t>(pin)] = Mode::low;
    return set(pin, level);
}

Status LinkedGpio::input(int pin, chip::Pull pull) {
    if (!is_pin(pin)) return fail(errors::pin_invalid, pin);
    modes_[static_cast<std::size_t>(pin)] = Mode::input;
    link_.note("input", "pin", pin, "pull", static_cast<long>(pull));
    return {};
}

Status LinkedGpio::set(int pin, bool level) {
    if (!is_pin(pin)) return fail(errors::pin_invalid, pin);
    auto& mode = modes_[static_cast<std::size_t>(pin)];
    if (mode != Mode::low && mode != Mode::high) return fail(errors::pin_invalid, pin);
    mode = level ? Mode::high : Mode::low;
    link_.note("output", "pin", pin, "level", level ? 1 : 0);
    link_.say("pin " + std::to_string(pin) + (level ? " 1" : " 0"));
    return {};
}

Result<bool> LinkedGpio::read(int pin) {
    if (!is_pin(pin)) return fail(errors::pin_invalid, pin);
    switch (modes_[static_cast<std::size_t>(pin)]) {
        case Mode::unused:
            return fail(errors::pin_invalid, pin);
        case Mode::input:
            return link_.level(pin);
        case Mode::low:
            return false;
        case Mode::high:
            return true;
    }
    return fail(errors::pin_invalid, pin);
}

Result<float> LinkedAdc::read(int channel) {
    if (channel < 0 || channel >= static_cast<int>(adc_channels_max)) return fail(errors::pin_invalid, channel);
    const float share = link_.share(channel);
    link_.note("adc", "channel", channel, "share", std::lround(share * full_scale));
    return share;
}

Status LinkedI2c::open(int sda, int scl, std::uint32_t hertz) {
    if (!is_pin(sda) || !is_pin(scl) || sda == scl) return fail(errors::pin_invalid, sda);
    if (hertz < i2c_hertz_min || hertz > i2c_hertz_max) return fail(errors::invalid_argument);
    open_ = true;
    return {};
}

Status LinkedI2c::write_read(std::uint8_t address, ConstBytes bytes, MutBytes out) {
    if (bytes.empty() && out.empty()) return fail(errors::invalid_argument);
    if (!open_ || address >= i2c_addresses) return fail(errors::pin_failed);
    if (bytes.size() > i2c_bytes_max || out.size() > i2c_bytes_max) return fail(errors::pin_failed);
    const auto got = link_.ask("i2c " + std::to_string(address) + " " + (bytes.empty() ? "-" : hex(bytes)) + " " +
                               std::to_string(out.size()));
    trace::event("pin", "i2c",
                 {{"address", address}, {"written", bytes.size()}, {"read", out.size()}, {"answered", got.has_value()}});
    if (!got) return fail(got.error());
    // A device that has less to say leaves the line high.
    std::fill(out.begin(), out.end(), std::uint8_t{0xFF});
    std::copy_n(got->begin(), std::min(got->size(), out.size()), out.begin());
    return {};
}

Status LinkedPwm::open(int pin, std::uint32_t hertz) {
    if (!is_pin(pin)) return fail(errors::pin_invalid, pin);
    if (hertz < pwm_hertz_min || hertz > pwm_hertz_max || (hertz_ != 0 && hertz != hertz_)) {
        return fail(errors::out_of_range);
    }
    if (std::find(pins_.begin(), pins_.end(), pin) == pins_.end()) {
        if (pins_.size() == chip::pwm_pins_max) return fail(errors::full);
        pins_.push_back(pin);
    }
    hertz_ = hertz;
    return set(pin, 0);
}

Status LinkedPwm::set(int pin, float share) {
    if (std::find(pins_.begin(), pins_.end(), pin) == pins_.end()) return fail(errors::pin_invalid, pin);
    if (!(share >= 0 && share <= 1)) return fail(errors::out_of_range);
    const auto scaled = std::lround(share * full_scale);
    link_.note("pwm", "pin", pin, "share", scaled);
    link_.say("pwm " + std::to_string(pin) + " " + std::to_string(scaled));
    return {};
}

LinkedPins& process_pins() {
    static LinkedPins pins;
    return pins;
}

}  // namespace esb::vchip

namespace esb::chip {

Gpio& gpio() { return vchip::process_pins().gpio; }
Adc& adc() { return vchip::process_pins().adc; }
I2c& i2c() { return vchip::process_pins().i2c; }
Pwm& pwm() { return vchip::process_pins().pwm; }

}  // namespace esb::chip
