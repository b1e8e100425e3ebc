#include "esb/settings/host_field.hpp"

#include "esb/base/encoding.hpp"
#include "esb/base/features.hpp"
#include "esb/base/file_text.hpp"
#include "esb/chip/network.hpp"
#include "esb/settings/schema.hpp"

#include <algorithm>

namespace esb::settings {
namespace {

constexpr std::string_view scheme_end = "://";
constexpr std::uint64_t time_port = 123;

bool same_word(std::string_view text, std::string_view lower) {
    const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b; };
    return std::equal(text.begin(), text.end(), lower.begin(), lower.end(), same);
}

bool allowed(std::string_view scheme, HostOf whose) {
    if (whose == HostOf::time_server) return same_word(scheme, "ntp") || same_word(scheme, "sntp");
    return same_word(scheme, "mqtts") || same_word(scheme, "ssl") || same_word(scheme, "tls");
}

Status take_port(std::string_view digits, HostOf whose, HostField& field) {
    const auto port = parse_unsigned(digits, 1, 65535);
    const bool other_time = port && whose == HostOf::time_server && *port != time_port;
    if (!port || other_time) return fail(errors::host_port);
    if (whose == HostOf::broker) field.port = static_cast<std::uint16_t>(*port);
    return {};
}

// "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:8883" (RFC 3986 §3.2.2), without a zone.
Result<HostField> split_ipv6([[maybe_unused]] std::string_view text, [[maybe_unused]] HostOf whose) {
    if constexpr (!with_ipv6) return fail(errors::host_ipv6);
    HostField field{text, std::nullopt};
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == std::string_view::npos) return fail(errors::host_ipv6);
        const auto rest = text.substr(end + 1);
        field.host = text.substr(1, end - 1);
        if (!rest.empty() && !rest.starts_with(':')) return fail(errors::host_port);
        if (!rest.empty()) ESB_TRY(take_port(rest.substr(1), whose, field));
    }
    if (!chip::parse_ipv6(field.host)) return fail(errors::host_ipv6);
    return field;
}

}  // namespace

Result<HostField> split_host(std::string_view text, HostOf whose) {
    text = bare_text(text);
    if (const auto end = text.find(scheme_end); end != std::string_view::npos) {
        if (!allowed(text.substr(0, end), whose)) return fail(errors::host_scheme);
        text.remove_prefix(end + scheme_end.size());
        if (text.ends_with('/')) text.remove_suffix(1);
        if (text.empty()) return fail(errors::host_parts);
    }
    if (text.find_first_of("/@?#\\") != std::string_view::npos) return fail(errors::host_parts);
    if (text.starts_with('[') || std::count(text.begin(), text.end(), ':') > 1) return split_ipv6(text, whose);
    HostField field{text, std::nullopt};
    if (const auto colon = text.find(':'); colon != std::string_view::npos) {
        if (colon == 0) return fail(errors::host_parts);
        ESB_TRY(take_port(text.substr(colon + 1), whose, field));
        field.host = text.substr(0, colon);
    }
    // The root's dot: the same name. Alone it is none.
    if (field.host.size() > 1 && field.host.ends_with('.')) field.host.remove_suffix(1);
    return field;
}

std::optional<HostSetting> host_setting(std::string_view name) {
    if (name == names::time_server) return HostSetting{HostOf::time_server};
    for (std::size_t i = 0; i < std::size(names::brokers); ++i) {
        if (name == names::brokers[i].host) return HostSetting{HostOf::broker, i};
    }
    return std::nullopt;
}

std::optional<std::size_t> port_setting(std::string_view name) {
    for (std::size_t i = 0; i < std::size(names::brokers); ++i) {
        if (name == names::brokers[i].port) return i;
    }
    return std::nullopt;
}

}  // namespace esb::settings
