// What `esb ca` signs at all.
#include "host/cli/authority.hpp"

#include "esb/base/identity.hpp"
#include "host/cli/tool_account.hpp"

#include <algorithm>
#include <cctype>

namespace esb::cli {
namespace {

constexpr std::size_t max_host = 64;  // characters: what a common name may have (RFC 5280, appendix A.1)

bool is_host_name(const std::string& host) {
    if (host.empty() || host.size() > max_host || host.front() == '.' || host.back() == '.') return false;
    if (host.find("..") != std::string::npos) return false;
    return std::all_of(host.begin(), host.end(),
                       [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '.'; });
}

Outcome<void> check_hosts(const Order& order) {
    if (order.hosts.empty()) return failure("a server's certificate needs --name or --ip");
    if (order.hosts.size() > max_hosts) return failure("a certificate has at most 8 names and addresses");
    for (const auto& host : order.hosts) {
        if (address_bytes(host).empty() && !is_host_name(host))
            return failure("'" + host + "' is neither a host name of at most 64 characters nor an IP address");
    }
    return {};
}

}  // namespace

Outcome<void> check_order(const Order& order) {
    if (order.days == 0 || order.days > max_days) return failure("a certificate is for 1 to 7300 days");
    switch (order.kind) {
        case CertificateKind::server:
            return check_hosts(order);
        case CertificateKind::device:
            if (!make_identity(order.subject))
                return failure("'" + order.subject + "' is not an identity: 1 to 40 of A-Z a-z 0-9 _ -");
            return {};
        case CertificateKind::operator_:
            for (const auto& account : tool_accounts) {
                if (account.name == order.subject) return {};
            }
            return failure("'" + order.subject + "' is no account of the tool");
        case CertificateKind::authority:
            break;
    }
    return failure("an authority signs no other authority");
}

}  // namespace esb::cli
