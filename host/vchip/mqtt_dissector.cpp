#include "host/vchip/mqtt_dissector.hpp"

#include "esb/base/encoding.hpp"
#include "esb/base/secret.hpp"

#include <algorithm>
#include <string>

namespace esb::vchip {
namespace {

using trace::Field;
using trace::Way;

// MQTT 3.1.1 and 5.0, 2.1.2: the types by their numbers.
constexpr std::string_view names[] = {"",           "connect",  "connack",     "publish",  "puback",  "pubrec",
                                      "pubrel",     "pubcomp",  "subscribe",   "suback",   "unsubscribe",
                                      "unsuback",   "pingreq",  "pingresp",    "disconnect", "auth"};
enum Type : unsigned { connect = 1, connack, publish, puback, pubrec, pubrel, pubcomp, subscribe, suback, unsubscribe, unsuback };
constexpr unsigned disconnect = 14;
constexpr unsigned auth = 15;
constexpr std::size_t listed_max = 200;  // bytes of a list of filters or codes
constexpr std::string_view hidden = "hidden";

// Reads what is there; what is not reads as zero, empty.
class Reader {
public:
    explicit Reader(ConstBytes bytes) : rest_(bytes) {}
    bool empty() const { return rest_.empty(); }
    ConstBytes rest() const { return rest_; }
    ConstBytes take(std::size_t count) {
        const auto taken = rest_.first(std::min(count, rest_.size()));
        rest_ = rest_.subspan(taken.size());
        return taken;
    }
    unsigned byte() {
        const auto one = take(1);
        return one.empty() ? 0U : one[0];
    }
    unsigned number() {
        const unsigned high = byte();
        return high << 8U | byte();
    }
    std::string_view text() { return as_text(take(number())); }
    void skip_properties() {
        std::size_t size = 0;
        for (unsigned shift = 0; shift < 28; shift += 7) {
            const unsigned digit = byte();
            size |= std::size_t{digit & 0x7FU} << shift;
            if ((digit & 0x80U) == 0) break;
        }
        take(size);
    }

private:
    ConstBytes rest_;
};

void append(std::string& list, std::string_view item) {
    if (list.size() > listed_max) return;
    if (!list.empty()) list += ", ";
    list += item;
    if (list.size() > listed_max) list += ", ...";
}

// The front of it that ends between two characters.
std::string_view whole_characters(std::string_view text) {
    for (std::size_t cut = 0; cut < 4 && cut < text.size(); ++cut) {
        const auto front = text.substr(0, text.size() - cut);
        if (is_utf8(front)) return front;
    }
    return "(binary)";
}

// One packet and what is said of it. Texts that are made up live here until it has been said.
class Packet {
public:
    Packet(unsigned first, std::size_t length, ConstBytes kept) : first_(first), length_(length), body_(kept) {}

    unsigned type() const { return first_ >> 4U; }
    std::span<const Field> fields(bool& v5);

private:
    void connect_fields(bool& v5);
    void publish_fields(bool v5);
    void list_filters(bool v5, bool with_qos);
    void list_codes(bool v5);
    void say(std::string_view key, std::string_view text) { fields_.emplace_back(key, text); }
    template <typename T>
    requires std::is_integral_v<T>
    void say(std::string_view key, T number) {
        fields_.emplace_back(key, number);
    }

