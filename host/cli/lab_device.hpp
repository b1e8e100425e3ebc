// One virtual chip in the laboratory: flashed, switched on, its account added and its network joined as it is born.
#pragma once

#include "host/cli/laboratory.hpp"
#include "host/cli/line_buffer.hpp"
#include "host/cli/trace_text.hpp"

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

namespace esb::cli {

// How it is watched (docs/vchip.md).
struct LabWatch {
    std::optional<TraceFilter> trace;  // on the screen; empty: none
    bool page = false;                 // its address comes on the serial port
};

class LabDevice {
public:
    LabDevice(Laboratory& lab, EventLoop& loop, Screen& screen, const LabWatch& watch)
        : lab_(lab), loop_(loop), screen_(screen), watch_(watch) {}
    ~LabDevice() { power_off(); }

    // From erased flash with this image.
    Outcome<void> power_on(const std::filesystem::path& image);
    void power_off();
    // At its serial port.
    void type(const std::string& line);

    // Once it is born.
    const std::string& identity() const { return identity_; }
    bool online() const { return online_; }
    // The chip has switched itself off, or could not go on.
    bool ended() const { return ended_; }

private:
    void take_line(std::string_view line);
    void take_birth(const std::string& identity, const std::string& psk);
    void show_messages();
    std::string follow_trace();
    void read_trace();

    Laboratory& lab_;
    EventLoop& loop_;
    Screen& screen_;
    const LabWatch& watch_;
    std::ifstream trace_;
    LineBuffer trace_lines_;
    const Child* chip_ = nullptr;
    const Child* messages_ = nullptr;
    std::string identity_;
    bool online_ = false;
    bool ended_ = false;
};

}  // namespace esb::cli
