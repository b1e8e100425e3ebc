#include "host/cli/serial_port.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <grp.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

namespace esb::cli {
namespace {

struct Speed {
    unsigned baud;
    speed_t code;
};
constexpr std::array speeds{Speed{9600, B9600},     Speed{19200, B19200},   Speed{38400, B38400},
                            Speed{57600, B57600},   Speed{115200, B115200}, Speed{230400, B230400},
                            Speed{460800, B460800}, Speed{921600, B921600}};

std::unexpected<Failure> os_failure(const std::string& path) {
    const int code = errno;
    const bool denied = code == EACCES || code == EPERM;
    return failure(path + ": " + std::strerror(code) + (denied ? "; esb doctor says how to get the right" : ""));
}

std::string group_of(const std::filesystem::path& path) {
    struct stat about {};
    if (::stat(path.c_str(), &about) != 0) return {};
    const auto* const group = ::getgrgid(about.st_gid);
    return group == nullptr ? std::string() : group->gr_name;
}

}  // namespace

std::vector<SerialPort> serial_ports(const std::filesystem::path& folder) {
    std::vector<SerialPort> found;
    std::error_code error;
    for (const auto& file : std::filesystem::directory_iterator(folder, error)) {
        const auto name = file.path().filename().string();
        if (!name.starts_with("ttyUSB") && !name.starts_with("ttyACM")) continue;
        found.push_back({file.path().string(), ::access(file.path().c_str(), R_OK | W_OK) == 0, group_of(file.path())});
    }
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
    return found;
}

Outcome<std::string> choose_serial_port(const std::vector<SerialPort>& ports) {
    if (ports.empty()) return failure("no serial port is there (/dev/ttyUSB*, /dev/ttyACM*); is the board plugged in?");
    std::vector<std::string> usable;
    for (const auto& port : ports) {
        if (port.usable) usable.push_back(port.path);
    }
    if (usable.empty()) {
        return failure(ports.front().path + " belongs to the group " + ports.front().group +
                       ", which you are not in: sudo usermod -aG " + ports.front().group + " $USER, then log in again");
    }
    if (usable.size() == 1) return usable.front();
    std::string names;
    for (const auto& path : usable) names += ' ' + path;
    return failure("there are several serial ports, name one:" + names);
}

Outcome<OpenPort> OpenPort::open(const std::string& path, unsigned baud) {
    const auto* const speed =
        std::find_if(speeds.begin(), speeds.end(), [baud](const Speed& one) { return one.baud == baud; });
    if (speed == speeds.end()) return failure(std::to_string(baud) + " is not a speed of serial ports");
    const int fd = ::open(path.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) return os_failure(path);
    OpenPort port(fd);
    termios raw{};
    if (::tcgetattr(fd, &raw) != 0) return os_failure(path);
    ::cfmakeraw(&raw);
    raw.c_cflag |= CLOCAL | CREAD;
    raw.c_cflag &= ~static_cast<tcflag_t>(HUPCL);  // closing must not reset the board
    ::cfsetispeed(&raw, speed->code);
    ::cfsetospeed(&raw, speed->code);
    if (::tcsetattr(fd, TCSANOW, &raw) != 0) return os_failure(path);
    return port;
}

OpenPort::OpenPort(OpenPort&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

OpenPort::~OpenPort() {
    if (fd_ >= 0) ::close(fd_);
}

bool OpenPort::write(std::string_view text) const {
    while (!text.empty()) {
        const auto count = ::write(fd_, text.data(), text.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

}  // namespace esb::cli
