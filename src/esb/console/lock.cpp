#include "esb/console/lock.hpp"

#include "esb/crypto/password.hpp"

#include <algorithm>

namespace esb::console {
namespace {

constexpr std::uint8_t guesses_max = 255;

}  // namespace

Duration wait_after(unsigned wrong_guesses) {
    if (wrong_guesses < Lock::free_guesses) return Duration(0);
    const auto doublings = std::min(wrong_guesses - Lock::free_guesses, 20U);
    return std::min<Duration>(std::chrono::seconds(1) * (1 << doublings), Lock::longest_wait);
}

void Lock::begin(ConstBytes hash, Instant now) {
    wrong_guesses_ = 0;
    if (!guesses_.load(wrong_guesses_)) {
        wrong_guesses_ = guesses_max;
        static_cast<void>(guesses_.restore(guesses_max));
    }
    next_guess_ = now + wait_after(wrong_guesses_);
    console_.set_locked(!hash.empty());
}

void Lock::step(ConstBytes hash, Instant now) {
    if (hash.empty()) {
        if (console_.locked()) console_.set_locked(false);
        return;
    }
    if (!console_.locked() && now >= console_.last_input() + idle_limit) console_.set_locked(true);
}

std::optional<Instant> Lock::deadline(ConstBytes hash) const {
    if (hash.empty() || console_.locked()) return std::nullopt;
    return console_.last_input() + idle_limit;
}

Status Lock::unlock(ConstBytes hash, std::string_view password, Instant now) {
    if (!console_.locked()) return {};
    if (now < next_guess_) return fail(errors::console_wait);
    const auto before = wrong_guesses_;
    ESB_TRY(store(static_cast<std::uint8_t>(std::min<unsigned>(before + 1U, guesses_max))));
    const auto checked = crypto::check_password(hash, password);
    if (!checked) {
        // Memory that ran out is nobody's guess, but it is not worth another write either.
        next_guess_ = now + wait_after(wrong_guesses_);
        return checked;
    }
    console_.set_locked(false);
    return store(0);
}

Status Lock::lock(ConstBytes hash) {
    if (hash.empty()) return fail(errors::console_no_password);
    console_.set_locked(true);
    return {};
}

Duration Lock::wait(Instant now) const { return std::max(next_guess_ - now, Duration(0)); }

Status Lock::store(std::uint8_t wrong_guesses) {
    ESB_TRY(guesses_.save(wrong_guesses));
    wrong_guesses_ = wrong_guesses;
    return {};
}

}  // namespace esb::console
