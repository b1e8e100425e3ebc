// A broker for one client, in memory and strict: bytes in, bytes out, a session that outlives connections. What a
// client must not do is written down in `violations`. It speaks the version that the client speaks; with 5.0 it keeps to the
// client's receive maximum and packet size, has a receive maximum of its own, and refuses messages with a reason.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "support/mqtt_wire5.hpp"

namespace esb::test {

class MqttBrokerModel {
public:
    struct Message {
        std::string topic;
        std::string payload;
        unsigned qos = 0;
    };

    explicit MqttBrokerModel(std::size_t window = 20) : window_(window) {}

    // To the client; QoS 1 and 2 wait while it is away.
    void publish(const Message& message) {
        if (message.qos > 0) {
            waiting_.push_back(message);
        } else if (connected_ && !closed_ && !too_large(message)) {
            send_publish(message, 0, false);
        }
        fill_window();
    }
    // Time passes; a session ends when its client has been away for longer than it said.
    void pass(unsigned seconds) {
        if (connected_ || expiry_s_ == forever) return;
        away_s_ += seconds;
        if (away_s_ > expiry_s_ && has_session_) {
            lose_session();
            ++sessions_expired;
        }
    }
    void receive(const wire::Bytes& bytes) {
        stream_ = std::move(stream_) + bytes;
        while (!closed_) {
            auto packet = wire::take_packet(stream_);
            if (!packet) return;
            take(*packet);
        }
    }
    // The connection is gone, with all bytes on their way.
    void connection_lost() {
        stream_.clear();
        out.clear();
        repeated_.clear();
        unanswered_.clear();
        sent_ = 0;
        connected_ = closed_ = five_ = false;
        away_s_ = 0;
    }
    void lose_session() {
        received_ids_.clear();
        open_publishes_.clear();
        in_flight_.clear();
        has_session_ = false;
    }
    // The next CONNECT is refused: the server is unavailable.
    void refuse_next() { refuse_ = true; }
    // Sends something again that is not answered yet, as a broker with a timer would; within a connection.
    void repeat(std::size_t which) {
        if (!connected_ || in_flight_.empty()) return;
        const Sent& sent = in_flight_[which % in_flight_.size()];
        if (sent.again) return;
        repeated_.insert(sent.id);
        send_again(sent);
    }
    // MQTT 5.0: ends the connection with a reason.
    void end(unsigned code) {
        if (!connected_ || !five_ || closed_) return;
        send(wire5::disconnect(code, wire5::text(0x1F, "because")));
        closed_ = true;
    }
    // Bytes of no packet that it knows.
    void babble() { send(five_ ? wire::Bytes{0x00, 0x00} : wire::Bytes{0xF0, 0x00}); }
    std::size_t waiting() const { return waiting_.size(); }
    bool all_delivered() const { return waiting_.empty() && in_flight_.empty(); }
    bool idle() const { return all_delivered() && received_ids_.empty(); }

    static constexpr std::string_view refused_filter = "not/yours";
    wire::Bytes out;                      // to be carried to the client
    std::vector<Message> received;        // from the client; QoS 2 once per identifier
    std::vector<std::string> violations;  // the client's
    std::set<std::string> refused;        // payloads, MQTT 5.0
    std::vector<Message> left_out;        // larger than the client takes, MQTT 5.0
    bool refuses_five = false;            // speaks 3.1.1 alone
    unsigned refuses_one_in = 0;          // messages, MQTT 5.0; 0: none
    unsigned receive_maximum = 0xFFFF;    // MQTT 5.0
    unsigned sessions_expired = 0;
    unsigned connections_five = 0;
    unsigned sessions_resumed = 0;
    unsigned sessions_new = 0;

private:
    enum class Wait : std::uint8_t { puback, pubrec, pubcomp };
    struct Sent {
        unsigned id;
        Message message;
        Wait wait;
        bool again = false;  // it is to go again, in this connection
    };

    // A publish that is not answered, as far as the client can know: the answer ends at `until` in what was sent.
    struct Unanswered {
        unsigned id;
        std::size_t until;
    };
    static constexpr std::uint32_t forever = 0xFFFF'FFFF;

