#include "esb/crypto/pkcs7.hpp"

#include "esb/base/pem.hpp"

#include <optional>

namespace esb::crypto {
namespace {

constexpr std::uint8_t integer = 0x02, identifier = 0x06, sequence = 0x30, set = 0x31, context_0 = 0xA0;

// Takes one value of this tag off the front: its content (X.690 §8.1, definite lengths of up to two bytes).
std::optional<ConstBytes> take(ConstBytes& from, std::uint8_t tag) {
    if (from.size() < 2 || from[0] != tag) return std::nullopt;
    std::size_t head = 2, size = from[1];
    if (size >= 0x80) {
        const std::size_t count = size & 0x7F;
        if (count < 1 || count > 2 || from.size() < 2 + count) return std::nullopt;
        size = count == 1 ? from[2] : std::size_t{from[2]} << 8 | from[3];
        head += count;
    }
    if (size > from.size() - head) return std::nullopt;
    const auto content = from.subspan(head, size);
    from = from.subspan(head + size);
    return content;
}

// ContentInfo { signedData, [0] SignedData { version, digestAlgorithms, encapContentInfo, [0] certificates, ... } }
std::optional<ConstBytes> certificates(ConstBytes message) {
    constexpr std::uint8_t signed_data[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02};
    auto info = take(message, sequence);
    if (!info || !message.empty()) return std::nullopt;
    const auto type = take(*info, identifier);
    if (!type || !equal(*type, signed_data)) return std::nullopt;
    auto wrapped = take(*info, context_0);
    if (!wrapped) return std::nullopt;
    auto data = take(*wrapped, sequence);
    if (!data || !take(*data, integer) || !take(*data, set) || !take(*data, sequence)) return std::nullopt;
    return take(*data, context_0);
}

}  // namespace

Result<ConstBytes> read_pkcs7_certificates(ConstBytes message, MutBytes out) {
    const auto found = certificates(message);
    if (!found || found->empty()) return fail(errors::bad_certificate);
    for (auto rest = *found; !rest.empty();) {
        const auto one = first_certificate(rest);
        if (one.empty()) return fail(errors::bad_certificate);
        rest = rest.subspan(one.size());
    }
    if (found->size() > out.size()) return fail(errors::too_long);
    copy(*found, out);
    return ConstBytes(out).first(found->size());
}

}  // namespace esb::crypto
