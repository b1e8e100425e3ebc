// MQTT 5.0 packets for tests, written independently of src/esb/mqtt: what a broker sends, and a line for what a client
// sends. Properties are bytes here, without their length.
#pragma once

#include "mqtt_wire.hpp"  // beside this one: the fuzzers have another path

namespace esb::test::wire5 {

using wire::Bytes;

Bytes variable(std::size_t value);
inline Bytes byte(unsigned value) { return {static_cast<std::uint8_t>(value)}; }
inline Bytes u32(std::uint32_t value) { return wire::u16(value / 65'536) + wire::u16(value % 65'536); }
inline Bytes block(const Bytes& properties) { return variable(properties.size()) + properties; }
// One property.
inline Bytes flag(unsigned id, unsigned value) { return byte(id) + byte(value); }
inline Bytes two(unsigned id, unsigned value) { return byte(id) + wire::u16(value); }
inline Bytes four(unsigned id, std::uint32_t value) { return byte(id) + u32(value); }
inline Bytes text(unsigned id, std::string_view value) { return byte(id) + wire::text(value); }
Bytes user(std::string_view name, std::string_view value);

Bytes connack(bool session_present = false, unsigned code = 0, const Bytes& properties = {});
Bytes publish(std::string_view topic, std::string_view payload, unsigned qos = 0, unsigned id = 0,
                     const Bytes& properties = {}, bool duplicate = false);
// `first`: 40 PUBACK, 50 PUBREC, 62 PUBREL, 70 PUBCOMP.
Bytes ack(unsigned first, unsigned id, unsigned code, const Bytes& properties = {});
Bytes suback(unsigned id, unsigned code, const Bytes& properties = {});
Bytes unsuback(unsigned id, unsigned code, const Bytes& properties = {});
Bytes disconnect(unsigned code, const Bytes& properties = {});

std::string hex(const Bytes& bytes);

// Reads a client's packet.
class Reader {
public:
    explicit Reader(const Bytes& bytes) : bytes_(bytes) {}

    unsigned u8() { return bytes_.at(at_++); }
    unsigned u16();
    std::size_t variable();
    Bytes take(std::size_t size);
    std::string text();
    Bytes properties() { return take(variable()); }
    Bytes rest() { return take(bytes_.size() - at_); }
    bool empty() const { return at_ == bytes_.size(); }

private:
    const Bytes& bytes_;
    std::size_t at_ = 0;
};

// E.g. "PUBLISH q1 id3 dup a/b=hello {properties}", "PUBREL 3 92", "DISCONNECT 81", "CONNECT v5 02 60 id {1100…}".
// Takes one packet from the front of `stream`.
std::optional<std::string> take_line(Bytes& stream);

}  // namespace esb::test::wire5
