// A broker for one client, in memory and strict: bytes in, bytes out, a session that outlives connections. What a
// client must not do is written down in `violations`.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "support/mqtt_wire.hpp"

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
        } else if (connected_) {
            send(wire::publish(message.topic, message.payload));
        }
        fill_window();
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
        connected_ = closed_ = false;
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
        repeated_.insert(sent.id);
        send_again(sent);
    }
    std::size_t waiting() const { return waiting_.size(); }
    bool all_delivered() const { return waiting_.empty() && in_flight_.empty(); }
    bool idle() const { return all_delivered() && received_ids_.empty(); }

    static constexpr std::string_view refused_filter = "not/yours";
    wire::Bytes out;                      // to be carried to the client
    std::vector<Message> received;        // from the client; QoS 2 once per identifier
    std::vector<std::string> violations;  // the client's
    unsigned sessions_resumed = 0;
    unsigned sessions_new = 0;

private:
    enum class Wait : std::uint8_t { puback, pubrec, pubcomp };
    struct Sent {
        unsigned id;
        Message message;
        Wait wait;
    };

    void send(const wire::Bytes& bytes) { out = std::move(out) + bytes; }
    void violation(const std::string& text) { violations.push_back(text); }

    void take(const wire::Packet& p) {
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
                received_ids_.erase(p.id);
                return send(wire::pubcomp(p.id));
            case 7:
                return advance(p.id, Wait::pubcomp);
            case 8:
                return send(wire::suback(p.id, p.topic == refused_filter ? 0x80 : p.qos));
            case 10:
                return send(wire::unsuback(p.id));
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
        if (std::exchange(refuse_, false)) {
            closed_ = true;
            return send(wire::connack(false, 3));
        }
        if (p.clean_session) lose_session();
        connected_ = true;
        ++(has_session_ ? sessions_resumed : sessions_new);
        send(wire::connack(has_session_));
        has_session_ = !p.clean_session;
        for (const auto& sent : in_flight_) send_again(sent);
        fill_window();
    }

    void send_again(const Sent& sent) {
        if (sent.wait == Wait::pubcomp) return send(wire::pubrel(sent.id));
        send(wire::publish(sent.message.topic, sent.message.payload, sent.message.qos, sent.id, true));
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
        if (p.qos == 1) {
            received.push_back(message);
            return send(wire::puback(p.id));
        }
        if (received_ids_.insert(p.id).second) received.push_back(message);
        send(wire::pubrec(p.id));
    }

    void advance(unsigned id, Wait wait) {
        const auto sent = std::ranges::find(in_flight_, id, &Sent::id);
        if (sent == in_flight_.end() && repeated_.contains(id)) return;  // the second answer to one exchange
        if (sent == in_flight_.end()) return violation("answer to an unknown identifier " + std::to_string(id));
        if (wait == Wait::pubrec) {
            // PUBREC again (after a resend) is right, too.
            if (sent->wait == Wait::puback) violation("PUBREC to QoS 1");
            sent->wait = Wait::pubcomp;
            return send(wire::pubrel(id));
        }
        // A second PUBACK or PUBCOMP of one exchange finds nothing above.
        if (sent->wait != wait) return violation("wrong answer to " + std::to_string(id));
        in_flight_.erase(sent);
        fill_window();
    }

    void fill_window() {
        while (connected_ && !waiting_.empty() && in_flight_.size() < window_) {
            do {
                last_id_ = last_id_ % 65'535 + 1;
            } while (std::ranges::find(in_flight_, last_id_, &Sent::id) != in_flight_.end());
            const Message message = waiting_.front();
            waiting_.pop_front();
            in_flight_.push_back({last_id_, message, message.qos == 1 ? Wait::puback : Wait::pubrec});
            send(wire::publish(message.topic, message.payload, message.qos, last_id_));
        }
    }

    std::size_t window_;
    bool connected_ = false;
    bool closed_ = false;  // DISCONNECT came
    bool refuse_ = false;
    bool has_session_ = false;
    wire::Bytes stream_;
    std::set<unsigned> received_ids_;                 // QoS 2 between PUBLISH and PUBREL
    std::map<unsigned, std::string> open_publishes_;  // what each identifier last meant
    std::set<unsigned> repeated_;  // by repeat(), in this connection
    std::deque<Message> waiting_;
    std::deque<Sent> in_flight_;
    unsigned last_id_ = 0;
};

}  // namespace esb::test
