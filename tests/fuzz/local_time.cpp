// Any text in the place of a time zone, a window of the day or a word about an update that waits: taken or refused, and what
// is taken has values that can be.
#include "esb/base/local_time.hpp"
#include "esb/base/bytes.hpp"

#include <cstdlib>

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace esb;
    constexpr std::int32_t day = 86400;
    const auto text = as_text({data, size});
    if (const auto zone = TimeZone::parse(text)) {
        std::int32_t offsets[2] = {zone->offset(UnixTime(0)), zone->offset(UnixTime(0))};
        for (std::int64_t at = 0; at < 70LL * 365 * day; at += 13 * day + 12345) {
            const auto offset = zone->offset(UnixTime(at));
            require(offset >= -day && offset <= day + 3600);
            if (offset != offsets[0] && offsets[1] == offsets[0]) offsets[1] = offset;
            require(offset == offsets[0] || offset == offsets[1]);
        }
        static_cast<void>(zone->offset(UnixTime(INT64_MAX)));
        static_cast<void>(zone->offset(UnixTime(INT64_MIN)));
    } else {
        require(static_cast<std::size_t>(zone.error().detail()) <= size);
    }
    if (const auto window = DailyWindow::parse(text)) {
        bool opens = false;
        for (std::int64_t local = -day; local < day; local += 600) {
            const auto until = window->until(local);
            require(until >= 0 && until < day && window->contains(local + until));
            opens = opens || until == 0;
        }
        static_cast<void>(window->until(INT64_MIN));
    }
    constexpr std::chrono::seconds longest = std::chrono::hours(24 * 366);
    if (const auto span = parse_span(text, longest)) require(span->count() > 0 && *span <= longest);
    return 0;
}
