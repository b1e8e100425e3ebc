#include "esb/link/brokers.hpp"

namespace esb::link {

void Brokers::use(const Usable& usable, const Usable& changed, bool keep) {
    usable_ = usable;
    changed_ = changed;
    if (const auto first = first_changed()) {
        failures_ = 0;
        if (!keep && !changed_[choice_.broker][choice_.key]) choice_ = *first;
    }
    if (usable_[choice_.broker][choice_.key]) return;
    failures_ = 0;
    go_to(this->usable(choice_.broker) ? choice_.broker : next_usable(choice_.broker));
}

bool Brokers::any() const { return usable_[choice_.broker][choice_.key]; }

std::optional<Brokers::Choice> Brokers::first_changed() const {
    for (std::uint8_t broker = 0; broker < max_brokers; ++broker) {
        for (std::uint8_t key = 0; key < max_keys; ++key) {
            if (usable_[broker][key] && changed_[broker][key]) return Choice{broker, key};
        }
    }
    return std::nullopt;
}

bool Brokers::is_candidate(std::size_t broker, std::size_t key) const {
    return usable_[broker][key] && (changed_[broker][0] || changed_[broker][1]);
}

unsigned Brokers::candidates() const {
    unsigned count = 0;
    for (std::size_t at = 0; at < places; ++at) count += is_candidate(at / max_keys, at % max_keys) ? 1 : 0;
    return count;
}

void Brokers::next_candidate() {
    std::size_t at = choice_.broker * max_keys + choice_.key;
    do {
        at = (at + 1) % places;
    } while (!is_candidate(at / max_keys, at % max_keys));
    choice_ = {static_cast<std::uint8_t>(at / max_keys), static_cast<std::uint8_t>(at % max_keys)};
}

void Brokers::failed(bool stay) {
    if (!any()) return;
    if (stay && candidates() > 0) return next_candidate();
    if (stay || ++failures_ < tries) {
        const auto other = static_cast<std::uint8_t>(1 - choice_.key);
        if (usable_[choice_.broker][other]) choice_.key = other;
        return;
    }
    failures_ = 0;
    go_to(next_usable(choice_.broker));
}

void Brokers::succeeded() {
    failures_ = 0;
    good_key_[choice_.broker] = choice_.key;
}

void Brokers::lost() {
    failures_ = 0;
    if (any()) go_to(next_usable(max_brokers - 1));
}

// To the key that worked last there, or the one that there is.
void Brokers::go_to(std::uint8_t broker) {
    const auto good = good_key_[broker];
    choice_ = {broker, usable_[broker][good] ? good : static_cast<std::uint8_t>(1 - good)};
    if (!any()) choice_ = {};
}

// The next broker after `from` in a circle; `from` itself when it is the only one.
std::uint8_t Brokers::next_usable(std::uint8_t from) const {
    for (std::size_t step = 1; step < max_brokers; ++step) {
        const auto broker = static_cast<std::uint8_t>((from + step) % max_brokers);
        if (usable(broker)) return broker;
    }
    return from;
}

}  // namespace esb::link
