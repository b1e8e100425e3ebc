// The other side of every measurement: a broker of one connection that answers at once and checks little. Bytes in,
// bytes out; MQTT 3.1.1.
#pragma once

#include "plan.hpp"

namespace bench {

class Broker {
public:
    using Bytes = std::vector<std::uint8_t>;

    void receive(const std::uint8_t* bytes, std::size_t count) {
        in_.insert(in_.end(), bytes, bytes + count);
        std::size_t at = 0;
        while (const std::size_t size = packet_at(at)) {
            take(&in_[at], size);
            at += size;
        }
        in_.erase(in_.begin(), in_.begin() + static_cast<std::ptrdiff_t>(at));
    }
    // Puts PUBLISHes into `out`.
    void deliver(unsigned count, unsigned qos) {
        for (unsigned i = 0; i < count; ++i) deliver_one(qos);
    }

    Bytes out;
    bool only_again = false;  // of the publishes only those with DUP are answered
    unsigned fresh = 0;      // PUBLISHes that came without DUP
    unsigned open = 0;       // deliveries of QoS 1 and 2 not acknowledged in full
    bool connected = false;
    bool subscribed = false;
    bool session_present = false;

private:
    // The size of the whole packet there; 0 when some of it is still to come.
    std::size_t packet_at(std::size_t at) const {
        std::size_t length = 0;
        for (std::size_t i = at + 1, shift = 0; i < in_.size(); ++i, shift += 7) {
            length |= static_cast<std::size_t>(in_[i] & 0x7F) << shift;
            if ((in_[i] & 0x80) != 0) continue;
            const std::size_t size = i + 1 - at + length;
            return at + size <= in_.size() ? size : 0;
        }
        return 0;
    }
    void put(std::initializer_list<std::uint8_t> bytes) { out.insert(out.end(), bytes); }
    void answer(std::uint8_t first, const std::uint8_t* id) { put({first, 2, id[0], id[1]}); }
    static const std::uint8_t* body(const std::uint8_t* packet) {
        ++packet;
        while ((*packet++ & 0x80) != 0) {}
        return packet;
    }
    void take(const std::uint8_t* packet, std::size_t size) {
        const std::uint8_t* at = body(packet);
        switch (packet[0] >> 4) {
            case 1:  // CONNECT
                connected = true;
                return put({0x20, 2, static_cast<std::uint8_t>(session_present ? 1 : 0), 0});
            case 3: {  // PUBLISH
                const unsigned qos = packet[0] >> 1 & 3;
                const bool again = (packet[0] & 8) != 0;
                if (!again) ++fresh;
                if (qos == 0 || (only_again && !again)) return;
                return answer(qos == 1 ? 0x40 : 0x50, at + 2 + (at[0] << 8 | at[1]));
            }
            case 4:  // PUBACK
            case 7:  // PUBCOMP
                --open;
                return;
            case 5:  // PUBREC
                return answer(0x62, at);
            case 6:  // PUBREL
                return answer(0x70, at);
            case 8:  // SUBSCRIBE
                subscribed = true;
                return put({0x90, 3, at[0], at[1], packet[size - 1]});
            case 12:  // PINGREQ
                return put({0xD0, 0});
            case 14:  // DISCONNECT
                return;
            default:
                give_up("the broker got a packet that it does not know");
        }
    }
    void deliver_one(unsigned qos) {
        const std::size_t length = 2 + topic.size() + (qos > 0 ? 2 : 0) + payload_size;
        put({static_cast<std::uint8_t>(0x30 | qos << 1), static_cast<std::uint8_t>(length | 0x80),
             static_cast<std::uint8_t>(length >> 7), 0, static_cast<std::uint8_t>(topic.size())});
        out.insert(out.end(), topic.begin(), topic.end());
        if (qos > 0) {
            if (++last_id_ == 0) ++last_id_;
            put({static_cast<std::uint8_t>(last_id_ >> 8), static_cast<std::uint8_t>(last_id_ & 0xFF)});
            ++open;
        }
        out.insert(out.end(), payload.begin(), payload.end());
    }

    Bytes in_;
    std::uint16_t last_id_ = 0;
};

}  // namespace bench
