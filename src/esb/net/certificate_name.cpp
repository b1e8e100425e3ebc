#include "esb/net/certificate_name.hpp"

#include "esb/base/ascii.hpp"
#include "esb/net/url.hpp"

namespace esb::net {

bool is_name_of(std::string_view presented, std::string_view host) {
    host = without_last_dot(host);
    if (presented.empty() || host.empty() || chip::parse_ip(host)) return false;
    if (!presented.starts_with("*.")) {
        return presented.find('*') == std::string_view::npos && equal_ignoring_case(presented, host);
    }
    const auto rest = presented.substr(1);  // with its dot
    const auto dot = host.find('.');
    const bool two_labels = rest.find('.', 1) != std::string_view::npos && !rest.ends_with('.');
    if (!two_labels || rest.find('*') != std::string_view::npos) return false;
    if (dot == 0 || dot == std::string_view::npos) return false;
    return equal_ignoring_case(rest, host.substr(dot));
}

bool is_address_of(ConstBytes presented, const chip::IpAddress& host) {
    const bool v4 = host.family == chip::IpAddress::Family::v4;
    return host.is_set() && equal(presented, ConstBytes(host.bytes).first(v4 ? 4 : 16));
}

}  // namespace esb::net
