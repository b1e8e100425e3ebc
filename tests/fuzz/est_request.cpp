// Requests to `esb ca serve`, in pieces: never more than the limits are kept, and pieces do not matter.
#include "host/cli/est_request.hpp"
#include "host/cli/read_certificate.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using esb::cli::EstRequestParser;
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    const std::size_t piece = data[0] % 64U + 1U;
    EstRequestParser whole, pieces;
    whole.feed(text);
    for (std::size_t at = 0; at < text.size(); at += piece) pieces.feed(text.substr(at, piece));
    if (whole.complete() != pieces.complete() || whole.refused() != pieces.refused()) std::abort();
    const auto& request = whole.request();
    if (request.body.size() > EstRequestParser::max_body || request.target.size() > EstRequestParser::max_head) std::abort();
    if (whole.complete() && request.body != pieces.request().body) std::abort();
    if (whole.complete()) static_cast<void>(esb::cli::read_request(esb::cli::base64_bytes(request.body)));
    return 0;
}
