// What a device needs around it, on free ports of loopback: a mosquitto with its accounts, a web server for images. All
// of it lies in a temporary folder, which goes with this object.
#pragma once

#include "host/cli/event_loop.hpp"
#include "host/cli/screen.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace esb::cli {

class Laboratory {
public:
    Laboratory(EventLoop& loop, Screen& screen) : loop_(loop), screen_(screen) {}
    ~Laboratory();
    Laboratory(const Laboratory&) = delete;
    Laboratory& operator=(const Laboratory&) = delete;

    // Says which program is missing; nothing is started.
    static Outcome<void> check();
    // Returns when both listen.
    Outcome<void> start();

    // The broker alone; it keeps what it knows.
    Outcome<void> stop_broker();
    Outcome<void> start_broker_again();

    const std::filesystem::path& folder() const { return folder_; }
    std::filesystem::path broker() const { return folder_ / "broker"; }
    std::uint16_t broker_port() const { return broker_port_; }
    std::uint16_t tools_port() const { return tools_port_; }
    // Puts a file on the web server; its URL.
    Outcome<std::string> serve(const std::filesystem::path& file, const std::string& name) const;
    // One of the two has ended by itself.
    bool broken() const { return broken_; }

private:
    Outcome<void> start_broker();
    Outcome<void> start_web_server();
    Outcome<void> start_service(std::string_view name, const Program& program, std::uint16_t port);
    Outcome<Program> web_server_program() const;

    EventLoop& loop_;
    Screen& screen_;
    std::filesystem::path folder_;
    std::uint16_t broker_port_ = 0;
    std::uint16_t tools_port_ = 0;
    std::uint16_t web_port_ = 0;
    std::vector<const Child*> services_;
    const Child* broker_service_ = nullptr;
    bool broken_ = false;
};

}  // namespace esb::cli
