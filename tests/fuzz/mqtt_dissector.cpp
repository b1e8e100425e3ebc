// The bytes of an MQTT connection in words: whatever they are, and however they are cut, the same is said of them, nothing
// that is not in them, and nothing of a payload that is hidden.
#include "host/vchip/mqtt_dissector.hpp"

#include <cstdlib>
#include <string>

using namespace esb;

namespace {

void check(bool holds) {
    if (!holds) std::abort();
}

// The first byte says how the rest is cut, and which way it goes.
std::string words_of(ConstBytes bytes, trace::Way way, std::size_t step) {
    std::string said;
    vchip::MqttDissector dissector([&](trace::Way told, std::string_view packet, std::span<const trace::Field> fields) {
        check(told == way && !packet.empty());
        said += std::string(packet) + "\n";
        std::string_view topic;
        for (const auto& field : fields) {
            check(!field.key.empty());
            if (field.key == "topic") topic = field.text;
            if (field.key == "payload") {
                check(field.text.size() <= vchip::payload_shown_max);
                check(vchip::payload_may_be_shown(topic) || field.text == "hidden");
            }
            if (field.key == "password" || field.key == "user") check(field.text == "hidden");
            said += std::string(field.key) + "=" + std::string(field.text) + std::to_string(field.number) + "\n";
        }
    });
    while (!bytes.empty()) {
        const auto piece = bytes.first(std::min(step, bytes.size()));
        dissector.take(way, piece);
        bytes = bytes.subspan(piece.size());
    }
    return said;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const ConstBytes bytes(data + 1, size - 1);
    const auto way = (data[0] & 1U) != 0 ? trace::Way::in : trace::Way::out;
    const auto whole = words_of(bytes, way, size);
    check(words_of(bytes, way, 1U + (data[0] >> 1U)) == whole);
    return 0;
}
