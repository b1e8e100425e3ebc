#include "esb/mqtt/codec.hpp"

#include "esb/mqtt/text_scan.hpp"

#include <algorithm>
#include <cstring>

namespace esb::mqtt {
namespace {

constexpr std::uint8_t first_byte(PacketType type, unsigned flags) {
    return static_cast<std::uint8_t>(static_cast<unsigned>(type) << 4 | flags);
}

// Bytes of a packet with this remaining length, section 2.2.3.
std::size_t with_header(std::size_t remaining) {
    std::size_t size = 2 + remaining;
    while ((remaining >>= 7) > 0) ++size;
    return size;
}

std::size_t header_size(ConstBytes packet) {
    std::size_t at = 1;
    while ((packet[at] & 0x80) != 0) ++at;
    return at + 1;
}

// Section 2.2.3: seven bits a byte, least significant first. Gives where it ends.
std::uint8_t* put_header(std::uint8_t first, std::size_t remaining, std::uint8_t* at) {
    *at++ = first;
    for (; remaining > 0x7F; remaining >>= 7) *at++ = static_cast<std::uint8_t>(remaining | 0x80);
    *at++ = static_cast<std::uint8_t>(remaining);
    return at;
}

std::uint8_t* put_be16(std::size_t value, std::uint8_t* at) {
    at[0] = static_cast<std::uint8_t>(value >> 8);
    at[1] = static_cast<std::uint8_t>(value & 0xFF);
    return at + 2;
}

// Takes a whole packet piece by piece and keeps the slice that is wanted.
class Slice {
public:
    Slice(std::size_t from, MutBytes out) : skip_(from), out_(out.data()), room_(out.size()) {}

