// Any text as a URL: what is accepted is made of safe parts, and means the same when it is put together again.
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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = as_text({data, size});
    const auto url = net::parse_url(text);
    if (!url) {
        check(url.error() == errors::url_bad || url.error() == errors::url_scheme);
        return 0;
    }
    check(size <= 255 && printable(text));
    check(!url->host.empty() && url->host.find_first_of("/:@?#[]%") == std::string_view::npos);
    check(url->port != 0);
    check(url->target.empty() || url->target.front() == '/');
    check(url->target.find('#') == std::string_view::npos);

    std::string again = url->tls ? "https://" : "http://";
    again.append(url->host).append(":").append(decimal(url->port).view()).append(url->target);
    const auto reparsed = net::parse_url(again);
    if (again.size() > 255) return 0;
    check(reparsed.has_value());
    check(reparsed->tls == url->tls && reparsed->host == url->host && reparsed->port == url->port &&
          reparsed->target == url->target);
    return 0;
}
