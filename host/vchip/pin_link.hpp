// The pins of a virtual chip: gpio(), adc(), i2c() and pwm(), with the world outside in another process, a test.
//
// The chip connects to a UNIX socket at each start. What it hears is in pin_line.hpp; it says
//   reset          at its start: no pin is driven any more
//   pin 5 1        an output's level
//   pwm 6 512      a pulse output's share of 1024
//   i2c 68 fd 6    a transfer: address, the bytes written (- for none), how many to read; waits for "i2c ..."
// Without a socket inputs are low, converters read 0 and nobody answers on the bus.
#pragma once

#include "esb/chip/pins/adc.hpp"
#include "esb/chip/pins/gpio.hpp"
#include "esb/chip/pins/i2c.hpp"
#include "esb/chip/pins/pwm.hpp"
#include "esb/chip/sockets.hpp"
#include "host/vchip/pin_line.hpp"
#include "host/vchip/wait_source.hpp"

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace esb::vchip {

// The way to who plays the world, and what is known of it.
class PinLink final : public WaitSource {
public:
    PinLink() = default;
    ~PinLink() override;
    PinLink(const PinLink&) = delete;
    PinLink& operator=(const PinLink&) = delete;

    // Once; nothing happens when `path` is empty. Waits up to a second for what is there at the start; each later change wakes.
    void connect(chip::Wake& wake, const std::string& path);

    bool level(int pin);       // outside; below pins_max
    float share(int channel);  // outside; below adc_channels_max
    void say(const std::string& line);
    // Tells whoever watches of what the firmware does with a pin, when it is something else than before.
    void note(std::string_view what, std::string_view key, int number, std::string_view of, long value);
    // Says a line and waits up to a second for its answer. i2c_no_answer.
    Result<std::vector<std::uint8_t>> ask(const std::string& line);

    int fd() const override { return socket_; }
    void poll() override;

private:
    // Reads what is there; waits for something first, at most so long.
    void receive(int patience_ms);
    void take(std::string_view line);
    void hang_up();

    chip::Wake* wake_ = nullptr;
    int socket_ = -1;
    std::string rest_;  // of a line that is not complete
    std::array<bool, pins_max> levels_{};
    std::array<std::uint16_t, adc_channels_max> shares_{};
    bool ready_ = false;
    std::optional<PinLine> answer_;
    std::map<std::pair<std::string, int>, std::pair<std::string, long>> noted_;  // what and value, by key and number
};

class LinkedGpio final : public chip::Gpio {
public:
    explicit LinkedGpio(PinLink& link) : link_(link) {}
    Status output(int pin, bool level) override;
    Status input(int pin, chip::Pull pull) override;
    Status set(int pin, bool level) override;
    Result<bool> read(int pin) override;

private:
    enum class Mode : std::uint8_t { unused, input, low, high };

    PinLink& link_;
    std::array<Mode, pins_max> modes_{};
};

class LinkedAdc final : public chip::Adc {
public:
    explicit LinkedAdc(PinLink& link) : link_(link) {}
    Result<float> read(int channel) override;

private:
    PinLink& link_;
};

class LinkedI2c final : public chip::I2c {
public:
    explicit LinkedI2c(PinLink& link) : link_(link) {}
    Status open(int sda, int scl, std::uint32_t hertz) override;
    Status write(std::uint8_t address, ConstBytes bytes) override { return write_read(address, bytes, {}); }
    Status read(std::uint8_t address, MutBytes out) override { return write_read(address, {}, out); }
    Status write_read(std::uint8_t address, ConstBytes bytes, MutBytes out) override;

private:
    PinLink& link_;
    bool open_ = false;
};

class LinkedPwm final : public chip::Pwm {
public:
    explicit LinkedPwm(PinLink& link) : link_(link) {}
    Status open(int pin, std::uint32_t hertz) override;
    Status set(int pin, float share) override;

private:
    PinLink& link_;
    std::uint32_t hertz_ = 0;
    std::vector<int> pins_;
};

// All four.
struct LinkedPins {
    PinLink link;
    LinkedGpio gpio{link};
    LinkedAdc adc{link};
    LinkedI2c i2c{link};
    LinkedPwm pwm{link};
};

// Those of this process, which chip::gpio() and its like give: there from the first moment, connected when the chip is made.
LinkedPins& process_pins();

}  // namespace esb::vchip