    void put(const void* bytes, std::size_t size) {
        seen_ += size;
        const auto dropped = std::min(skip_, size);
        skip_ -= dropped;
        const auto kept = std::min(size - dropped, room_);
        if (kept == 0) return;
        std::memcpy(out_, static_cast<const std::uint8_t*>(bytes) + dropped, kept);
        out_ += kept;
        room_ -= kept;
    }
    void be16(std::size_t value) {
        std::uint8_t bytes[2];
        put_be16(value, bytes);
        put(bytes, sizeof bytes);
    }
    void field(const void* bytes, std::size_t size) {  // a string or binary field: a 16-bit length and the bytes
        be16(size);
        put(bytes, size);
    }
    void field(std::string_view text) { field(text.data(), text.size()); }
    void field(ConstBytes bytes) { field(bytes.data(), bytes.size()); }
    void header(std::uint8_t first, std::size_t remaining) {
        std::uint8_t bytes[5];
        put(bytes, static_cast<std::size_t>(put_header(first, remaining, bytes) - bytes));
    }
    std::size_t seen() const { return seen_; }
    std::size_t room() const { return room_; }

private:
    std::size_t skip_;
    std::uint8_t* out_;
    std::size_t room_;
    std::size_t seen_ = 0;
};

std::size_t id_size(PacketType type, const Publish& message) {
    return type == PacketType::publish && message.qos == Qos::at_most_once ? 0 : 2;
}

std::size_t remaining_length(PacketType type, const Publish& message) {
    return 2 + message.topic.size() + id_size(type, message) + message.payload.size();
}

std::uint8_t connect_flags(const ConnectOptions& options) {
    unsigned flags = 0;
    if (!options.user_name.empty()) flags |= 0x80;
    if (!options.password.empty()) flags |= 0x40;
    if (options.clean_session) flags |= 0x02;
    if (options.will.topic.empty()) return static_cast<std::uint8_t>(flags);
    flags |= 0x04U | static_cast<unsigned>(options.will.qos) << 3 | (options.will.retain ? 0x20U : 0U);
    return static_cast<std::uint8_t>(flags);
}

// Sections 3.1.2 and 3.1.3: the variable header and the payload in their fixed order.
void put_connect_body(const ConnectOptions& options, Slice& slice) {
    const std::uint8_t head[] = {0, 4, 'M', 'Q', 'T', 'T', 4, connect_flags(options)};
    slice.put(head, sizeof head);
    slice.be16(options.keep_alive_s);
    slice.field(options.client_id);
    if (!options.will.topic.empty()) {
        slice.field(options.will.topic);
        slice.field(options.will.payload);
    }
    if (!options.user_name.empty()) slice.field(options.user_name);
    if (!options.password.empty()) slice.field(options.password);
}

std::size_t connect_remaining(const ConnectOptions& options) {
    Slice counter(0, {});
    put_connect_body(options, counter);
    return counter.seen();
}

enum class Text : std::uint8_t { bad, plain, with_wildcard };

// Section 1.5.3.
Text examine(std::string_view text) {
    TextScan scan;
    if (text.size() > max_text || !scan.take(as_bytes(text)) || !scan.complete()) return Text::bad;
    return scan.wildcard() ? Text::with_wildcard : Text::plain;
}

}  // namespace

bool is_text(std::string_view text) { return examine(text) != Text::bad; }

bool is_topic_name(std::string_view topic) {
    if (topic.empty() || topic.size() > max_text) return false;
    return plain_prefix(as_bytes(topic)) == topic.size() || examine(topic) == Text::plain;
}

bool is_topic_filter(std::string_view filter) {
    if (filter.empty() || examine(filter) == Text::bad) return false;
    char previous = '/';
    for (const char c : filter) {
        const bool wildcard = c == '+' || c == '#';
        if (wildcard && previous != '/') return false;
        if (previous == '#' || (previous == '+' && c != '/')) return false;
        previous = c;
    }
    return true;
}

std::size_t packet_size(PacketType type, const Publish& message) {
    return with_header(remaining_length(type, message));
}

void write_packet(PacketType type, const Publish& message, MutBytes out) {
    const bool publish = type == PacketType::publish;
    const unsigned flags = static_cast<unsigned>(message.qos) << 1 | (message.retain ? 1U : 0U);
    // The reserved flags must be 0010 (MQTT-3.8.1-1, MQTT-3.10.1-1).
    auto* at = put_header(first_byte(type, publish ? flags : 2), remaining_length(type, message), out.data());
    if (!publish) at = put_be16(0, at);
    at = put_be16(message.topic.size(), at);
    std::memcpy(at, message.topic.data(), message.topic.size());
    at += message.topic.size();
    if (publish && message.qos != Qos::at_most_once) at = put_be16(0, at);
    copy(message.payload, {at, message.payload.size()});
}

void set_packet_id(MutBytes packet, PacketId id) {
    std::size_t at = header_size(packet);
    if (packet[0] >> 4 == static_cast<unsigned>(PacketType::publish)) {
        at += 2 + (static_cast<std::size_t>(packet[at]) << 8 | packet[at + 1]);
    }
    packet[at] = static_cast<std::uint8_t>(id >> 8);
    packet[at + 1] = static_cast<std::uint8_t>(id & 0xFF);
}

#if ESB_MQTT_OFFLINE
std::string_view topic_of(ConstBytes packet) {
    const std::size_t at = header_size(packet);
    return as_text(packet.subspan(at + 2, static_cast<std::size_t>(packet[at]) << 8 | packet[at + 1]));
}
#endif

void write_ack(PacketType type, PacketId id, std::span<std::uint8_t, ack_size> out) {
    // PUBREL's reserved flags must be 0010 (MQTT-3.6.1-1).
    out[0] = first_byte(type, type == PacketType::pubrel ? 2 : 0);
    out[1] = 2;
    out[2] = static_cast<std::uint8_t>(id >> 8);
    out[3] = static_cast<std::uint8_t>(id & 0xFF);
}

std::size_t connect_size(const ConnectOptions& options) { return with_header(connect_remaining(options)); }

std::size_t write_connect(const ConnectOptions& options, std::size_t from, MutBytes out) {
    Slice slice(from, out);
    slice.header(first_byte(PacketType::connect, 0), connect_remaining(options));
    put_connect_body(options, slice);
    return out.size() - slice.room();
}

}  // namespace esb::mqtt
