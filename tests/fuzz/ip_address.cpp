// An IPv6 address as text: read as the C library reads it, and what is written is read as the same.
#include "esb/chip/network.hpp"

#include <cstdlib>
#include <string>

#include <arpa/inet.h>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace esb;
    const std::string text(reinterpret_cast<const char*>(data), size);
    chip::IpAddress theirs{chip::IpAddress::Family::v6, {}};
    const bool good = text.find('\0') == std::string::npos && inet_pton(AF_INET6, text.c_str(), theirs.bytes.data()) == 1;
    const auto ours = chip::parse_ipv6(text);
    if (ours.has_value() != good) std::abort();
    if (!good) return 0;
    if (*ours != theirs) std::abort();
    const auto again = chip::parse_ipv6(to_text(*ours).view());
    if (!again || *again != theirs) std::abort();
    return 0;
}
