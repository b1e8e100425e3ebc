// Any text in the place of a host: taken apart or refused, and what is left is a part of it.
#include "esb/settings/host_field.hpp"

#include "esb/base/bytes.hpp"
#include "esb/base/foreign.hpp"
#include "esb/chip/network.hpp"

#include <cstdlib>
#include <string>

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace esb;
    const auto text = as_text({data, size});
    for (const auto whose : {settings::HostOf::broker, settings::HostOf::time_server}) {
        const auto field = settings::split_host(text, whose);
        if (!field) continue;
        const auto host = field->host;
        require(text.find(host) != std::string_view::npos);
        require(chip::parse_ipv6(host).has_value() || host.find_first_of(":/@?#\\") == std::string_view::npos);
        require(!field->port || (*field->port > 0 && whose == settings::HostOf::broker));
    }
    // The escaping function: plain afterwards, and backslashes only where it put them.
    std::string shown;
    for_terminal(text, true, [&shown](std::string_view piece) { shown += piece; });
    require(is_plain(shown));
    std::string json;
    for_json(text, [&json](std::string_view piece) { json += piece; });
    require(is_plain(json));
    return 0;
}
