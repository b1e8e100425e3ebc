// Answers of time servers: the first 8 bytes are our question's nonce. What is accepted lies within 68 years of the pivot,
// and carries the nonce.
#include "esb/net/sntp_packet.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace esb;
    if (size < 8) return 0;
    net::SntpNonce nonce;
    copy(ConstBytes(data, 8), nonce);
    const ConstBytes packet(data + 8, size - 8);
    constexpr UnixTime pivot{1'795'000'000};
    const auto time = net::parse_sntp_reply(packet, nonce, pivot);
    if (!time) return 0;
    const auto distance = std::chrono::abs(*time - pivot);
    if (distance > UnixTime(std::int64_t{1} << 31)) std::abort();
    if (packet.size() < net::sntp_size || !equal(packet.subspan(24, 8), nonce)) std::abort();
    return 0;
}
