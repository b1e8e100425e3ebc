// What the flight recorder's words need of the rooms above it, and the author's events.
#pragma once

#include "esb/base/result.hpp"
#include "esb/record/log_words.hpp"

#include <span>

namespace esb {

class LogNames final : public record::Names {
public:
    // The table must live as long as the device. invalid_argument for a name that is not [a-z0-9_.]{1,24}, or that
    // another error or event has; nothing is added then. `busy` when there is a table already.
    Status add(std::span<const ErrorKind> events);

    const ErrorKind* error(std::uint32_t number) const override;
    std::string_view update_state(std::uint8_t state) const override;

private:
    std::span<const ErrorKind> events_;
};

}  // namespace esb