    unsigned first_;
    std::size_t length_;
    Reader body_;
    std::vector<Field> fields_;
    std::string list_;
};

std::span<const Field> Packet::fields(bool& v5) {
    switch (type()) {
        case connect:
            connect_fields(v5);
            break;
        case connack:
            say("session", body_.byte() & 1U);
            say("code", body_.byte());
            break;
        case publish:
            publish_fields(v5);
            break;
        case puback:
        case pubrec:
        case pubrel:
        case pubcomp:
            say("id", body_.number());
            if (!body_.empty()) say("code", body_.byte());
            break;
        case subscribe:
        case unsubscribe:
            list_filters(v5, type() == subscribe);
            break;
        case suback:
        case unsuback:
            list_codes(v5);
            break;
        case disconnect:
        case auth:
            if (!body_.empty()) say("code", body_.byte());
            break;
        default:
            break;
    }
    say("size", length_);
    return fields_;
}

void Packet::connect_fields(bool& v5) {
    body_.text();  // "MQTT"
    const unsigned level = body_.byte();
    const unsigned flags = body_.byte();
    const unsigned keep_alive = body_.number();
    v5 = level == 5;
    if (v5) body_.skip_properties();
    say("version", level == 5 ? "5.0" : level == 4 ? "3.1.1" : "unknown");
    say("client", body_.text());
    say("clean", flags >> 1U & 1U);
    say("keepalive", keep_alive);
    if ((flags & 0x04U) != 0) {
        if (v5) body_.skip_properties();
        say("will", body_.text());
    }
    if ((flags & 0x80U) != 0) say("user", hidden);
    if ((flags & 0x40U) != 0) say("password", hidden);
}

void Packet::publish_fields(bool v5) {
    const auto whole = body_.rest().size();
    const auto topic = body_.text();
    const unsigned qos = first_ >> 1U & 3U;
    say("topic", topic);
    say("qos", qos);
    if ((first_ & 1U) != 0) say("retain", 1);
    if ((first_ & 8U) != 0) say("dup", 1);
    if (qos > 0) say("id", body_.number());
    if (v5) body_.skip_properties();
    const auto before = whole - body_.rest().size();
    say("bytes", length_ - before);
    const auto payload = body_.take(payload_shown_max);
    say("payload", payload_may_be_shown(topic) ? whole_characters(as_text(payload)) : hidden);
}

void Packet::list_filters(bool v5, bool with_qos) {
    say("id", body_.number());
    if (v5) body_.skip_properties();
    while (!body_.empty()) {
        append(list_, body_.text());
        if (with_qos) body_.byte();
    }
    say("filters", list_);
}

void Packet::list_codes(bool v5) {
    say("id", body_.number());
    if (v5) body_.skip_properties();
    while (!body_.empty()) append(list_, decimal(body_.byte()).view());
    say("codes", list_);
}

}  // namespace

bool payload_may_be_shown(std::string_view topic) {
    if (topic.empty()) return false;  // an alias
    while (!topic.empty()) {
        const auto level = topic.substr(0, topic.find('/'));
        if (level == "config" || level == "ota") return false;
        topic.remove_prefix(std::min(level.size() + 1, topic.size()));
    }
    return true;
}

void MqttDissector::take(Way way, ConstBytes bytes) {
    auto& direction = directions_[static_cast<std::size_t>(way)];
    while (!bytes.empty() && direction.part != Direction::Part::broken) {
        bytes = bytes.subspan(take_some(way, direction, bytes));
    }
}

// How many of the bytes it has used, at least one.
std::size_t MqttDissector::take_some(Way way, Direction& direction, ConstBytes bytes) {
    switch (direction.part) {
        case Direction::Part::type:
            direction.first = bytes[0];
            direction.length = direction.seen = direction.shift = 0;
            direction.part = Direction::Part::length;
            return 1;
        case Direction::Part::length:
            take_length(way, direction, bytes[0]);
            return 1;
        case Direction::Part::body: {
            const auto piece = bytes.first(std::min(bytes.size(), direction.length - direction.seen));
            const auto at = std::min(direction.seen, dissected_max);
            copy(piece.first(std::min(piece.size(), dissected_max - at)), MutBytes(direction.kept).subspan(at));
            direction.seen += piece.size();
            if (direction.seen == direction.length) finish(way, direction);
            return piece.size();
        }
        case Direction::Part::broken:
            break;
    }
    return bytes.size();
}

void MqttDissector::take_length(Way way, Direction& direction, std::uint8_t digit) {
    direction.length |= std::size_t{digit & 0x7FU} << direction.shift;
    direction.shift += 7;
    if ((digit & 0x80U) != 0 && direction.shift == 28) return break_off(way, direction);
    if ((digit & 0x80U) != 0) return;
    direction.part = Direction::Part::body;
    if (direction.length == 0) finish(way, direction);
}

void MqttDissector::finish(Way way, Direction& direction) {
    direction.part = Direction::Part::type;
    const auto kept = std::min(direction.length, dissected_max);
    Packet packet(direction.first, direction.length, ConstBytes(direction.kept).first(kept));
    if (packet.type() == 0) return break_off(way, direction);
    const auto fields = packet.fields(v5_);
    on_packet_(way, names[packet.type()], fields);
    wipe(MutBytes(direction.kept).first(kept));
}

void MqttDissector::break_off(Way way, Direction& direction) {
    direction.part = Direction::Part::broken;
    on_packet_(way, "malformed", {});
}

}  // namespace esb::vchip
