// Boards at USB: which serial ports there are, and one of them opened.
#pragma once

#include "host/cli/outcome.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace esb::cli {

struct SerialPort {
    std::string path;
    bool usable = false;  // this user may read and write it
    std::string group;    // whose members may
};

// ttyUSB* and ttyACM* below the folder, by name.
std::vector<SerialPort> serial_ports(const std::filesystem::path& folder = "/dev");

// The only usable one. Fails when there is none, or when one has to be chosen.
Outcome<std::string> choose_serial_port(const std::vector<SerialPort>& ports);

// Opened raw, 8N1, without becoming the controlling terminal; closed when the object goes.
class OpenPort {
public:
    static Outcome<OpenPort> open(const std::string& path, unsigned baud);
    OpenPort(OpenPort&& other) noexcept;
    OpenPort& operator=(OpenPort&&) = delete;
    ~OpenPort();
    int fd() const { return fd_; }
    bool write(std::string_view text) const;

private:
    explicit OpenPort(int fd) : fd_(fd) {}
    int fd_;
};

}  // namespace esb::cli
