#include "esb/mqtt/engine.hpp"
#include "esb/mqtt/reasons.hpp"

#include <algorithm>
#include <cstring>

namespace esb::mqtt {
namespace {

using State = Client::State;

constexpr std::size_t longest_header = 5;
// An acknowledgement with a reason code must be possible.
constexpr std::uint32_t least_packet = 6;
// Of one publish's properties.
constexpr std::size_t max_properties_out = std::size_t{16} * 1024;

bool is_wildcard(char c) { return c == '+' || c == '#'; }

// Bytes before the first wildcard or `end`, from `at` on.
std::size_t find_end(std::string_view filter, std::size_t at, char end) {
    while (at < filter.size() && filter[at] != end && !is_wildcard(filter[at])) ++at;
    return at;
}

constexpr std::string_view share = "$share/";

}  // namespace

void Engine::set_up5(const Limits& limits, MutBytes properties) {
    const std::size_t whole = std::min(limits.max_packet_in, max_remaining_length) + longest_header;
    v5_.connect.maximum_packet_size = static_cast<std::uint32_t>(whole);
    v5_.connect.receive_maximum = std::max<std::uint16_t>(limits.max_inflight_in, 1);
    decoder_.use_five(properties, whole);
}

void Engine::forget_fall_back() { v5_.fall_back = EngineFive::FallBack::none; }

void Engine::forget_session5() { v5_.has_session = false; }

void Engine::begin_version() {
    const bool five = options_.version != Version::v3_1_1 && v5_.fall_back == EngineFive::FallBack::none;
    if (v5_.fall_back == EngineFive::FallBack::once) v5_.fall_back = EngineFive::FallBack::none;
    connection_.v5.on = five;
    session_.use_version(five, max_remaining_length);
    // Without a session of ours there is none to go on with (MQTT-3.2.2-4).
    if (five && !v5_.has_session && !options_.session_known) connection_.clean_session = true;
    v5_.connect.clean_start = connection_.clean_session;
    v5_.connect.session_expiry_s = options_.clean_session ? 0 : options_.session_expiry_s;
    connection_.connect_size = connect_size(options_, connect5());
    decoder_.reset(five);
}

const Connect5* Engine::connect5() const { return connection_.v5.on ? &v5_.connect : nullptr; }

std::size_t Engine::write_connect5() {
    return write_connect(options_, connection_.connect_written, control_.space(), connect5());
}

// True when the next connection is to come at once, with 3.1.1.
bool Engine::ended5(const ErrorKind& why) {
    if (!connection_.v5.refused) decoder_.forget_properties();  // what an earlier packet said is not why the connection ends
    if (!connection_.v5.on || options_.version != Version::v5_then_v3 || connection_.connected) return false;
    if (&why == &error_of(reason::unsupported_version)) {
        v5_.fall_back = EngineFive::FallBack::until_start;
    } else if (state_ == State::connecting && connection_.connect_written == connection_.connect_size) {
        v5_.fall_back = EngineFive::FallBack::once;
    }
    return v5_.fall_back != EngineFive::FallBack::none;
}

bool Engine::is_good5(const ConnectOptions& options) const {
    return options.version <= Version::v5_then_v3 && are_properties(PropertyPlace::connect, options.properties) &&
           are_properties(PropertyPlace::will, options.will.properties);
}

bool Engine::is_good5(const Publish& message) const {
    return message.properties.empty() || are_properties(PropertyPlace::publish_out, message.properties);
}

const ErrorKind* Engine::problem5(PacketType type, const Publish& message) const {
    if (!is_good5(message)) return &errors::invalid_argument;
    if (message.properties.size() > max_properties_out) return &error_of(reason::packet_size);
    if (!connection_.v5.on || !connection_.connected) return nullptr;
    const bool publish = type == PacketType::publish;
    const Qos qos = publish ? message.qos : Qos::at_most_once;  // a subscription may ask for more: MQTT-3.2.2-10
    const ErrorKind* why = problem5(packet_size(type, message, true), qos, message.retain);
    if (publish || why != nullptr) return why;
    const auto filter = message.topic;
    if (filter.size() >= share.size() && std::memcmp(filter.data(), share.data(), share.size()) == 0) {
        // A name without wildcards, and a filter behind it: MQTT-4.8.2-1, MQTT-4.8.2-2.
        const std::size_t end = find_end(filter, share.size(), '/');
        if (end == share.size() || end + 1 >= filter.size() || filter[end] != '/') return &error_of(reason::bad_filter);
        if (lacks(Property::shared_available)) return &error_of(reason::no_shared);
    }
    const bool wildcards = find_end(filter, 0, '#') < filter.size();
    return wildcards && lacks(Property::wildcards_available) ? &error_of(reason::no_wildcards) : nullptr;
}

// What the broker said in CONNACK: MQTT-3.2.2-11, -14, -15.
const ErrorKind* Engine::problem5(std::size_t size, Qos qos, bool retain) const {
    if (size > connection_.v5.max_packet) return &error_of(reason::packet_size);
    if (qos > connection_.v5.max_qos) return &error_of(reason::no_qos);
    return retain && lacks(Property::retain_available) ? &error_of(reason::no_retain) : nullptr;
}

// Publishes may wait, and are brought into the connection's form when they go.
bool Engine::goes_as_five(PacketType type) const {
    return type == PacketType::publish ? options_.version != Version::v3_1_1 : connection_.v5.on;
}

void Engine::write_packet5(PacketType type, const Publish& message, Record& record, bool five) {
    record.five = five ? 1U : 0U;
    record.front = five ? 0U : spare_front & 3U;
    write_packet(type, message, Outbox::packet(record), five);
}

void Engine::stop_with_will(Instant now) {
    const bool tells = state_ == State::connected && connection_.v5.on;
    if (state_ == State::connected && !tells) {
        wanted_ = at_once_ = false;
        return cancel();
    }
    stop(now);
    connection_.v5.disconnect_code = reason::with_will;
}

void Engine::close_for5(const ErrorKind& reason) {
    if (!connection_.v5.on || !connection_.connected) return close_now(reason);
    connection_.v5.abrupt = true;
    connection_.v5.disconnect_code = decoder_.code();
    close_after_output(reason, now_);
}

void Engine::overrun5() { connection_.v5.disconnect_code = reason::receive_maximum; }

void Engine::append(PacketType type, PacketId id) { append5(type, id, reason::success); }

void Engine::append5(PacketType type, PacketId id, std::uint8_t code) {
    const std::size_t short_size = id != 0 ? ack_size : 2;
    const std::size_t size = code != reason::success ? short_size + 1 : short_size;
    const auto out = control_.append(size);
    if (id != 0) write_ack(type, id, out.first<ack_size>());
    if (id == 0) out[0] = static_cast<std::uint8_t>(static_cast<unsigned>(type) << 4);
    out[1] = static_cast<std::uint8_t>(size - 2);
    if (code != reason::success) out[size - 1] = code;
}

void Engine::append_disconnect5() {
    append5(PacketType::disconnect, 0, connection_.v5.on ? connection_.v5.disconnect_code : reason::success);
}

void Engine::take_refusal5(const Packet& packet) {
    close_now(error_of(packet.code));
    connection_.v5.refused = true;
    connection_.reason = Error(connection_.reason.kind(), packet.code);
}

// False when the connection is not to go on.
bool Engine::take_connack5(const Packet& packet) {
    take_limits5();
    if (connection_.v5.max_packet < least_packet) {
        close_now(error_of(reason::packet_size));
        return false;
    }
    connection_.v5.resumed = packet.session_present;
    // What waits, and is not for this broker.
    const auto refusal = [](const void* engine, std::uint8_t first, std::size_t size) {
        return static_cast<const Engine*>(engine)->problem5(size, static_cast<Qos>(first >> 1 & 3), (first & 1) != 0);
    };
    for (;;) {
        const auto refused = session_.take_refused(refusal, this);
        if (refused.why == nullptr) break;
        complete_publish(refused.token, refused.why);
    }
    return state_ == State::connecting;  // a callback may have stopped it
}

bool Engine::lacks(Property ability) const {
    return (connection_.v5.lacking >> (static_cast<unsigned>(ability) - first_ability) & 1) != 0;
}

void Engine::take_limits5() {
    const PropertyScan& said = decoder_.numbers();
    session_.use_version(true, said.number(Property::receive_maximum, 0xFFFF));
    connection_.v5.max_packet = said.number(Property::maximum_packet_size, connection_.v5.max_packet);
    connection_.v5.max_qos = static_cast<Qos>(said.number(Property::maximum_qos, 2));
    for (unsigned id = first_ability; id < first_ability + 7; ++id) {
        if (said.number(static_cast<Property>(id), 1) == 0) connection_.v5.lacking |= 1U << (id - first_ability);
    }
    // MQTT-3.2.2-21. A broker that wants none does not mind ours.
    if (const auto seconds = said.number(Property::server_keep_alive, 0); seconds > 0) set_keep_alive(seconds);
}

// Of an acknowledgement that says no.
const ErrorKind* Engine::problem5(const Packet& ack) const {
    // A broker that does not know what we release has done with it before the connection was resumed.
    const bool done = ack.type == PacketType::pubcomp && connection_.v5.resumed;
    return ack.code < reason::first_error || done ? nullptr : &error_of(ack.code);
}

// PUBREC and PUBREL; an identifier that is not known is told so.
void Engine::answer5(const Packet& packet) {
    const bool release = packet.type == PacketType::pubrel;
    if (!release && !is_answer(session_.on_pubrec(packet.id))) return;
    const bool known = release ? session_.is_received(packet.id) : session_.is_release(packet.id);
    if (release) session_.remove_received(packet.id);
    append5(release ? PacketType::pubcomp : PacketType::pubrel, packet.id,
            known || !connection_.v5.on ? reason::success : reason::id_unknown);
}

}  // namespace esb::mqtt