    void send(const wire::Bytes& bytes) {
        sent_ += bytes.size();
        out = std::move(out) + bytes;
    }
    std::size_t carried() const { return sent_ - out.size(); }
    // In the forms that there are: without a code, with one, with properties.
    void send_ack(unsigned first, unsigned id, unsigned code = 0) {
        const std::size_t form = five_ ? (sent_ + code) % 3 : 0;
        if (form == 0 && code == 0) return send(wire::packet(first, wire::u16(id)));
        if (form == 1) return send(wire::packet(first, wire::u16(id) + wire5::byte(code)));
        send(wire5::ack(first, id, code, wire5::text(0x1F, "so")));
    }
    void send_publish(const Message& message, unsigned id, bool duplicate) {
        if (!five_) return send(wire::publish(message.topic, message.payload, message.qos, id, duplicate));
        const auto properties = id % 2 == 0 ? wire5::user("k", "v") : wire::Bytes{};
        send(wire5::publish(message.topic, message.payload, message.qos, id, properties, duplicate));
    }
    bool too_large(const Message& message) const {
        return five_ && wire5::publish(message.topic, message.payload, message.qos, 2, wire5::user("k", "v")).size() > max_packet_;
    }
    // The client's packet with what MQTT 5.0 has in it put aside.
    static wire::Packet without_properties(wire::Packet p) {
        wire5::Reader in(p.body);
        if (p.type == 3) {
            p.topic = in.text();
            if (p.qos > 0) p.id = in.u16();
            in.properties();
            const auto payload = in.rest();
            p.payload.assign(payload.begin(), payload.end());
        } else if (p.type == 8 || p.type == 10) {
            p.id = in.u16();
            in.properties();
            p.topic = in.text();
            if (p.type == 8) p.qos = in.u8();
        }
        return p;
    }
    void violation(const std::string& text) { violations.push_back(text); }

    void take(const wire::Packet& packet) {
        const wire::Packet p = five_ ? without_properties(packet) : packet;
        if ((p.type == 1) == connected_) return violation("CONNECT not first or not once: " + wire::describe(p));
        switch (p.type) {
            case 1:
                return take_connect(p);
            case 3:
                return take_publish(p);
            case 4:
                return advance(p.id, Wait::puback);
            case 5:
                return advance(p.id, Wait::pubrec);
            case 6:
                return take_release(p.id);
            case 7:
                return advance(p.id, Wait::pubcomp);
            case 8:
                if (five_) return send(wire5::suback(p.id, p.topic == refused_filter ? 0x87 : p.qos));
                return send(wire::suback(p.id, p.topic == refused_filter ? 0x80 : p.qos));
            case 10:
                return send(five_ ? wire5::unsuback(p.id, 0x11) : wire::unsuback(p.id));
            case 12:
                return send(wire::pingresp());
            case 14:
                closed_ = true;
                return;
            default:
                return violation("foreign packet: " + wire::describe(p));
        }
    }

    void take_connect(const wire::Packet& p) {
        const bool asks_for_five = p.body.at(6) == 5;
        if (asks_for_five && refuses_five) {
            closed_ = true;
            return send(wire5::connack(false, 0x84));
        }
        five_ = asks_for_five;
        if (std::exchange(refuse_, false)) {
            closed_ = true;
            return send(five_ ? wire5::connack(false, 0x88) : wire::connack(false, 3));
        }
        expiry_s_ = p.clean_session ? 0 : forever;
        client_window_ = 0xFFFF;
        if (five_) take_connect_properties(p);
        if (p.clean_session) lose_session();
        connected_ = true;
        ++(has_session_ ? sessions_resumed : sessions_new);
        if (five_) ++connections_five;
        send(five_ ? wire5::connack(has_session_, 0, wire5::two(0x21, receive_maximum)) : wire::connack(has_session_));
        has_session_ = expiry_s_ > 0;
        // From a connection that had no such limit.
        std::erase_if(in_flight_, [this](const Sent& sent) {
            const bool drops = sent.wait != Wait::pubcomp && too_large(sent.message);
            if (drops) left_out.push_back(sent.message);
            return drops;
        });
        for (auto& sent : in_flight_) sent.again = true;
        fill_window();
    }
    void take_connect_properties(const wire::Packet& p) {
        wire5::Reader in(p.body);
        in.take(10);
        expiry_s_ = 0;
        max_packet_ = forever;
        const auto bytes = in.properties();
        for (wire5::Reader properties(bytes); !properties.empty();) {
            const unsigned id = properties.u8();
            const auto number = [&](unsigned size) {
                std::uint32_t value = 0;
                while (size-- > 0) value = value * 256 + properties.u8();
                return value;
            };
            if (id == 0x11) {
                expiry_s_ = number(4);
            } else if (id == 0x21) {
                client_window_ = number(2);
            } else if (id == 0x27) {
                max_packet_ = number(4);
            } else if (id != 0x22 || number(2) != 0) {
                return violation("a property of CONNECT: " + std::to_string(id));
            }
        }
    }

    void send_again(const Sent& sent) {
        if (sent.wait == Wait::pubcomp) return send_ack(0x62, sent.id);
        send_publish(sent.message, sent.id, true);
    }

