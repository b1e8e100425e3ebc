// Errors as values. Every fallible function of the library returns Result<T> or Status.
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

namespace esb {

// What can go wrong, one constant per cause. Each room defines its own in `errors.hpp` with
//   inline constexpr ErrorKind bad_psk{"tls.bad_psk", "the broker does not know this identity or key"};
// `name` is stable, dotted `room.cause`, and goes on the wire; `text` is one line for people.
struct ErrorKind {
    std::string_view name;
    std::string_view text;
};

// A cause plus one number that says more (an errno, an alert, an offset); 0 when there is none.
// Two errors are equal when their kinds are the same object; `detail` does not take part.
class Error {
public:
    constexpr explicit Error(const ErrorKind& kind, std::int32_t detail = 0) : kind_(&kind), detail_(detail) {}

    constexpr std::string_view name() const { return kind_->name; }
    constexpr std::string_view text() const { return kind_->text; }
    constexpr const ErrorKind& kind() const { return *kind_; }
    constexpr std::int32_t detail() const { return detail_; }

    friend constexpr bool operator==(const Error& a, const Error& b) { return a.kind_ == b.kind_; }
    friend constexpr bool operator==(const Error& a, const ErrorKind& b) { return a.kind_ == &b; }

private:
    const ErrorKind* kind_;
    std::int32_t detail_;
};

template <typename T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

// `return fail(errors::full);`
constexpr std::unexpected<Error> fail(const ErrorKind& kind, std::int32_t detail = 0) {
    return std::unexpected<Error>(Error(kind, detail));
}
constexpr std::unexpected<Error> fail(const Error& error) { return std::unexpected<Error>(error); }

// Causes that mean the same in every room.
namespace errors {
inline constexpr ErrorKind invalid_argument{"invalid_argument", "the argument is not valid"};
inline constexpr ErrorKind out_of_range{"out_of_range", "the value is outside its allowed range"};
inline constexpr ErrorKind too_long{"too_long", "the value is longer than allowed"};
inline constexpr ErrorKind too_short{"too_short", "the value is shorter than allowed"};
inline constexpr ErrorKind bad_encoding{"bad_encoding", "the text is not valid in its encoding"};
inline constexpr ErrorKind full{"full", "no room is left"};
inline constexpr ErrorKind not_found{"not_found", "there is no such entry"};
inline constexpr ErrorKind busy{"busy", "another operation is under way"};
inline constexpr ErrorKind would_block{"would_block", "not ready yet, try again when told"};
inline constexpr ErrorKind closed{"closed", "the connection was closed"};
inline constexpr ErrorKind timed_out{"timed_out", "no answer in time"};
inline constexpr ErrorKind no_memory{"no_memory", "memory ran out"};
inline constexpr ErrorKind cancelled{"cancelled", "the operation was cancelled"};
}  // namespace errors

// Propagates an error: ESB_TRY(store.save());
#define ESB_TRY(expression)                                              \
    do {                                                                 \
        if (auto esb_try_ = (expression); !esb_try_) [[unlikely]]        \
            return std::unexpected(esb_try_.error());                    \
    } while (false)

}  // namespace esb
