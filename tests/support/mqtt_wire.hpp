// MQTT packets for tests, written independently of src/esb/mqtt: builders for what a broker sends, a parser and
// a one-line description for what a client sends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace esb::test::wire {

struct Bytes : std::vector<std::uint8_t> {  // a type of its own, so that operator+ is found
    using vector::vector;
};

Bytes hex(std::string_view text);

Bytes operator+(Bytes a, const Bytes& b);

Bytes packet(unsigned first, const Bytes& body);

Bytes u16(unsigned value);
inline Bytes raw(std::string_view text) { return {text.begin(), text.end()}; }
inline Bytes text(std::string_view value) { return u16(static_cast<unsigned>(value.size())) + raw(value); }

Bytes connack(bool session_present = false, unsigned code = 0);
Bytes publish(std::string_view topic, std::string_view payload, unsigned qos = 0, unsigned id = 0,
                     bool duplicate = false, bool retain = false);
inline Bytes puback(unsigned id) { return packet(0x40, u16(id)); }
inline Bytes pubrec(unsigned id) { return packet(0x50, u16(id)); }
inline Bytes pubrel(unsigned id) { return packet(0x62, u16(id)); }
inline Bytes pubcomp(unsigned id) { return packet(0x70, u16(id)); }
Bytes suback(unsigned id, unsigned code);
inline Bytes unsuback(unsigned id) { return packet(0xB0, u16(id)); }
inline Bytes pingresp() { return packet(0xD0, {}); }

// A packet from a client, taken apart.
struct Packet {
    unsigned type = 0;
    unsigned flags = 0;
    Bytes body;
    // PUBLISH, SUBSCRIBE, UNSUBSCRIBE, acknowledgements
    unsigned id = 0;
    std::string topic;
    std::string payload;
    unsigned qos = 0;
    // CONNECT
    bool clean_session = false;

    bool duplicate() const { return (flags & 8) != 0; }
    bool retain() const { return (flags & 1) != 0; }
};

// Takes one whole packet from the front of `stream`; nothing if it is not complete yet.
std::optional<Packet> take_packet(Bytes& stream);

// E.g. "PUBLISH q1 id3 dup a/b=hello", "PUBACK 3", "CONNECT".
std::string describe(const Packet& p);

}  // namespace esb::test::wire
