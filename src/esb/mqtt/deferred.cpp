#include "esb/mqtt/deferred.hpp"

#include "esb/mqtt/errors.hpp"

#include <limits>

namespace esb::mqtt {

Result<Ticket> Deferred::defer(PacketId id, Qos qos) {
    if (taken_) {
        Entry& entry = entries_[count_ - 1];
        if (entry.waits_for == std::numeric_limits<std::uint8_t>::max()) return fail(errors::full);
        ++entry.waits_for;
        return entry.ticket;
    }
    if (++last_ticket_ == 0) ++last_ticket_;
    if (!add({last_ticket_, id, 1, qos == Qos::exactly_once, true})) return fail(errors::full);
    taken_ = true;
    return last_ticket_;
}

bool Deferred::is_free(PacketId id, Qos qos) {
    if (taken_) {
        taken_ = false;
        return false;
    }
    const bool exactly_once = qos == Qos::exactly_once;
    return !has_unanswered(exactly_once) || !add({0, id, 0, exactly_once, true});
}

bool Deferred::is_free_again(PacketId id) {
    for (std::size_t i = 0; i < count_; ++i) {
        Entry entry = entries_[i];
        if (entry.id != id || !entry.exactly_once) continue;
        if (entry.here) return false;  // one answer for both
        remove(i);
        entry.here = true;
        return !add(entry);
    }
    return is_free(id, Qos::exactly_once);
}

bool Deferred::acknowledge(Ticket ticket) {
    for (std::size_t i = 0; i < count_; ++i) {
        Entry& entry = entries_[i];
        if (entry.ticket != ticket || entry.waits_for == 0) continue;
        if (--entry.waits_for == 0 && !entry.here) remove(i);
        return true;
    }
    return false;
}

std::optional<Deferred::Answer> Deferred::next_answer() {
    const std::size_t delivered = count_ - (taken_ ? 1 : 0);
    bool blocked[2] = {};
    for (std::size_t i = 0; i < delivered; ++i) {
        const Entry entry = entries_[i];
        if (!entry.here || blocked[entry.exactly_once]) continue;
        blocked[entry.exactly_once] = entry.waits_for > 0;
        if (entry.waits_for > 0) continue;
        remove(i);
        return Answer{entry.id, entry.exactly_once};
    }
    return std::nullopt;
}

bool Deferred::waits_for_author(PacketId id) const {
    for (const Entry& entry : entries_.first(count_)) {
        if (entry.id == id && entry.exactly_once && entry.waits_for > 0) return true;
    }
    return false;
}

void Deferred::connection_lost() {
    for (std::size_t i = count_; i > 0; --i) {
        Entry& entry = entries_[i - 1];
        if (!entry.exactly_once || entry.waits_for == 0) {
            remove(i - 1);
        } else if (entry.here) {
            entry.here = false;
            --here_;
        }
    }
}

void Deferred::forget_earlier() {
    for (std::size_t i = count_; i > 0; --i) {
        if (!entries_[i - 1].here) remove(i - 1);
    }
}

bool Deferred::has_unanswered(bool exactly_once) {
    for (const Entry& entry : all()) {
        if (entry.here && entry.exactly_once == exactly_once) return true;
    }
    return false;
}

// One of an earlier connection that the broker never mentions again has to make room in the end.
bool Deferred::add(const Entry& entry) {
    if (full()) return false;
    for (std::size_t i = 0; count_ == entries_.size(); ++i) {
        if (!entries_[i].here) remove(i);
    }
    entries_[count_++] = entry;
    ++here_;
    return true;
}

void Deferred::remove(std::size_t index) {
    if (entries_[index].here) --here_;
    --count_;
    for (; index < count_; ++index) entries_[index] = entries_[index + 1];
}

}  // namespace esb::mqtt
