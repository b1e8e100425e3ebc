#include "esb/mqtt/codec.hpp"

#include "esb/mqtt/properties.hpp"
#include "esb/mqtt/text_scan.hpp"

#include <algorithm>
#include <cstring>

namespace esb::mqtt {
namespace {

std::size_t header_size(ConstBytes packet) {
    std::size_t at = 1;
    while ((packet[at] & 0x80) != 0) ++at;
    return at + 1;
}

// Reads a length; moves `at` behind it.
[[maybe_unused]] std::size_t take_length(ConstBytes bytes, std::size_t& at) {
    std::size_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
        const std::uint8_t byte = bytes[at++];
        value |= static_cast<std::size_t>(byte & 0x7F) << shift;
        if ((byte & 0x80) == 0) return value;
    }
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
    // A variable length and the first bytes of what it is the length of.
    [[gnu::noinline]] void lengthy(std::size_t length, ConstBytes begin) {
        std::uint8_t bytes[4];
        put(bytes, static_cast<std::size_t>(put_length(length, bytes) - bytes));
        put(begin.data(), begin.size());
    }
    std::size_t seen() const { return seen_; }
    std::size_t room() const { return room_; }

private:
    std::size_t skip_;
    std::uint8_t* out_;
    std::size_t room_;
    std::size_t seen_ = 0;
};

std::uint8_t connect_flags(const ConnectOptions& options, bool clean) {
    unsigned flags = 0;
    if (!options.user_name.empty()) flags |= 0x80;
    if (!options.password.empty()) flags |= 0x40;
    if (clean) flags |= 0x02;
    if (options.will.topic.empty()) return static_cast<std::uint8_t>(flags);
    flags |= 0x04U | static_cast<unsigned>(options.will.qos) << 3 | (options.will.retain ? 0x20U : 0U);
    return static_cast<std::uint8_t>(flags);
}

// Section 3.1.2.11 of MQTT 5.0. Topic Alias Maximum is 0 when it is not there.
[[maybe_unused]] void put_connect_properties(const ConnectOptions& options, const Connect5& five, Slice& slice) {
    if constexpr (with_mqtt5) {
        std::uint8_t bytes[13];
        PropertyWriter ours(bytes);
        if (five.session_expiry_s != 0) ours.number(Property::session_expiry, five.session_expiry_s);
        ours.number(Property::receive_maximum, five.receive_maximum);
        ours.number(Property::maximum_packet_size, five.maximum_packet_size);
        const ConstBytes authors = properties_of(options);
        slice.lengthy(ours.written().size() + authors.size(), ours.written());
        slice.put(authors.data(), authors.size());
    }
}

// Sections 3.1.2 and 3.1.3: the variable header and the payload in their fixed order.
void put_connect_body(const ConnectOptions& options, const Connect5* five, Slice& slice) {
    std::uint8_t head[] = {0, 4, 'M', 'Q', 'T', 'T', 4, 0, 0, 0};
    bool clean = options.clean_session;
    if constexpr (with_mqtt5) {
        if (five != nullptr) {
            head[6] = 5;
            clean = five->clean_start;
        }
    }
    head[7] = connect_flags(options, clean);
    put_be16(options.keep_alive_s, head + 8);
    slice.put(head, sizeof head);
    if constexpr (with_mqtt5) {
        if (five != nullptr) put_connect_properties(options, *five, slice);
    }
    slice.field(options.client_id);
    if (!options.will.topic.empty()) {
        if constexpr (with_mqtt5) {
            const ConstBytes authors = properties_of(options.will);
            if (five != nullptr) slice.lengthy(authors.size(), authors);
        }
        slice.field(options.will.topic);
        slice.field(options.will.payload);
    }
    if (!options.user_name.empty()) slice.field(options.user_name);
    if (!options.password.empty()) slice.field(options.password);
}

std::size_t connect_remaining(const ConnectOptions& options, const Connect5* five) {
    Slice counter(0, {});
    put_connect_body(options, five, counter);
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
    if (topic.size() - 1 >= max_text) return false;  // empty or too long
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

#if ESB_MQTT5
std::size_t restyle(MutBytes whole, std::size_t front, bool to_five) {
    const std::uint8_t first = whole[front];
    std::size_t at = front + 1;
    std::size_t remaining = take_length(whole, at);
    const std::size_t head = at;  // the topic and, with QoS 1 and 2, the identifier
    const std::size_t head_size = 2 + (static_cast<std::size_t>(whole[at]) << 8 | whole[at + 1]) +
                                  ((first & 6) != 0 ? std::size_t{2} : 0);
    std::size_t rest = head + head_size;
    if (to_five) {
        rest -= 1;  // for the properties' length
        remaining += 1;
    } else {
        const std::size_t before = rest;
        const std::size_t size = take_length(whole, rest);
        rest += size;
        remaining -= rest - before;
    }
    const std::size_t new_head = rest - head_size;
    const std::size_t begin = new_head + remaining - with_header(remaining);
    std::memmove(whole.data() + new_head, whole.data() + head, head_size);
    if (to_five) whole[rest] = 0;
    put_header(first, remaining, &whole[begin]);
    return begin;
}
#endif

void set_packet_id(MutBytes packet, PacketId id) {
    std::size_t at = header_size(packet);
    if (packet[0] >> 4 == static_cast<unsigned>(PacketType::publish)) {
        at += 2 + (static_cast<std::size_t>(packet[at]) << 8 | packet[at + 1]);
    }
    packet[at] = static_cast<std::uint8_t>(id >> 8);
    packet[at + 1] = static_cast<std::uint8_t>(id & 0xFF);
}

#if ESB_MQTT_KEEP
PacketId packet_id_of(ConstBytes packet) {
    std::size_t at = header_size(packet);
    at += 2 + (static_cast<std::size_t>(packet[at]) << 8 | packet[at + 1]);
    return static_cast<PacketId>(packet[at] << 8 | packet[at + 1]);
}
#endif

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

std::size_t connect_size(const ConnectOptions& options, const Connect5* five) {
    return with_header(connect_remaining(options, five));
}

std::size_t write_connect(const ConnectOptions& options, std::size_t from, MutBytes out, const Connect5* five) {
    Slice slice(from, out);
    slice.header(first_byte(PacketType::connect, 0), connect_remaining(options, five));
    put_connect_body(options, five, slice);
    return out.size() - slice.room();
}

}  // namespace esb::mqtt
