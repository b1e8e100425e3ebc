// Messages of QoS 1 and 2 whose acknowledgement has to wait: for their author, or for an earlier message of the same QoS, since
// acknowledgements go in the order of the messages (MQTT-4.6.0-2, MQTT-4.6.0-3).
#pragma once

#include "esb/mqtt/codec.hpp"

#include <optional>
#include <span>

namespace esb::mqtt {

class Deferred {
public:
    struct Entry {
        Ticket ticket;
        PacketId id;
        std::uint8_t waits_for;  // so many handlers; 0: for earlier messages only
        bool exactly_once : 1;
        bool here : 1;  // came in this connection
    };

    // Twice as many as may be unanswered: after a cut, what the broker repeats first stands beside those it has not reached yet.
    void use(std::span<Entry> entries) { entries_ = entries; }
    bool empty() const { return count_ == 0; }
    // As many of this connection are unanswered as may be.
    bool full() const { return here_ == entries_.size() / 2; }

    // The message that is being delivered, for one more handler. There must be room. full: that many handlers cannot be counted.
    Result<Ticket> defer(PacketId id, Qos qos);
    // It has been delivered in full. True when its acknowledgement may go at once; otherwise next_answer() will give it.
    bool is_free(PacketId id, Qos qos);
    // A message of QoS 2 that was delivered in an earlier connection, or in this one, has come again; like is_free().
    bool is_free_again(PacketId id);
    // The author has done with it. False when nobody waits for it any more.
    bool acknowledge(Ticket ticket);
    // The next acknowledgement that may go, in order; taken off.
    struct Answer {
        PacketId id;
        bool exactly_once;
    };
    std::optional<Answer> next_answer();
    // Its author has not done with it.
    bool waits_for_author(PacketId id) const;

    // The connection is gone: QoS 1 comes anew. QoS 2 was delivered and is not again, but its author is still waited for.
    void connection_lost();
    // The session is gone: nothing of an earlier connection comes again.
    void forget_earlier();

private:
    std::span<Entry> all() { return entries_.first(count_); }
    bool has_unanswered(bool exactly_once);
    // Behind all others. False when there is no room.
    bool add(const Entry& entry);
    void remove(std::size_t index);

    std::span<Entry> entries_;
    std::size_t count_ = 0;
    std::size_t here_ = 0;  // of this connection
    Ticket last_ticket_ = 0;
    bool taken_ = false;  // by a handler of the message that is delivered right now
};

}  // namespace esb::mqtt
