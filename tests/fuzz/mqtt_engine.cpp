// The whole client, fed with bytes and times. The input is a list of commands of two bytes and more; what the
// client says is checked all the way: the stream it writes is well-formed and begins with CONNECT, each accepted
// operation completes exactly once, pieces of messages follow each other, and time never runs in a circle.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "esb/mqtt/client.hpp"
#include "tests/support/mqtt_wire5.hpp"

namespace {

using namespace esb;
namespace wire = esb::test::wire;
namespace wire5 = esb::test::wire5;
using State = mqtt::Client::State;

void check(bool condition) {
    if (!condition) std::abort();
}

constexpr mqtt::Limits limits{
    .max_topic = 12, .max_inflight_out = 2, .max_inflight_in = 2, .max_acks = 4, .max_packet_in = 200, .max_properties = 24};

class World : mqtt::Handler {
public:
    World() : memory_(mqtt::Client::minimum_memory(limits) + 128), client_(*this, limits, memory_) {
        configure(0);
    }

    void run(ConstBytes input) {
        client_.start(now_, 0);
        while (input.size() >= 2) {
            const std::uint8_t command = input[0];
            const std::uint8_t value = input[1];
            input = input.subspan(2);
            const std::size_t taken = execute(command, value, input);
            input = input.subspan(taken);
            check(client_.pending() == publishes_.size());
        }
        finish();
    }

private:
    // Returns how many of the following bytes it used.
    std::size_t execute(std::uint8_t command, std::uint8_t value, ConstBytes rest) {
        const auto bytes = rest.first(std::min<std::size_t>(value, rest.size()));
        if (command % 64 == 63) {
            send_large(value);
            return 0;
        }
        if (command % 64 == 61) {
            acknowledge(value);
            return 0;
        }
        if (command % 64 == 62) {
            configure(value);
            return 0;
        }
        switch (command % 12) {
            case 0:
                receive(bytes);
                return bytes.size();
            case 1:
                pass(Duration(value) * 100);
                break;
            case 2:
                send(value);
                break;
            case 3:
                publish(value, bytes);
                break;
            case 4:
                subscribe(value);
                break;
            case 5:
                open();
                break;
            case 6:
                close();
                break;
            case 7:
                while (!client_.output().empty()) send(255);
                break;
            case 8:
                value % 2 == 0 ? client_.stop(now_) : client_.start(now_, value);
                break;
            case 9:
                client_.forget_session();
                break;
            case 10:
                reaction_ = value;
                break;
            default:
                go_online(value % 2 == 1);
        }
        return 0;
    }

    // What the client does not take yet is given to it again.
    void receive(ConstBytes bytes) {
        unread_.insert(unread_.end(), bytes.begin(), bytes.end());
        const std::size_t used = client_.receive(unread_, now_);
        check(used == unread_.size() || !client_.wants_input());
        unread_.erase(unread_.begin(), unread_.begin() + static_cast<std::ptrdiff_t>(used));
    }
    void acknowledge(std::uint8_t value) {
        if (tickets_.empty()) return;
        const std::size_t which = value % tickets_.size();
        static_cast<void>(client_.acknowledge(tickets_[which]));
        tickets_.erase(tickets_.begin() + static_cast<std::ptrdiff_t>(which));
        receive({});
    }
    // From now on another version.
    void configure(std::uint8_t value) {
        mqtt::ConnectOptions options;
        options.client_id = "fuzz";
        options.keep_alive_s = 10;
        options.will = {"will", as_bytes("0"), mqtt::Qos::at_least_once, false};
        options.version = static_cast<mqtt::Version>(value % 3);
        options.clean_session = value % 16 == 15;
        options.session_known = true;
        check(client_.configure(options).has_value());
    }
    // A message above the limits, by its topic or its payload, wherever in the stream it falls.
    void send_large(std::uint8_t value) {
        const std::string topic(value % 2 == 0 ? 13 + value : 1, 't');
        const std::string payload(value % 4 < 2 ? 250 : value, 'x');
        client_.receive(client_.speaks_five() ? wire5::publish(topic, payload, value % 3, value + 1U)
                                              : wire::publish(topic, payload, value % 3, value + 1U),
                        now_);
    }

