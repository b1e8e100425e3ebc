// What is said and heard by MQTT: where a topic begins, a message, and how it is wanted.
#pragma once

#include "esb/base/function.hpp"
#include "esb/base/json.hpp"
#include "esb/mqtt/message.hpp"

#include <cstdint>
#include <string_view>

namespace esb::link {

enum class Root : std::uint8_t {
    base,  // <base>/: the device's own
    app,   // <base>/app/: the author's
    none,  // a whole topic, shared with others
};

struct Topic {
    std::string_view name;
    Root root = Root::base;
};

// A message. For a handler that takes pieces also a piece of one that is longer than Limits::max_message (then offset
// and total tell which). The views live during the call only.
struct Message : mqtt::MessagePiece {
    std::string_view subtopic{};  // the topic below its root: below <base>/app/ for an author's, otherwise the whole

    std::string_view text() const { return as_text(bytes); }
    // The errors of JsonDocument::parse(); no_memory.
    Result<JsonDocument> json() const { return JsonDocument::parse(bytes); }
};

struct PublishOptions {
    mqtt::Qos qos = mqtt::Qos::at_least_once;
    bool retain = false;
    // Called once on the reactor's task when the publish is done (see mqtt::Handler::on_published) or has failed.
    Function<void(Status)> done = {};
};

struct SubscribeOptions {
    // The handler takes messages longer than Limits::max_message, piece by piece, up to mqtt::Limits::max_packet_in.
    // Otherwise it is called once a message, and what is longer is dropped and reported.
    bool pieces = false;
};

}  // namespace esb::link
