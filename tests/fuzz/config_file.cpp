// The configuration file of `esb`: whatever stands in it, there are values or a line that is wrong.
#include "host/cli/config_file.hpp"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto words = esb::cli::parse_config({reinterpret_cast<const char*>(data), size}, "f");
    if (!words && !words.error().line.starts_with("f, line ")) std::abort();
    if (words && words->pins.size() > 16) std::abort();
    return 0;
}
