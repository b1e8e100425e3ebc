// The MQTT decoder: any bytes, cut anywhere. The first byte chooses the size of the pieces they are fed in and the version;
// the events must not depend on it, and what is reported must hold together.
#include "esb/mqtt/decoder.hpp"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

using namespace esb;
using mqtt::Decoder;

void check(bool condition) {
    if (!condition) std::abort();
}

struct Run {
    explicit Run(bool version5) : five(version5) {
        decoder.use_five(properties, 305);
        decoder.reset(five);
    }

    bool five;
    std::array<std::uint8_t, 24> topic{};
    std::array<std::uint8_t, 32> properties{};
    Decoder decoder{topic, 300};
    std::string events;
    std::size_t payload = 0;

    void take_piece() {
        const auto& piece = decoder.piece();
        check(piece.offset == payload);
        payload += piece.bytes.size();
        check(payload <= piece.total && piece.total <= mqtt::max_remaining_length);
        check((piece.qos == mqtt::Qos::at_most_once) == (decoder.piece_id() == 0));
        const std::size_t id = piece.qos == mqtt::Qos::at_most_once ? 0 : 2;
        const bool topic_fits = decoder.topic_size() <= topic.size();
        const bool too_large = !topic_fits || 2 + decoder.topic_size() + id + piece.total > 300;
        check(five ? decoder.too_large() || !too_large : decoder.too_large() == too_large);
        check(piece.topic.size() == (topic_fits ? decoder.topic_size() : 0));
        check(!topic_fits || mqtt::is_topic_name(piece.topic));
        check(decoder.between_packets() == piece.is_last());
        events += as_text(piece.bytes);
        if (!piece.is_last()) return;
        check_properties(piece.properties);
        payload = 0;
        events += (decoder.too_large() ? "|large " : "|") + std::string(piece.topic) +
                  std::to_string(decoder.piece_id()) + (piece.duplicate ? "d" : "") + (piece.retain ? "r" : "") + "\n";
    }
    // What is given out was checked: each can be read, and is what may stand there.
    void check_properties(mqtt::Properties given) {
        check(given.bytes().size() <= properties.size() && (five || given.empty()));
        if (!given.response_topic().empty()) check(mqtt::is_topic_name(given.response_topic()));
        check(mqtt::is_text(given.content_type()) && !given.number(mqtt::Property::topic_alias));
        for (std::size_t i = 0; const auto user = given.user(i); ++i) {
            check(mqtt::is_text(user->name) && mqtt::is_text(user->value));
            events += std::string(user->name) + "=" + std::string(user->value);
        }
    }
    void take_packet() {
        const auto& packet = decoder.packet();
        check(packet.type != mqtt::PacketType::publish);
        check_properties(decoder.properties());
        events += std::to_string(static_cast<int>(packet.type)) + ":" + std::to_string(packet.id) + ":" +
                  std::to_string(packet.code) + ":" + std::to_string(packet.session_present) + "\n";
    }
    // False after an error.
    bool feed(ConstBytes bytes) {
        for (;;) {
            const std::size_t before = bytes.size();
            const auto event = decoder.next(bytes);
            check(bytes.size() <= before);
            switch (event) {
                case Decoder::Event::more:
                    check(bytes.empty());
                    return true;
                case Decoder::Event::packet:
                    take_packet();
                    break;
                case Decoder::Event::piece:
                    take_piece();
                    break;
                case Decoder::Event::error:
                    events += decoder.error().name;
                    check(decoder.next(bytes) == Decoder::Event::error);
                    return false;
            }
            check(bytes.size() < before);
        }
    }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::size_t chunk = data[0] % 16 + 1U;
    ConstBytes bytes{data + 1, size - 1};
    const bool five = (data[0] & 0x80) != 0;
    Run whole(five), pieces(five);
    whole.feed(bytes);
    while (!bytes.empty()) {
        const auto part = bytes.first(std::min(chunk, bytes.size()));
        bytes = bytes.subspan(part.size());
        if (!pieces.feed(part)) break;
    }
    check(whole.events == pieces.events);
    whole.decoder.reset(five);
    whole.payload = 0;
    const std::uint8_t pingresp[] = {0xD0, 0};
    check(whole.feed(pingresp));
    return 0;
}
