// The world at a watched chip's pins, as the page's switches have it: the other end of pin_link.hpp.
#pragma once

#include "host/cli/line_buffer.hpp"
#include "host/cli/outcome.hpp"
#include "host/cli/read_source.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace esb::cli {

// Nobody answers on its I2C bus.
class WatchPins {
public:
    explicit WatchPins(vchip::PosixSockets& sockets)
        : knocking_(sockets, [this] { return listener_; }, [this] { accept(); }),
          saying_(sockets, [this] { return chip_; }, [this] { receive(); }) {}
    ~WatchPins();
    WatchPins(const WatchPins&) = delete;
    WatchPins& operator=(const WatchPins&) = delete;

    // Listens at this path, which is short enough for a UNIX socket. Until then nobody is at the pins.
    Outcome<void> start(const std::filesystem::path& path);
    bool started() const { return listener_ >= 0; }

    // False for a pin, a channel or a value that there is not.
    bool set_pin(unsigned pin, bool level);
    bool set_adc(unsigned channel, unsigned share);  // of 1024

    // {"own":true,"pins":{"4":1},"adc":{"0":512}}: what has been set.
    std::string json() const;

private:
    void accept();
    void receive();
    void take(std::string_view line);
    void say(const std::string& line);
    void hang_up();

    int listener_ = -1;
    int chip_ = -1;
    LineBuffer lines_;
    std::map<unsigned, bool> pins_;
    std::map<unsigned, unsigned> adc_;
    ReadSource knocking_;
    ReadSource saying_;
};

}  // namespace esb::cli
