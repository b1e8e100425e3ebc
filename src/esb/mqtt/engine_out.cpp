#include "esb/mqtt/engine.hpp"

namespace esb::mqtt {
namespace {

using State = Client::State;

Status check_topic(std::string_view topic, std::size_t max_topic, bool (*valid)(std::string_view)) {
    if (topic.size() > max_topic) return fail(errors::too_long);
    if (!valid(topic)) return fail(errors::mqtt_bad_topic);
    return {};
}

}  // namespace

Result<Token> Engine::publish(const Publish& message) {
    ESB_TRY(check_topic(message.topic, max_topic_, is_topic_name));
    if (message.qos > Qos::exactly_once) return fail(errors::invalid_argument);
    if (message.payload.size() > max_remaining_length - 4 - message.topic.size()) return fail(errors::too_long);
    if (message.qos == Qos::at_most_once && state_ != State::connected) return fail(errors::closed);
    const auto kind = static_cast<Record::Kind>(message.qos);
    const auto record = add_record(kind, publish_size(message));
    if (!record) return fail(record.error());
    write_publish(message, Outbox::packet(**record));
    ++pending_;
    return (*record)->token;
}

Result<Token> Engine::subscribe(PacketType type, std::string_view filter, Qos qos) {
    ESB_TRY(check_topic(filter, max_topic_, is_topic_filter));
    if (qos > Qos::exactly_once) return fail(errors::invalid_argument);
    if (state_ != State::connected) return fail(errors::closed);
    const auto kind = type == PacketType::subscribe ? Record::Kind::subscribe : Record::Kind::unsubscribe;
    const auto record = add_record(kind, subscribe_size(type, filter));
    if (!record) return fail(record.error());
    write_subscribe(type, filter, qos, Outbox::packet(**record));
    return (*record)->token;
}

Result<Record*> Engine::add_record(Record::Kind kind, std::size_t size) {
    if (!session_.could_hold(size)) return fail(errors::too_long);
    Record* record = session_.add(kind, size);
    if (record == nullptr) return fail(errors::full);
    return record;
}

ConstBytes Engine::output() {
    if ((!listening() && state_ != State::closing) || connection_.close_now) return {};
    if (Record* record = session_.current()) return Outbox::packet(*record).subspan(connection_.packet_sent);
    if (state_ == State::connecting && control_.empty()) write_connect_slice();
    if (!control_.empty() || state_ == State::connecting) return control_.pending();
    if (Record* record = session_.start_next()) return Outbox::packet(*record);
    if (state_ == State::closing) append_disconnect();
    return control_.pending();
}

void Engine::write_connect_slice() {
    const std::size_t written = write_connect(options_, connection_.connect_written, control_.space());
    control_.commit(written);
    connection_.connect_written += written;
}

void Engine::append_disconnect() {
    const std::uint8_t disconnect[] = {static_cast<std::uint8_t>(static_cast<unsigned>(PacketType::disconnect) << 4),
                                       0};
    control_.append(disconnect);
    connection_.disconnect_queued = true;
}

void Engine::sent(std::size_t count, Instant now) {
    if (count == 0 || (!listening() && state_ != State::closing)) return;
    if (session_.current() != nullptr) return packet_sent(count, now);
    control_sent(count, now);
}

void Engine::packet_sent(std::size_t count, Instant now) {
    const std::size_t size = session_.current()->size;
    connection_.packet_sent += std::min(count, size - connection_.packet_sent);
    if (connection_.packet_sent < size) return;
    connection_.packet_sent = 0;
    connection_.last_sent = now;
    if (const auto token = session_.finish_current()) complete_publish(*token, {});
}

void Engine::control_sent(std::size_t count, Instant now) {
    control_.consume(std::min(count, control_.pending().size()));
    if (!control_.empty()) return;
    connection_.last_sent = now;
    if (state_ == State::connecting) control_.clear();
    connection_.ping_queued = false;
    if (connection_.disconnect_queued) connection_.close_now = true;
}

}  // namespace esb::mqtt
