#include "esb/device/time_keeper.hpp"

#include "esb/record/log_words.hpp"

#include <cstdlib>

namespace esb {
namespace {

constexpr std::int64_t small_jump = 60;  // seconds: the clock's drift is not worth a line

}  // namespace

void TimeKeeper::use(const settings::Store& store) {
    voice_.tell("time", sntp_.use(store.text(settings::names::time_server), clock_.floor()));
}

Status TimeKeeper::on_time(UnixTime now) {
    const auto jump = clock_.set(now);
    if (!jump) return fail(jump.error());
    no_time_.reset();
    const auto by = jump->value_or(UnixTime(0)).count();
    if (*jump && std::abs(by) < small_jump) return {};
    voice_.out().text("time: ").text(record::utc_text(now)).line(" UTC");
    recorder_.date_entries();
    recorder_.note({record::LogKind::clock, 0, std::nullopt, static_cast<std::int32_t>(by)});
    return {};
}

// The same again is no news.
void TimeKeeper::on_no_time(const Error& why) {
    if (no_time_ && *no_time_ == why) return;
    no_time_ = why;
    voice_.failed("time", why);
}

}  // namespace esb
