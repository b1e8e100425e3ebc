#include "esb/ota/progress.hpp"

#include "esb/base/encoding.hpp"
#include "esb/net/http_types.hpp"
#include "esb/ota/policy.hpp"

namespace esb::ota {

std::string_view name(State state) {
    constexpr std::string_view names[] = {"idle",      "downloading", "verifying",   "rebooting", "trial",
                                          "confirmed", "failed",      "rolled_back", "waiting"};
    return names[static_cast<std::size_t>(state)];
}

std::string_view name(Fetched fetched) {
    constexpr std::string_view names[] = {"", "z", "from", "data"};
    return names[static_cast<std::size_t>(fetched)];
}

std::string_view name(Hold hold) {
    constexpr std::string_view names[] = {"", "ask", "window", "clock", "postponed"};
    return names[static_cast<std::size_t>(hold)];
}

std::string_view words(Hold hold) {
    constexpr std::string_view texts[] = {"", "somebody's word", "its hours", "the time of day, which is not known",
                                          "the end of its postponement"};
    return texts[static_cast<std::size_t>(hold)];
}

std::string_view name(When when) {
    constexpr std::string_view names[] = {"now", "window", "ask"};
    return names[static_cast<std::size_t>(when)];
}

std::string_view why(const Progress& progress, std::span<char> out) {
    if (!progress.error) return {};
    ByteWriter text(as_writable_bytes(out));
    text.text(progress.error->text());
    const bool status = *progress.error == errors::http_status;
    if (status) text.text(": ").text(decimal_signed(progress.error->detail()));
    if (!progress.host.empty()) text.text(status ? " from " : ", host ").text(progress.host);
    return as_text(text.written());
}

}  // namespace esb::ota
