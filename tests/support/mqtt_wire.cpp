#include "tests/support/mqtt_wire.hpp"

namespace esb::test::wire {

Bytes hex(std::string_view text) {
    Bytes out;
    std::string digits;
    for (const char c : text) {
        if (c == ' ') continue;
        digits += c;
        if (digits.size() < 2) continue;
        out.push_back(static_cast<std::uint8_t>(std::stoi(digits, nullptr, 16)));
        digits.clear();
    }
    return out;
}

Bytes operator+(Bytes a, const Bytes& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

Bytes packet(unsigned first, const Bytes& body) {
    Bytes out{static_cast<std::uint8_t>(first)};
    std::size_t left = body.size();
    do {
        const auto low = static_cast<std::uint8_t>(left % 128);
        left /= 128;
        out.push_back(static_cast<std::uint8_t>(left > 0 ? low + 128 : low));
    } while (left > 0);
    return out + body;
}

Bytes u16(unsigned value) {
    return {static_cast<std::uint8_t>(value / 256), static_cast<std::uint8_t>(value % 256)};
}

Bytes connack(bool session_present, unsigned code) {
    return packet(0x20, {static_cast<std::uint8_t>(session_present), static_cast<std::uint8_t>(code)});
}

Bytes publish(std::string_view topic, std::string_view payload, unsigned qos, unsigned id,
    bool duplicate, bool retain) {
    const unsigned first = 0x30 + (duplicate ? 8 : 0) + qos * 2 + (retain ? 1 : 0);
    return packet(first, text(topic) + (qos > 0 ? u16(id) : Bytes{}) + raw(payload));
}

Bytes suback(unsigned id, unsigned code) {
    return packet(0x90, u16(id) + Bytes{static_cast<std::uint8_t>(code)});
}

std::optional<Packet> take_packet(Bytes& stream) {
    std::size_t at = 1;
    std::size_t length = 0;
    for (std::size_t scale = 1;; scale *= 128) {
        if (at >= stream.size()) return std::nullopt;
        const std::size_t byte = stream[at++];
        length += byte % 128 * scale;
        if (byte < 128) break;
    }
    if (stream.size() < at + length) return std::nullopt;
    const auto begin = stream.begin() + static_cast<std::ptrdiff_t>(at);
    Packet got;
    got.type = stream[0] / 16U;
    got.flags = stream[0] % 16U;
    got.body.assign(begin, begin + static_cast<std::ptrdiff_t>(length));
    stream.erase(stream.begin(), begin + static_cast<std::ptrdiff_t>(length));

    std::size_t pos = 0;
    const auto take16 = [&] {
        const unsigned value = got.body.at(pos) * 256U + got.body.at(pos + 1);
        pos += 2;
        return value;
    };
    const auto take_text = [&] {
        const std::size_t size = take16();
        std::string value;
        for (std::size_t i = 0; i < size; ++i) value += static_cast<char>(got.body.at(pos++));
        return value;
    };
    switch (got.type) {
        case 1:
            got.clean_session = (got.body.at(7) & 2) != 0;
            break;
        case 3:
            got.qos = got.flags / 2 % 4;
            got.topic = take_text();
            if (got.qos > 0) got.id = take16();
            while (pos < got.body.size()) got.payload += static_cast<char>(got.body[pos++]);
            break;
        case 8:
        case 10:
            got.id = take16();
            got.topic = take_text();
            if (got.type == 8) got.qos = got.body.at(pos);
            break;
        case 4:
        case 5:
        case 6:
        case 7:
            got.id = take16();
            break;
        default:
            break;
    }
    return got;
}

std::string describe(const Packet& p) {
    static constexpr const char* names[] = {"0",       "CONNECT",  "CONNACK",    "PUBLISH", "PUBACK",      "PUBREC",
                                            "PUBREL",  "PUBCOMP",  "SUBSCRIBE",  "SUBACK",  "UNSUBSCRIBE", "UNSUBACK",
                                            "PINGREQ", "PINGRESP", "DISCONNECT", "15"};
    std::string out = names[p.type];
    if (p.type >= 4 && p.type <= 7) return out + " " + std::to_string(p.id);
    if (p.type == 8) return out + " id" + std::to_string(p.id) + " " + p.topic + " q" + std::to_string(p.qos);
    if (p.type == 10) return out + " id" + std::to_string(p.id) + " " + p.topic;
    if (p.type != 3) return out;
    out += " q" + std::to_string(p.qos);
    if (p.qos > 0) out += " id" + std::to_string(p.id);
    if (p.duplicate()) out += " dup";
    if (p.retain()) out += " retain";
    return out + " " + p.topic + "=" + p.payload;
}

}  // namespace esb::test::wire
