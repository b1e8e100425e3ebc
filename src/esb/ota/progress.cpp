#include "esb/ota/progress.hpp"

#include "esb/base/encoding.hpp"
#include "esb/net/http_types.hpp"

namespace esb::ota {

std::string_view name(State state) {
    constexpr std::string_view names[] = {"idle",  "downloading", "verifying", "rebooting",
                                          "trial", "confirmed",   "failed",    "rolled_back"};
    return names[static_cast<std::size_t>(state)];
}

std::string_view why(const Progress& progress, std::span<char> out) {
    if (!progress.error) return {};
    ByteWriter text(MutBytes(reinterpret_cast<std::uint8_t*>(out.data()), out.size()));
    text.text(progress.error->text());
    const bool status = *progress.error == errors::http_status;
    if (status) text.text(": ").text(decimal_signed(progress.error->detail()));
    if (!progress.host.empty()) text.text(status ? " from " : ", host ").text(progress.host);
    return as_text(text.written());
}

}  // namespace esb::ota
