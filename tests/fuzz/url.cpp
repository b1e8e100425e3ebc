// Any text as a URL, and any text as what a redirect says at one: what is accepted is made of safe parts, and means the
// same when it is put together again.
// Input: a URL, a line feed, a reference.
#include "esb/chip/network.hpp"
#include "esb/net/url.hpp"

#include "esb/base/bytes.hpp"
#include "esb/base/encoding.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>

using namespace esb;

namespace {

void check(bool holds) {
    if (!holds) std::abort();
}

bool printable(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7F'; });
}

bool known(const Error& error) {
    if (error == errors::url_bad) return error.detail() != 0;
    return error == errors::url_scheme || error == errors::url_host;
}

void check_parts(std::string_view text, const net::Url& url) {
    check(text.size() <= net::max_url && printable(text));
    check(!url.host.empty() && url.host.size() <= chip::max_host_name);
    check(url.host.find_first_of("/:@?#[]%") == std::string_view::npos);
    check(url.port != 0);
    check(url.target.empty() || url.target.front() == '/');
    check(url.target.find('#') == std::string_view::npos);

    std::string again = url.tls ? "https://" : "http://";
    again.append(url.host).append(":").append(decimal(url.port).view()).append(url.target);
    if (again.size() > net::max_url) return;
    const auto reparsed = net::parse_url(again);
    check(reparsed.has_value());
    check(reparsed->tls == url.tls && reparsed->host == url.host && reparsed->port == url.port &&
          reparsed->target == url.target);
}

void check_reference(std::string_view text, std::string_view reference) {
    net::UrlText at;
    check(at.assign(text).has_value());
    if (const auto done = net::resolve_url(at, reference); !done) return check(known(done.error()));
    const auto url = net::parse_url(at);
    check(url.has_value());
    check_parts(at, *url);
    const auto path = url->target.substr(0, url->target.find('?'));
    if (!reference.empty()) check((std::string(path) + '/').find("/../") == std::string::npos);
    const net::UrlText first = at;
    check(net::resolve_url(at, first.view()).has_value() && at == first);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto all = as_text({data, size});
    const auto text = all.substr(0, all.find('\n'));
    const auto url = net::parse_url(text);
    static_cast<void>(net::is_listed_host(all, text));
    if (!url) {
        check(known(url.error()));
        return 0;
    }
    check_parts(text, *url);
    check(net::is_listed_host(url->host, url->host));
    if (text.size() < all.size()) check_reference(text, all.substr(text.size() + 1));
    return 0;
}
