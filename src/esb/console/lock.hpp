// The console's password: locked after each start and when nobody types, and guessing is slow.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/result.hpp"
#include "esb/base/time.hpp"
#include "esb/chip/key_value.hpp"
#include "esb/console/console.hpp"
#include "esb/console/errors.hpp"
#include "esb/settings/trust_record.hpp"

#include <cstdint>
#include <string_view>

namespace esb::console {

// The hash (crypto/password.hpp) is a setting, so it is handed in; empty means that there is no password.
//
// The number of wrong guesses in a row is stored before each guess is judged: cutting the power in between, or after
// it, wins nothing. It is kept twice (settings/trust_record.hpp), and counts as many when it is lost. That costs four small
// writes for an unlocking and two for a wrong guess, which the waiting bounds.
class Lock {
public:
    static constexpr Duration idle_limit = std::chrono::minutes(10);
    static constexpr unsigned free_guesses = 3;  // without waiting
    static constexpr Duration longest_wait = std::chrono::minutes(5);

    Lock(chip::KeyValue& key_value, Console& console)
        : guesses_(key_value, settings::trust_names::lock_guesses), console_(console) {}

    // After a start: locks if there is a password, and makes guessers wait as if the last guess had been now.
    void begin(ConstBytes hash, Instant now);
    // Locks a console that nobody has used for idle_limit; unlocks one whose password is gone.
    void step(ConstBytes hash, Instant now);
    std::optional<Instant> deadline(ConstBytes hash) const;

    // Takes as long as hashing does. console_wait, password_wrong, the errors of the store (the guess was not judged);
    // success when it is not locked.
    Status unlock(ConstBytes hash, std::string_view password, Instant now);
    // console_no_password.
    Status lock(ConstBytes hash);
    // Until the next guess is judged; zero: now.
    Duration wait(Instant now) const;

private:
    Status store(std::uint8_t wrong_guesses);

    settings::TrustRecord<std::uint8_t> guesses_;
    Console& console_;
    std::uint8_t wrong_guesses_ = 0;
    Instant next_guess_{};
};

// How long to wait after this many wrong guesses in a row: nothing, then 1 s, doubling.
Duration wait_after(unsigned wrong_guesses);

}  // namespace esb::console
