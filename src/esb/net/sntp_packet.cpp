#include "esb/net/sntp_packet.hpp"

namespace esb::net {
namespace {

constexpr std::size_t reference_at = 12;
constexpr std::size_t originate_at = 24;
constexpr std::size_t transmit_at = 40;
constexpr std::int64_t from_1900_to_1970 = 2'208'988'800;  // seconds
constexpr std::int64_t era = std::int64_t{1} << 32;
constexpr std::uint8_t mode_client = 3;
constexpr std::uint8_t mode_server = 4;
constexpr std::uint8_t our_version = 4;

std::uint32_t word(ConstBytes packet, std::size_t at) { return *ByteReader(packet.subspan(at, 4)).be32(); }

ErrorKind const& kiss(std::string_view code) {
    if (code == "RATE") return errors::sntp_too_often;
    if (code == "DENY" || code == "RSTR") return errors::sntp_denied;
    return errors::sntp_unsynchronized;
}

// The second of all eras that is nearest to the pivot.
std::int64_t unfold(std::uint32_t seconds, std::int64_t pivot) {
    const std::int64_t in_era_0 = std::int64_t{seconds} - from_1900_to_1970;
    const std::int64_t earliest = pivot - era / 2;
    const std::int64_t behind = (in_era_0 - earliest) % era;
    return earliest + (behind < 0 ? behind + era : behind);
}

}  // namespace

std::array<std::uint8_t, sntp_size> sntp_request(const SntpNonce& nonce) {
    std::array<std::uint8_t, sntp_size> packet{};
    packet[0] = our_version << 3 | mode_client;
    copy(nonce, MutBytes(packet).subspan(transmit_at));
    return packet;
}

Result<std::chrono::milliseconds> parse_sntp_reply(ConstBytes packet, const SntpNonce& nonce, UnixTime pivot) {
    if (packet.size() < sntp_size) return fail(errors::sntp_malformed);
    const unsigned leap = packet[0] >> 6;
    const unsigned version = packet[0] >> 3 & 7;
    const unsigned mode = packet[0] & 7;
    const unsigned stratum = packet[1];
    if (mode != mode_server || version == 0 || version > our_version) return fail(errors::sntp_malformed);
    if (!equal(packet.subspan(originate_at, nonce.size()), nonce)) return fail(errors::sntp_foreign);
    if (stratum == 0) return fail(kiss(as_text(packet.subspan(reference_at, 4))));
    const auto seconds = word(packet, transmit_at);
    const auto fraction = word(packet, transmit_at + 4);
    if (leap == 3 || stratum > 15 || (seconds == 0 && fraction == 0)) return fail(errors::sntp_unsynchronized);
    const auto milli = static_cast<std::int64_t>((std::uint64_t{fraction} * 1000) >> 32);
    return std::chrono::milliseconds(unfold(seconds, pivot.count()) * 1000 + milli);
}

}  // namespace esb::net
