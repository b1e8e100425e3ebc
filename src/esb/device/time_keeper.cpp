#include "esb/device/time_keeper.hpp"

#include "esb/record/log_words.hpp"

#include <array>
#include <cstdlib>

namespace esb {
namespace {

constexpr std::int64_t small_jump = 60;  // seconds: the clock's drift is not worth a line

constexpr std::int64_t day = 86'400;     // seconds
constexpr std::string_view time_key = "time.known";

}  // namespace

void TimeKeeper::use(const settings::Store& store) {
    voice_.tell("time", sntp_.use(store.text(settings::names::time_server), clock_.floor()));
}

Status TimeKeeper::on_time(UnixTime now) {
    const auto jump = clock_.set(now);
    if (!jump) return fail(jump.error());
    no_time_.reset();
    if constexpr (with_certificates) note(now);
    const auto by = jump->value_or(UnixTime(0)).count();
    if (*jump && std::abs(by) < small_jump) return {};
    voice_.out().text("time: ").text(record::utc_text(now)).line(" UTC");
    recorder_.date_entries();
    recorder_.note({record::LogKind::clock, 0, std::nullopt, static_cast<std::int32_t>(by)});
    return {};
}

// For the dates of certificates, until a time server answers after a loss of power.
void TimeKeeper::recall() {
    std::array<std::uint8_t, 8> bytes{};
    if (const auto stored = key_value_.get(time_key, bytes); !stored || stored->size() != bytes.size()) return;
    ByteReader reader(bytes);
    const std::uint64_t low = reader.le32().value_or(0), high = reader.le32().value_or(0);
    noted_ = UnixTime(static_cast<std::int64_t>(high << 32 | low));
}

// One that a wrong server had set too late is corrected by the next right one.
void TimeKeeper::note(UnixTime now) {
    if (std::abs((now - noted_).count()) < day) return;
    std::array<std::uint8_t, 8> bytes{};
    const auto seconds = static_cast<std::uint64_t>(now.count());
    ByteWriter(bytes).le32(static_cast<std::uint32_t>(seconds)).le32(static_cast<std::uint32_t>(seconds >> 32));
    if (key_value_.put(time_key, bytes)) noted_ = now;
}

// The same again is no news.
void TimeKeeper::on_no_time(const Error& why) {
    if (no_time_ && *no_time_ == why) return;
    no_time_ = why;
    voice_.failed("time", why);
}

}  // namespace esb