    void go_online(bool session_present) {
        if (client_.state() == State::waiting) pass(121s);
        open();
        while (!client_.output().empty()) send(255);
        if (client_.state() != State::connecting) return;
        client_.receive(client_.speaks_five() ? wire5::connack(session_present) : wire::connack(session_present), now_);
    }
    void open() {
        if (!client_.wants_transport(now_)) return;
        client_.transport_opening();
        client_.transport_opened(now_);
    }
    void close() {
        const Error why = client_.wants_close() ? client_.close_reason() : Error(errors::closed);
        client_.transport_closed(now_, why);
        stream_.clear();
        unread_.clear();
        offered_.clear();
        connect_seen_ = disconnect_seen_ = false;
    }
    void pass(Duration by) {
        now_ += by;
        client_.tick(now_);
        // What was due is done: nothing may ask for the same instant again.
        if (const auto next = client_.next_deadline(); next && !client_.wants_transport(now_)) check(*next > now_);
    }
    void send(std::size_t most) {
        const auto out = client_.output();
        if (client_.wants_close()) check(out.empty());
        check(client_.wants_close() || (out.size() >= offered_.size() && equal(out.first(offered_.size()), offered_)));
        offered_.assign(out.begin(), out.end());
        const std::size_t count = std::min(most, out.size());
        stream_.insert(stream_.end(), out.begin(), out.begin() + static_cast<std::ptrdiff_t>(count));
        if (count > 0) offered_.clear();
        client_.sent(count, now_);
        while (const auto packet = wire::take_packet(stream_)) {
            check((packet->type == 1) != connect_seen_);
            connect_seen_ = true;
            check(!disconnect_seen_);
            disconnect_seen_ = packet->type == 14;
            check(packet->type != 2 && packet->type != 9 && packet->type != 11 && packet->type != 13);
            if (packet->type == 3) check(packet->qos < 3 && (packet->qos > 0 || !packet->duplicate()));
            if (packet->type == 3 ? packet->qos > 0 : packet->type >= 4 && packet->type <= 10) check(packet->id != 0);
        }
    }
    void publish(std::uint8_t value, ConstBytes payload) {
        const auto properties = value >= 128 ? payload : ConstBytes();
        mqtt::Publish publish{"t", payload, static_cast<mqtt::Qos>(value % 4), false, properties};
        std::vector<std::uint8_t> lent(payload.begin(), payload.end());
        publish.borrowed = value % 128 >= 64;
        if (publish.borrowed) publish.payload = lent;
        const auto token = client_.publish(publish);
        if (token) check(publishes_.emplace(*token, std::move(lent)).second);
    }
    void subscribe(std::uint8_t value) {
        const auto token =
            value % 2 == 0 ? client_.subscribe("a/#", mqtt::Qos::exactly_once) : client_.unsubscribe("a");
        if (token) check(subscribes_.insert(*token).second);
    }
    void react() {
        switch (std::exchange(reaction_, std::uint8_t{0})) {
            case 1:
                return publish(1, as_bytes("from within"));
            case 2:
                return publish(0, {});
            case 3:
                return subscribe(0);
            case 4:
                return client_.stop(now_);
            case 5:
                return client_.forget_session();
            case 6:
                return client_.start(now_, 1);
            case 7:
                if (const auto ticket = client_.defer()) tickets_.push_back(*ticket);
                return;
            default:
                return;
        }
    }
    void finish() {
        reaction_ = 0;
        client_.forget_session();
        close();
        check(publishes_.empty() && subscribes_.empty() && client_.pending() == 0);
        check(client_.output().empty());
        // Whatever happened, it can get on line again and use its whole window.
        client_.stop(now_);
        configure(static_cast<std::uint8_t>(now_.time_since_epoch().count() % 2));
        client_.start(now_, 0);
        go_online(false);
        check(client_.state() == State::connected);
        for (int i = 0; i < limits.max_inflight_out; ++i) {
            publish(2, {});
            check(!client_.output().empty());
            send(255);
        }
        check(publishes_.size() == limits.max_inflight_out);
        // And no message is so large that it would cost the connection. With MQTT 5.0 the broker keeps them.
        if (client_.speaks_five()) return;
        for (std::uint8_t value = 0; value < 8; ++value) {
            const auto before = large_;
            send_large(value);
            check(client_.state() == State::connected && large_ == before + (value % 4 == 3 ? 0 : 1));
            while (!client_.output().empty()) send(255);
            if (value % 3 == 2) client_.receive(wire::pubrel(value + 1U), now_);
        }
    }

    void on_connected(bool) override { react(); }
    void on_disconnected(const Error&, Instant) override { react(); }
    void on_message(const mqtt::MessagePiece& piece) override {
        if (piece.offset == 0) expected_ = 0;
        check(piece.offset == expected_ && piece.offset + piece.bytes.size() <= piece.total);
        expected_ += piece.bytes.size();
        react();
    }
    void on_too_large(const mqtt::TooLarge& message) override {
        check(message.topic_size > limits.max_topic || message.size + message.topic_size + 4 > limits.max_packet_in);
        check(message.topic.size() == (message.topic_size > limits.max_topic ? 0 : message.topic_size));
        ++large_;
        react();
    }
    void on_published(mqtt::Token token, Status) override {
        check(publishes_.erase(token) == 1);
        react();
    }
    void on_subscribed(mqtt::Token token, Result<mqtt::Qos>) override {
        check(subscribes_.erase(token) == 1);
        react();
    }

    std::vector<std::uint8_t> memory_;
    mqtt::Client client_;
    Instant now_{1s};
    wire::Bytes stream_;
    wire::Bytes offered_;  // and not taken
    wire::Bytes unread_;   // by the client
    std::vector<mqtt::Ticket> tickets_;
    bool connect_seen_ = false;
    bool disconnect_seen_ = false;
    std::size_t expected_ = 0;
    std::size_t large_ = 0;
    std::uint8_t reaction_ = 0;
    std::map<mqtt::Token, std::vector<std::uint8_t>> publishes_;  // and what they borrow
    std::set<mqtt::Token> subscribes_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    World().run({data, size});
    return 0;
}
