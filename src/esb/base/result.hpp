// Errors as values. Every fallible function of the library returns Result<T> or Status.
#pragma once

#include "esb/base/errors.hpp"

#include <cstdint>
#include <expected>
#include <string_view>

namespace esb {

// A cause plus one number that says more (an errno, an alert, an offset); 0 when there is none.
// Two errors are equal when their kinds are the same object; `detail` does not take part.
class Error {
public:
    constexpr explicit Error(const ErrorKind& kind, std::int32_t detail = 0) : kind_(&kind), detail_(detail) {}

    constexpr std::string_view name() const { return kind_->name; }  // stable: `mqtt.refused.credentials`
    constexpr std::string_view text() const { return kind_->text; }  // one line for people
    constexpr const ErrorKind& kind() const { return *kind_; }       // to compare with one of errors
    constexpr std::int32_t detail() const { return detail_; }        // what it means says whoever fails; 0: nothing

    friend constexpr bool operator==(const Error& a, const Error& b) { return a.kind_ == b.kind_; }
    friend constexpr bool operator==(const Error& a, const ErrorKind& b) { return a.kind_ == &b; }

private:
    const ErrorKind* kind_;
    std::int32_t detail_;
};

template <typename T>
using Result = std::expected<T, Error>;  // a value, or why there is none
using Status = Result<void>;             // done, or why not

// `return fail(errors::full);`
constexpr std::unexpected<Error> fail(const ErrorKind& kind, std::int32_t detail = 0) {
    return std::unexpected<Error>(Error(kind, detail));
}
constexpr std::unexpected<Error> fail(const Error& error) { return std::unexpected<Error>(error); }

// Propagates an error: ESB_TRY(store.save());
#define ESB_TRY(expression)                                              \
    do {                                                                 \
        if (auto esb_try_ = (expression); !esb_try_) [[unlikely]]        \
            return std::unexpected(esb_try_.error());                    \
    } while (false)

}  // namespace esb
