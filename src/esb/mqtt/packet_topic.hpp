// The topic in what Handler::on_unanswered() gives. Here, so that only who asks for it has it.
#pragma once

#include "esb/base/bytes.hpp"

#include <cstdint>
#include <string_view>

namespace esb::mqtt {

// Of a whole PUBLISH the topic, of a SUBSCRIBE or UNSUBSCRIBE of ours the filter; `five`: the connection speaks 5.0. Empty
// for anything else.
inline std::string_view topic_in(ConstBytes packet, bool five) {
    constexpr std::uint8_t publish = 3;
    ByteReader reader(packet);
    const auto first = reader.u8();
    auto length = reader.u8();
    while (length && (*length & 0x80) != 0) length = reader.u8();
    if (!first || !length) return {};
    if (*first >> 4 != publish) {
        static_cast<void>(reader.be16());           // identifier
        if (five) static_cast<void>(reader.u8());  // no properties
    }
    const auto size = reader.be16();
    const auto topic = size ? reader.take(*size) : fail(errors::too_short);
    return topic ? as_text(*topic) : std::string_view();
}

}  // namespace esb::mqtt
