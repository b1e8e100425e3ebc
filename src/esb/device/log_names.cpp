#include "esb/device/log_names.hpp"

#include "esb/device/known_errors.hpp"
#include "esb/ota/progress.hpp"
#include "esb/record/log_entry.hpp"
#include "esb/settings/setting.hpp"

#include <algorithm>

namespace esb {
namespace {

const ErrorKind* find(std::span<const ErrorKind> events, std::uint32_t number) {
    const auto found = std::find_if(events.begin(), events.end(), [number](const ErrorKind& event) {
        return record::error_number(event.name) == number;
    });
    return found == events.end() ? nullptr : &*found;
}

}  // namespace

Status LogNames::add(std::span<const ErrorKind> events) {
    if (!events_.empty()) return fail(errors::busy);
    for (std::size_t i = 0; i < events.size(); ++i) {
        const auto name = events[i].name;
        const auto number = record::error_number(name);
        const bool good = settings::is_name(name);  // the form of a setting's name
        if (!good || known_error(number) != nullptr || find(events.first(i), number) != nullptr) {
            return fail(errors::invalid_argument);
        }
    }
    events_ = events;
    return {};
}

const ErrorKind* LogNames::error(std::uint32_t number) const {
    const auto* kind = known_error(number);
    return kind != nullptr ? kind : find(events_, number);
}

std::string_view LogNames::update_state(std::uint8_t state) const {
    const bool known = state <= static_cast<std::uint8_t>(ota::State::waiting);
    return known ? ota::name(static_cast<ota::State>(state)) : std::string_view();
}

}  // namespace esb
