#include "host/cli/doctor.hpp"

#include "host/cli/child.hpp"
#include "host/cli/secure_base.hpp"

#include <array>
#include <cstdlib>

namespace esb::cli {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string text_of(const std::vector<unsigned>& version) {
    std::string text;
    for (const auto number : version) text += (text.empty() ? "" : ".") + std::to_string(number);
    return text;
}

// A program with at least this version. `ask`: what makes it print the version.
Finding program(const std::string& name, const std::filesystem::path& path, const char* ask,
                const std::vector<unsigned>& least, const std::string& how) {
    if (path.empty()) return {name, Purpose::virtual_chip, false, how};
    const auto version = version_in(first_line_of({path.string(), ask}));
    const bool good = version >= least;
    const auto about = text_of(version) + " (" + path.string() + ")";
    return {name, Purpose::virtual_chip, good,
            good ? about : about + " is too old, " + text_of(least) + " is needed; " + how};
}

Finding either(const std::string& what, const std::vector<const char*>& names, Purpose purpose,
               const std::string& how) {
    for (const auto* name : names) {
        if (const auto path = find_program(name); !path.empty()) return {what, purpose, true, path.string()};
    }
    return {what, purpose, false, how};
}

Finding web_server() {
    auto found = find_program("nginx", "ESB_NGINX");
    if (found.empty()) found = find_program("python3");
    if (found.empty()) return {"web server", Purpose::virtual_chip, false, "apt install nginx-light"};
    return {"web server", Purpose::virtual_chip, true, found.string()};
}

Finding libraries() {
    std::string missing;
    constexpr std::array<std::array<const char*, 2>, 3> headers{{{"mbedtls/ssl.h", "libmbedtls-dev"},
                                                                 {"http_parser.h", "libhttp-parser-dev"},
                                                                 {"cjson/cJSON.h", "libcjson-dev"}}};
    std::error_code error;
    for (const auto& [header, package] : headers) {
        const bool found = std::filesystem::exists(std::filesystem::path("/usr/include") / header, error) ||
                           std::filesystem::exists(std::filesystem::path("/usr/local/include") / header, error);
        if (!found) missing += std::string(" ") + package;
    }
    if (find_program("pkg-config").empty()) missing += " pkg-config";
    if (missing.empty()) return {"libraries", Purpose::virtual_chip, true, "Mbed TLS, http_parser, cJSON"};
    return {"libraries", Purpose::virtual_chip, false, "apt install" + missing};
}

Finding base() {
    const auto folder = secure_base();
    if (!folder.empty()) return {"ESP32 Secure Base", Purpose::virtual_chip, true, folder.string()};
    return {"ESP32 Secure Base", Purpose::virtual_chip, false, "install libesb-dev beside this esb"};
}

Finding python_modules() {
    const bool good = first_line_of({"python3", "-c", "import pexpect, pytest; print('good')"}) == "good";
    return {"pytest, pexpect", Purpose::test, good,
            good ? "python3 has them" : "apt install python3-pytest python3-pexpect"};
}

Finding board_builder() {
    const char* const idf = std::getenv("IDF_PATH");
    if (idf != nullptr && *idf != '\0') return {"ESP-IDF", Purpose::board, true, idf};
    return either("ESP-IDF", {"idf.py", "pio"}, Purpose::board,
                  "install ESP-IDF 5.1 to 6.1 and source its export.sh, or PlatformIO (pio)");
}

}  // namespace

std::vector<unsigned> version_in(std::string_view text) {
    std::vector<unsigned> numbers;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (!is_digit(text[at])) continue;
        unsigned number = 0;
        for (; at < text.size() && is_digit(text[at]); ++at)
            number = number * 10 + static_cast<unsigned>(text[at] - '0');
        numbers.push_back(number);
        if (at >= text.size() || text[at] != '.') return numbers;
    }
    return numbers;
}

std::vector<Finding> examine_ports(const std::vector<SerialPort>& ports) {
    std::vector<Finding> all;
    for (const auto& port : ports) {
        const auto how = "you may not use it: sudo usermod -aG " + port.group + " $USER, then log in again";
        all.push_back({"serial port", Purpose::board, port.usable, port.path + (port.usable ? "" : ": " + how)});
    }
    if (all.empty())
        all.push_back({"serial port", Purpose::board, false, "plug a board in (/dev/ttyUSB*, /dev/ttyACM*)"});
    return all;
}

std::vector<Finding> examine() {
    std::vector<Finding> all{
        program("mosquitto", find_program("mosquitto", "ESB_MOSQUITTO"), "-h", {2, 0, 11}, "apt install mosquitto"),
        web_server(),
        program("cmake", find_program("cmake"), "--version", {3, 25}, "apt install cmake"),
        either("ninja or make", {"ninja", "make"}, Purpose::virtual_chip, "apt install ninja-build"),
        program("g++", find_program("g++"), "-dumpfullversion", {12}, "apt install g++"),
        libraries(),
        base(),
        python_modules(),
        either("esptool", {"esptool", "esptool.py"}, Purpose::board,
               "apt install esptool; ESP-IDF and PlatformIO bring it"),
        board_builder(),
    };
    for (auto& port : examine_ports(serial_ports())) all.push_back(std::move(port));
    return all;
}

}  // namespace esb::cli
