// A message as it comes in.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/mqtt/properties.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace esb::mqtt {

enum class Qos : std::uint8_t { at_most_once = 0, at_least_once = 1, exactly_once = 2 };

// A piece of an incoming PUBLISH. Messages longer than what arrives at once come in several pieces, in order;
// the first has offset 0, the last ends at `total`; an empty message is one empty piece. A message of which the
// connection broke in the middle is not finished: with QoS 1 and 2 it comes again from offset 0. After stop() from
// within a piece no further piece of that message comes.
struct MessagePiece {
    std::string_view topic;
    ConstBytes bytes;
    std::size_t offset;
    std::size_t total;
    Qos qos;
    bool retain;
    bool duplicate;  // the DUP flag
#if !defined(ESB_MQTT5) || ESB_MQTT5  // base/features.hpp, which authors need not see
    Properties properties{};  // the same with every piece
#endif
    bool is_last() const { return offset + bytes.size() == total; }
};

}  // namespace esb::mqtt