    // MQTT 5.0, section 4.9: what the client has sent and has no answer for.
    void count(unsigned id, bool answered) {
        if (!five_) return;
        std::erase_if(unanswered_, [this](const Unanswered& one) { return one.until <= carried(); });
        const auto known = std::ranges::find(unanswered_, id, &Unanswered::id);
        if (answered) {
            if (known != unanswered_.end()) known->until = sent_;
        } else if (known == unanswered_.end()) {
            unanswered_.push_back({id, ~std::size_t{0}});
        }
        if (unanswered_.size() > receive_maximum) violation("more in flight than our receive maximum");
    }

    void take_release(unsigned id) {
        const bool known = received_ids_.erase(id) > 0;
        send_ack(0x70, id, known || !five_ ? 0 : 0x92);
        count(id, true);
    }

    void take_publish(const wire::Packet& p) {
        const Message message{p.topic, p.payload, p.qos};
        if (p.qos == 0) return received.push_back(message);
        const auto open = open_publishes_.find(p.id);
        if (p.duplicate() && open != open_publishes_.end() && open->second != p.payload) {
            violation("another message under the identifier of a resend: " + wire::describe(p));
        }
        // Once the identifier's exchange is over on our side, an answer may still have been lost: DUP is right then.
        if (!p.duplicate() && received_ids_.contains(p.id)) violation("identifier in use: " + wire::describe(p));
        open_publishes_[p.id] = p.payload;
        count(p.id, false);
        const bool again = refused.contains(p.payload);
        const bool refuses = five_ && refuses_one_in > 0 && !received_ids_.contains(p.id) &&
                             (again || (!p.duplicate() && p.payload.size() % refuses_one_in == 0));
        if (refuses) {
            refused.insert(p.payload);
            send_ack(p.qos == 1 ? 0x40 : 0x50, p.id, 0x97);
            return count(p.id, true);
        }
        if (p.qos == 1) {
            received.push_back(message);
            send_ack(0x40, p.id);
            return count(p.id, true);
        }
        if (received_ids_.insert(p.id).second) received.push_back(message);
        send_ack(0x50, p.id);
    }

    void advance(unsigned id, Wait wait) {
        const auto sent = std::ranges::find(in_flight_, id, &Sent::id);
        if (sent == in_flight_.end() && repeated_.contains(id)) return;  // the second answer to one exchange
        if (sent == in_flight_.end()) return violation("answer to an unknown identifier " + std::to_string(id));
        if (wait == Wait::pubrec) {
            // PUBREC again (after a resend) is right, too.
            if (sent->wait == Wait::puback) violation("PUBREC to QoS 1");
            sent->wait = Wait::pubcomp;
            return send_ack(0x62, id);
        }
        // A second PUBACK or PUBCOMP of one exchange finds nothing above.
        if (sent->wait != wait) return violation("wrong answer to " + std::to_string(id));
        in_flight_.erase(sent);
        fill_window();
    }

    void fill_window() {
        // First what goes again; PUBREL is not counted.
        std::size_t open = 0;
        for (auto& sent : in_flight_) {
            if (sent.again && connected_ && (!five_ || open < client_window_ || sent.wait == Wait::pubcomp)) {
                sent.again = false;
                send_again(sent);
            }
            if (!sent.again) ++open;
        }
        while (connected_ && !closed_ && !waiting_.empty() && in_flight_.size() < std::min<std::size_t>(window_, client_window_)) {
            if (too_large(waiting_.front())) {  // MQTT-3.1.2-25
                left_out.push_back(waiting_.front());
                waiting_.pop_front();
                continue;
            }
            do {
                last_id_ = last_id_ % 65'535 + 1;
            } while (std::ranges::find(in_flight_, last_id_, &Sent::id) != in_flight_.end());
            const Message message = waiting_.front();
            waiting_.pop_front();
            in_flight_.push_back({last_id_, message, message.qos == 1 ? Wait::puback : Wait::pubrec});
            send_publish(message, last_id_, false);
        }
    }

    std::size_t window_;
    bool connected_ = false;
    bool closed_ = false;  // DISCONNECT came
    bool refuse_ = false;
    bool has_session_ = false;
    bool five_ = false;
    std::uint32_t expiry_s_ = forever;
    std::uint32_t away_s_ = 0;
    std::uint32_t client_window_ = 0xFFFF;
    std::uint32_t max_packet_ = forever;
    std::size_t sent_ = 0;  // bytes, in this connection
    std::vector<Unanswered> unanswered_;
    wire::Bytes stream_;
    std::set<unsigned> received_ids_;                 // QoS 2 between PUBLISH and PUBREL
    std::map<unsigned, std::string> open_publishes_;  // what each identifier last meant
    std::set<unsigned> repeated_;  // by repeat(), in this connection
    std::deque<Message> waiting_;
    std::deque<Sent> in_flight_;
    unsigned last_id_ = 0;
};

}  // namespace esb::test
