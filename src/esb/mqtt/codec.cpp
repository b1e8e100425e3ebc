#include "esb/mqtt/codec.hpp"

#include "esb/base/encoding.hpp"
#include "esb/mqtt/text_scan.hpp"

#include <algorithm>
#include <limits>

namespace esb::mqtt {
namespace {

constexpr std::uint8_t duplicate_flag = 0x08;

constexpr std::uint8_t first_byte(PacketType type, unsigned flags) {
    return static_cast<std::uint8_t>(static_cast<unsigned>(type) << 4 | flags);
}

// Section 2.2.3: seven bits a byte, least significant first.
struct RemainingLength {
    explicit RemainingLength(std::size_t value) {
        do {
            const bool more = value > 0x7F;
            bytes[size++] = static_cast<std::uint8_t>((value & 0x7F) | (more ? 0x80U : 0U));
            value >>= 7;
        } while (value > 0);
    }
    ConstBytes view() const { return {bytes, size}; }

    std::uint8_t bytes[5]{};
    std::size_t size = 0;
};

std::size_t with_header(std::size_t remaining) { return 1 + RemainingLength(remaining).size + remaining; }

std::size_t header_size(ConstBytes packet) {
    std::size_t at = 1;
    while ((packet[at] & 0x80) != 0) ++at;
    return at + 1;
}

std::size_t publish_remaining(const Publish& message) {
    const std::size_t id = message.qos == Qos::at_most_once ? 0 : 2;
    return 2 + message.topic.size() + id + message.payload.size();
}

std::size_t subscribe_remaining(PacketType type, std::string_view filter) {
    return 2 + 2 + filter.size() + (type == PacketType::subscribe ? 1 : 0);
}

void put_text(ByteWriter& writer, std::string_view text) {
    writer.be16(static_cast<std::uint16_t>(text.size())).text(text);
}

// Takes a whole packet piece by piece and keeps the slice that is wanted.
class Slice {
public:
    Slice(std::size_t from, MutBytes out) : skip_(from), out_(out) {}

    void put(ConstBytes bytes) {
        seen_ += bytes.size();
        const auto dropped = std::min(skip_, bytes.size());
        skip_ -= dropped;
        bytes = bytes.subspan(dropped);
        bytes = bytes.first(std::min(bytes.size(), out_.size() - used_));
        copy(bytes, out_.subspan(used_));
        used_ += bytes.size();
    }
    void field(ConstBytes bytes) {  // a string or binary field: a 16-bit length and the bytes
        const std::uint8_t size[] = {static_cast<std::uint8_t>(bytes.size() >> 8),
                                     static_cast<std::uint8_t>(bytes.size() & 0xFF)};
        put(size);
        put(bytes);
    }
    std::size_t used() const { return used_; }
    std::size_t seen() const { return seen_; }

private:
    std::size_t skip_;
    MutBytes out_;
    std::size_t used_ = 0;
    std::size_t seen_ = 0;
};

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
    const std::uint8_t head[] = {0,
                                 4,
                                 'M',
                                 'Q',
                                 'T',
                                 'T',
                                 4,
                                 connect_flags(options),
                                 static_cast<std::uint8_t>(options.keep_alive_s >> 8),
                                 static_cast<std::uint8_t>(options.keep_alive_s & 0xFF)};
    slice.put(head);
    slice.field(as_bytes(options.client_id));
    if (!options.will.topic.empty()) {
        slice.field(as_bytes(options.will.topic));
        slice.field(options.will.payload);
    }
    if (!options.user_name.empty()) slice.field(as_bytes(options.user_name));
    if (!options.password.empty()) slice.field(options.password);
}

std::size_t connect_remaining(const ConnectOptions& options) {
    Slice counter(std::numeric_limits<std::size_t>::max(), {});
    put_connect_body(options, counter);
    return counter.seen();
}

}  // namespace

bool is_text(std::string_view text) {
    TextScan scan;
    return text.size() <= max_text && scan.take(as_bytes(text)) && scan.complete();
}

bool is_topic_name(std::string_view topic) {
    TextScan scan;
    if (topic.empty() || topic.size() > max_text) return false;
    return scan.take(as_bytes(topic)) && scan.complete() && !scan.wildcard();
}

bool is_topic_filter(std::string_view filter) {
    TextScan scan;
    if (filter.empty() || filter.size() > max_text) return false;
    if (!scan.take(as_bytes(filter)) || !scan.complete()) return false;
    if (!scan.wildcard()) return true;
    for (std::size_t i = 0; i < filter.size(); ++i) {
        if (filter[i] != '+' && filter[i] != '#') continue;
        const bool last = i + 1 == filter.size();
        const bool starts_level = i == 0 || filter[i - 1] == '/';
        const bool ends_level = last || (filter[i] == '+' && filter[i + 1] == '/');
        if (!starts_level || !ends_level) return false;
    }
    return true;
}

std::size_t publish_size(const Publish& message) { return with_header(publish_remaining(message)); }

void write_publish(const Publish& message, MutBytes out) {
    const unsigned flags = static_cast<unsigned>(message.qos) << 1 | (message.retain ? 1U : 0U);
    ByteWriter writer(out);
    writer.u8(first_byte(PacketType::publish, flags)).bytes(RemainingLength(publish_remaining(message)).view());
    put_text(writer, message.topic);
    if (message.qos != Qos::at_most_once) writer.be16(0);
    writer.bytes(message.payload);
}

std::size_t subscribe_size(PacketType type, std::string_view filter) {
    return with_header(subscribe_remaining(type, filter));
}

void write_subscribe(PacketType type, std::string_view filter, Qos qos, MutBytes out) {
    ByteWriter writer(out);
    // The reserved flags must be 0010 (MQTT-3.8.1-1, MQTT-3.10.1-1).
    writer.u8(first_byte(type, 2)).bytes(RemainingLength(subscribe_remaining(type, filter)).view()).be16(0);
    put_text(writer, filter);
    if (type == PacketType::subscribe) writer.u8(static_cast<std::uint8_t>(qos));
}

void set_packet_id(MutBytes packet, PacketId id) {
    std::size_t at = header_size(packet);
    if (packet[0] >> 4 == static_cast<unsigned>(PacketType::publish)) {
        at += 2 + (static_cast<std::size_t>(packet[at]) << 8 | packet[at + 1]);
    }
    packet[at] = static_cast<std::uint8_t>(id >> 8);
    packet[at + 1] = static_cast<std::uint8_t>(id & 0xFF);
}

void set_duplicate(MutBytes packet, bool duplicate) {
    const unsigned others = packet[0] & ~static_cast<unsigned>(duplicate_flag);
    packet[0] = static_cast<std::uint8_t>(duplicate ? others | duplicate_flag : others);
}

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
    const std::uint8_t first = first_byte(PacketType::connect, 0);
    slice.put({&first, 1});
    slice.put(RemainingLength(connect_remaining(options)).view());
    put_connect_body(options, slice);
    return slice.used();
}

}  // namespace esb::mqtt
