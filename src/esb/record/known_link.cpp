#include "esb/record/known_link.hpp"

#include "esb/base/encoding.hpp"
#include "esb/base/secret.hpp"
#include "esb/record/retained.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace esb::record {
namespace {

constexpr std::uint32_t link_magic = 0x4B425345;  // "ESBK"
constexpr std::uint8_t link_version = 1;
constexpr std::uint8_t highest_channel = 14;
constexpr std::size_t address_size = 4;

using std::chrono::seconds;

void put(const chip::IpAddress& address, ByteWriter& out) {
    const bool is_v4 = address.family == chip::IpAddress::Family::v4;
    constexpr std::array<std::uint8_t, address_size> none{};
    out.bytes(is_v4 ? ConstBytes(address.bytes).first(address_size) : ConstBytes(none));
}

bool is_zero(ConstBytes bytes) {
    return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

chip::IpAddress address_from(ConstBytes bytes) {
    return is_zero(bytes) ? chip::IpAddress{} : chip::IpAddress::v4(bytes[0], bytes[1], bytes[2], bytes[3]);
}

}  // namespace

void encode_known_link(const chip::KnownLink& link, ByteWriter& out) {
    const auto begin = out.size();
    std::array<std::uint8_t, chip::Ssid::capacity()> name{};
    copy(as_bytes(link.ssid.view()), name);
    const auto lease = std::chrono::duration_cast<seconds>(link.lease).count();
    out.le32(link_magic).u8(link_version).u8(link.channel).u8(static_cast<std::uint8_t>(link.ssid.size())).u8(0);
    out.bytes(name).bytes(link.bssid).le16(0);
    for (const auto* address : {&link.ip.address, &link.ip.netmask, &link.ip.gateway, &link.ip.dns}) put(*address, out);
    out.le32(static_cast<std::uint32_t>(std::clamp<std::int64_t>(lease, 0, std::numeric_limits<std::uint32_t>::max())));
    if (!out.overflowed()) out.le32(crc32(out.written().subspan(begin)));
}

Result<chip::KnownLink> decode_known_link(ConstBytes bytes) {
    if (bytes.size() < known_link_size) return fail(errors::not_found);
    const ConstBytes content = bytes.first(known_link_size - 4);
    ByteReader tail(bytes.subspan(content.size()));
    if (*tail.le32() != crc32(content)) return fail(errors::not_found);
    ByteReader in(content);
    if (*in.le32() != link_magic || *in.u8() != link_version) return fail(errors::not_found);
    chip::KnownLink link;
    link.channel = *in.u8();
    const auto length = *in.u8();
    if (*in.u8() != 0 || link.channel > highest_channel) return fail(errors::not_found);
    const auto name = *in.take(chip::Ssid::capacity());
    if (length == 0 || length > name.size() || !is_zero(name.subspan(length))) return fail(errors::not_found);
    static_cast<void>(link.ssid.assign(as_text(name.first(length))));  // it fits
    copy(*in.take(link.bssid.size()), link.bssid);
    if (*in.le16() != 0) return fail(errors::not_found);
    for (auto* address : {&link.ip.address, &link.ip.netmask, &link.ip.gateway, &link.ip.dns}) {
        *address = address_from(*in.take(address_size));
    }
    link.lease = seconds(*in.le32());
    return link;
}

void keep_known_link(chip::RetainedRam& ram, const chip::KnownLink& link) {
    if (link.ssid.empty()) return forget_known_link(ram);
    ByteWriter out(retained::known_link(ram));
    encode_known_link(link, out);
}

std::optional<chip::KnownLink> take_known_link(chip::RetainedRam& ram) {
    const auto link = decode_known_link(retained::known_link(ram));
    forget_known_link(ram);
    return link ? std::optional(*link) : std::nullopt;
}

void forget_known_link(chip::RetainedRam& ram) { wipe(retained::known_link(ram)); }

}  // namespace esb::record
