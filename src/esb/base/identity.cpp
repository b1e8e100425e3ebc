#include "esb/base/identity.hpp"

#include "esb/base/ascii.hpp"

#include <algorithm>
#include <cstddef>

namespace esb {
namespace {

bool allowed(char c) { return is_alphanumeric(c) || c == '_' || c == '-'; }

}  // namespace

Result<Identity> make_identity(std::string_view text) {
    if (text.empty() || text.size() > identity_max) return fail(errors::bad_identity);
    if (!std::all_of(text.begin(), text.end(), allowed)) return fail(errors::bad_identity);
    // An empty topic level would make a base that looks like another one.
    if (text.front() == '-' || text.back() == '-') return fail(errors::bad_identity);
    if (text.find("--") != std::string_view::npos) return fail(errors::bad_identity);
    return Identity::from(text);
}

Identity identity_from_mac(const std::array<std::uint8_t, 6>& mac) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    Identity identity;
    static_cast<void>(identity.append("ESP-"));
    for (const auto byte : mac) {
        static_cast<void>(identity.append(digits[byte >> 4]));
        static_cast<void>(identity.append(digits[byte & 0x0F]));
    }
    return identity;
}

Identity base_topic(std::string_view identity) {
    Identity topic;
    for (const char c : identity) static_cast<void>(topic.append(c == '-' ? '/' : c));
    return topic;
}

}  // namespace esb
