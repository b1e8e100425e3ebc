#include "esb/portal/portal.hpp"

#include "esb/net/captive_dns.hpp"
#include "esb/portal/site.hpp"

#include <array>
#include <new>

namespace esb::portal {
namespace {

constexpr std::uint16_t http_port = 80;
constexpr std::uint16_t dns_port = 53;
// Bytes of a JSON body: a form, or a few settings; a certificate is long.
constexpr std::size_t body_max = with_certificates ? 4096 : 2048;

}  // namespace

// Everything that exists only while the portal is open.
struct Portal::Open {
    Open(net::Reactor& reactor, Host& host, Attempt& attempt, const chip::IpAddress& address)
        : name(to_text(address)), site(host, attempt, address), server(reactor, site), dns(reactor) {}

    // Browsers leave the port out of Host when it is 80 (RFC 9110 §4.2.3).
    FixedString<45> name;
    std::array<std::string_view, 1> hosts{name.view()};
    std::array<std::uint8_t, body_max> body{};
    Site site;
    net::HttpServer server;
    net::CaptiveDns dns;
};

Portal::Portal(net::Reactor& reactor, Host& host) : reactor_(reactor), host_(host) {}
Portal::~Portal() = default;

Status Portal::open(const chip::IpAddress& address) {
    static_assert(sizeof(Open) <= (with_certificates ? 13 : 11) * 1024, "the memory of the portal is promised in portal.hpp");
    if (is_open()) return {};
    std::unique_ptr<Open> made(new (std::nothrow) Open(reactor_, host_, attempt_, address));
    if (!made) return fail(errors::no_memory);
    ESB_TRY(made->server.start({address, http_port}, made->hosts, made->body));
    ESB_TRY(made->dns.start({address, dns_port}));
    open_ = std::move(made);
    return {};
}

void Portal::close() { open_.reset(); }

bool Portal::idle() const { return open_ == nullptr || open_->server.idle(); }

}  // namespace esb::portal
