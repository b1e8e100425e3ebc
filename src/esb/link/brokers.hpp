// Which broker, and which of its two keys, is tried next. It knows no addresses, only what there is to choose from.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace esb::link {

// The first broker is preferred. A broker that fails `tries` times in a row (both keys are tried in turn while both
// are set) gives way to the next one, and the last to the first. A connection that ends begins with the first broker
// again. The key that worked last is tried first.
class Brokers {
public:
    static constexpr std::size_t max_brokers = 3;
    static constexpr std::size_t max_keys = 2;
    static constexpr unsigned tries = 4;

    struct Choice {
        std::uint8_t broker = 0;
        std::uint8_t key = 0;
        friend bool operator==(const Choice&, const Choice&) = default;
    };
    // keys[broker][key]: true where that account is complete.
    using Usable = std::array<std::array<bool, max_keys>, max_brokers>;

    // What there is from now on, and which of it is new or another than before: that is tried first. `keep`, or nothing
    // new: a choice that is still possible stays.
    void use(const Usable& usable, const Usable& changed = {}, bool keep = false);
    const Choice& choice() const { return choice_; }
    // False when no account is complete.
    bool any() const;

    // An attempt with choice(), or a connection that never came as far as a round trip, has failed. `stay`: among the
    // brokers that changed, as they are to prove themselves; with this one when none has.
    void failed(bool stay = false);
    // Accounts that take turns then; 0 when nothing has changed.
    unsigned candidates() const;
    // A round trip with choice() has succeeded.
    void succeeded();
    // A connection that had succeeded has ended.
    void lost();

private:
    static constexpr std::size_t places = max_brokers * max_keys;

    std::optional<Choice> first_changed() const;
    bool is_candidate(std::size_t broker, std::size_t key) const;
    void next_candidate();
    bool usable(std::uint8_t broker) const { return usable_[broker][0] || usable_[broker][1]; }
    void go_to(std::uint8_t broker);
    std::uint8_t next_usable(std::uint8_t from) const;

    Usable usable_{};
    Usable changed_{};
    Choice choice_;
    std::array<std::uint8_t, max_brokers> good_key_{};  // the one that worked last
    std::uint8_t failures_ = 0;                         // of this broker in a row
};

}  // namespace esb::link
