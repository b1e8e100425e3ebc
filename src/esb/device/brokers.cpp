#include "esb/device/brokers.hpp"

namespace esb {

void Brokers::use(const Usable& usable) {
    usable_ = usable;
    if (usable_[choice_.broker][choice_.key]) return;
    failures_ = 0;
    go_to(this->usable(choice_.broker) ? choice_.broker : next_usable(choice_.broker));
}

bool Brokers::any() const { return usable_[choice_.broker][choice_.key]; }

void Brokers::failed(bool stay) {
    if (!any()) return;
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

}  // namespace esb
