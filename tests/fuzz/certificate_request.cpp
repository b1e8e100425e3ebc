// Certificate requests, certificates and revocation lists of others, as `esb ca` and `esb enroll` read them.
#include "host/cli/read_certificate.hpp"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto request = esb::cli::read_request(text); request && request->subject.empty()) std::abort();
    static_cast<void>(esb::cli::read_certificate(text));
    static_cast<void>(esb::cli::read_list_time(text));
    return 0;
}
