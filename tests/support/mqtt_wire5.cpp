#include "tests/support/mqtt_wire5.hpp"

namespace esb::test::wire5 {

Bytes variable(std::size_t value) {
    Bytes out;
    do {
        const auto low = static_cast<std::uint8_t>(value % 128);
        value /= 128;
        out.push_back(static_cast<std::uint8_t>(value > 0 ? low + 128 : low));
    } while (value > 0);
    return out;
}

Bytes user(std::string_view name, std::string_view value) {
    return byte(0x26) + wire::text(name) + wire::text(value);
}

Bytes connack(bool session_present, unsigned code, const Bytes& properties) {
    return wire::packet(0x20, byte(session_present ? 1 : 0) + byte(code) + block(properties));
}

Bytes publish(std::string_view topic, std::string_view payload, unsigned qos, unsigned id,
    const Bytes& properties, bool duplicate) {
    const unsigned first = 0x30 + (duplicate ? 8 : 0) + qos * 2;
    return wire::packet(
        first, wire::text(topic) + (qos > 0 ? wire::u16(id) : Bytes{}) + block(properties) + wire::raw(payload));
}

Bytes ack(unsigned first, unsigned id, unsigned code, const Bytes& properties) {
    return wire::packet(first, wire::u16(id) + byte(code) + block(properties));
}

Bytes suback(unsigned id, unsigned code, const Bytes& properties) {
    return wire::packet(0x90, wire::u16(id) + block(properties) + byte(code));
}

Bytes unsuback(unsigned id, unsigned code, const Bytes& properties) {
    return wire::packet(0xB0, wire::u16(id) + block(properties) + byte(code));
}

Bytes disconnect(unsigned code, const Bytes& properties) {
    return wire::packet(0xE0, byte(code) + block(properties));
}

std::string hex(const Bytes& bytes) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string out;
    for (const auto b : bytes) {
        out += digits[b / 16];
        out += digits[b % 16];
    }
    return out;
}

unsigned Reader::u16() {
    const unsigned high = u8();
    return high * 256 + u8();
}

std::size_t Reader::variable() {
    std::size_t value = 0;
    for (std::size_t scale = 1;; scale *= 128) {
        const std::size_t b = u8();
        value += b % 128 * scale;
        if (b < 128) return value;
    }
}

Bytes Reader::take(std::size_t size) {
    Bytes out;
    while (size-- > 0) out.push_back(static_cast<std::uint8_t>(u8()));
    return out;
}

std::string Reader::text() {
    const Bytes bytes = take(u16());
    return {bytes.begin(), bytes.end()};
}

std::optional<std::string> take_line(Bytes& stream) {
    if (stream.empty()) return std::nullopt;
    std::size_t length = 0;
    std::size_t at = 1;
    for (std::size_t scale = 1;; scale *= 128) {
        if (at >= stream.size()) return std::nullopt;
        const std::size_t b = stream[at++];
        length += b % 128 * scale;
        if (b < 128) break;
    }
    if (stream.size() < at + length) return std::nullopt;
    const unsigned type = stream[0] / 16U;
    const unsigned flags = stream[0] % 16U;
    const auto begin = stream.begin() + static_cast<std::ptrdiff_t>(at);
    Bytes body;
    body.assign(begin, begin + static_cast<std::ptrdiff_t>(length));
    stream.erase(stream.begin(), begin + static_cast<std::ptrdiff_t>(length));

    wire::Packet named;
    named.type = type == 3 ? 0 : type;
    std::string out = type == 3 ? "PUBLISH" : wire::describe(named);
    Reader in(body);
    const auto add_properties = [&out](const Bytes& properties) {
        if (!properties.empty()) out += " {" + hex(properties) + "}";
    };
    if (type == 1) {
        in.take(6);
        out = "CONNECT v" + std::to_string(in.u8());
        out += " " + hex(in.take(1));
        out += " " + std::to_string(in.u16());
        const Bytes properties = in.properties();
        out += " " + in.text();
        add_properties(properties);
        const Bytes rest = in.rest();
        if (!rest.empty()) out += " " + hex(rest);
    } else if (type == 3) {
        const unsigned qos = flags / 2 % 4;
        const std::string topic = in.text();
        out += " q" + std::to_string(qos);
        if (qos > 0) out += " id" + std::to_string(in.u16());
        if ((flags & 8) != 0) out += " dup";
        if ((flags & 1) != 0) out += " retain";
        const Bytes properties = in.properties();
        const Bytes payload = in.rest();
        out += " " + topic + "=" + std::string(payload.begin(), payload.end());
        add_properties(properties);
    } else if (type == 8 || type == 10) {
        const unsigned id = in.u16();
        const Bytes properties = in.properties();
        out = (type == 8 ? "SUBSCRIBE id" : "UNSUBSCRIBE id") + std::to_string(id) + " " + in.text();
        if (type == 8) out += " o" + std::to_string(in.u8());
        add_properties(properties);
        if (!in.empty()) out += " TOO LONG";
    } else if (type >= 4 && type <= 7) {
        static constexpr const char* names[] = {"PUBACK ", "PUBREC ", "PUBREL ", "PUBCOMP "};
        out = names[type - 4] + std::to_string(in.u16());
        if (type == 6 && flags != 2) out += " WRONG FLAGS";
        if (!in.empty()) out += " " + hex(in.rest());
    } else if (!in.empty()) {
        out += " " + hex(in.rest());
    }
    return out;
}

}  // namespace esb::test::wire5
