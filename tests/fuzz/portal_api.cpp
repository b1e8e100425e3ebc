// Any request to the set-up site: it answers with JSON that our own scanner reads, or with a page; once the device has
// been on line no answer contains its key, and no value of a secret ever does. Input: one byte of circumstances (bit 0:
// commissioned, bit 1: a trial, bits 2-3: method or upload), the path up to a line feed, then the body.
#include "tests/support/fake_host.hpp"

#include "esb/base/json.hpp"
#include "esb/portal/site.hpp"

#include <cstdlib>

namespace {

using namespace esb;

constexpr std::string_view passphrase = "fuzzers never guess";
constexpr std::size_t answer_max = 64 * 1024;  // bytes
constexpr std::size_t body_max = 2048;

void require(bool condition) {
    if (!condition) std::abort();
}

// The whole body of a reply, in pieces as small as the server may ask for.
std::string body_of(const net::HttpReply& reply, portal::Site& site) {
    if (!reply.generated) return std::string(as_text(reply.body));
    std::string text;
    std::uint32_t cursor = 0;
    std::array<std::uint8_t, 512> piece;
    for (;;) {
        const auto size = site.on_more(reply.source, cursor, piece);
        require(size <= piece.size());
        if (size == 0) return text;
        text += as_text(ConstBytes(piece).first(size));
        require(text.size() < answer_max);
    }
}

void check(const net::HttpReply& reply, portal::Site& site, const test::FakeHost& host) {
    const auto text = body_of(reply, site);
    require(reply.status >= 200 && reply.status < 600);
    require(reply.content_type != portal::json_type || scan_json(as_bytes(text), {answer_max, 4}).has_value());
    require(reply.status < 400 || reply.content_type == portal::json_type);
    require(text.find(passphrase) == std::string::npos);
    require(!host.now.commissioned || text.find(test::FakeHost::key_hex) == std::string::npos);
}

void upload(portal::Site& site, const test::FakeHost& host, const net::HttpRequest& request, ConstBytes body) {
    if (const auto refused = site.on_upload(request)) return check(*refused, site, host);
    if (!body.empty()) {
        if (const auto refused = site.on_upload_piece(body)) return check(*refused, site, host);
    }
    check(site.on_upload_end(), site, host);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto input = as_text({data, size});
    // Who knows a secret may store it where it is shown.
    const bool knows = input.find(passphrase) != std::string_view::npos ||
                       input.find(test::FakeHost::key_hex) != std::string_view::npos;
    if (size < 1 || knows) return 0;
    test::FakeHost host;
    host.set(settings::names::wifi_ssid, "Home");
    host.set(settings::names::wifi_pass, passphrase);
    host.hear("Home", -40);
    host.hear("\xFF", -50);
    host.log.emplace_back("started");
    host.now.commissioned = host.now.key_was_used = (data[0] & 1U) != 0;
    if ((data[0] & 2U) != 0) host.now.config_waits_for = "network";
    portal::Attempt attempt;
    portal::Site site(host, attempt, chip::IpAddress::v4(4, 3, 2, 1));

    const auto rest = input.substr(1);
    const auto end = rest.find('\n');
    const auto body = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    net::HttpRequest request;
    request.ours = true;
    request.host = "4.3.2.1";
    request.path = rest.substr(0, end);
    request.content_length = static_cast<std::uint32_t>(body.size());
    switch ((data[0] >> 2) & 3U) {
        case 0:
            check(site.on_request(request, {}), site, host);
            break;
        case 1:
            upload(site, host, request, as_bytes(body));
            break;
        default:
            request.method = net::HttpMethod::post;
            request.content = net::HttpContent::json;
            check(site.on_request(request, as_bytes(body.substr(0, body_max))), site, host);
    }
    request.method = net::HttpMethod::get;
    request.path = "/api/state";
    check(site.on_request(request, {}), site, host);
    return 0;
}
