// What is said and heard by MQTT: where a topic begins, a message, and how it is wanted.
#pragma once

#include "esb/base/function.hpp"
#include "esb/base/json.hpp"
#include "esb/mqtt/message.hpp"

#include <array>
#include <cstdint>
#include <string_view>

namespace esb::link {

enum class Root : std::uint8_t {  // below which topic a name is
    base,                         // <base>/: the device's own
    app,                          // <base>/app/: the author's
    none,                         // a whole topic, shared with others
};

struct Topic {               // a name and where it begins
    std::string_view name;   // without its root
    Root root = Root::base;  // where it begins
};

// A message. For a handler that takes pieces also a piece of one that is longer than Limits::max_message (then offset
// and total tell which). The views live during the call only.
struct Message : mqtt::MessagePiece {
    std::string_view subtopic{};  // the topic below its root: below <base>/app/ for an author's, otherwise the whole

    std::string_view text() const { return as_text(bytes); }  // the payload; whether it is UTF-8 is not looked at
    // The errors of JsonDocument::parse(); no_memory.
    Result<JsonDocument> json() const { return JsonDocument::parse(bytes); }
};

#if !defined(ESB_MQTT5) || ESB_MQTT5
// What an author gives a message besides its payload, with MQTT 5.0: few bytes, copied with the message.
// .properties = MessageProperties().response_topic("site/answers").correlation_data(id).expires_after(60)
class MessageProperties {
public:
    static constexpr std::size_t most = 96;  // bytes of all together, with 3 to 5 for each

    MessageProperties& content_type(std::string_view type);  // "application/json"
    // A whole topic. With wildcards in it the publish is invalid_argument.
    MessageProperties& response_topic(std::string_view topic);
    MessageProperties& correlation_data(ConstBytes data);
    // The broker drops the message for those whom it has not reached by then.
    MessageProperties& expires_after(std::uint32_t seconds);
    MessageProperties& user(std::string_view name, std::string_view value);

    ConstBytes bytes() const { return ConstBytes(memory_).first(used_); }  // encoded
    // They were more than `most`: the publish is too_long.
    bool overflowed() const { return overflowed_; }

private:
    template <typename Write>
    MessageProperties& add(Write write);

    std::array<std::uint8_t, most> memory_{};
    std::size_t used_ = 0;
    bool overflowed_ = false;
};
#endif

struct PublishOptions {                        // by designated initializers: {.retain = true}
    mqtt::Qos qos = mqtt::Qos::at_least_once;  // MQTT's quality of service
    bool retain = false;                       // the broker keeps it for those who come later
    // Called once on the reactor's task when the publish is done (see mqtt::Handler::on_published) or has failed.
    Function<void(Status)> done = {};
#if !defined(ESB_MQTT5) || ESB_MQTT5
    // Left out where the broker speaks 3.1.1.
    MessageProperties properties = {};
#endif
#if !defined(ESB_MQTT_OFFLINE) || ESB_MQTT_OFFLINE
    // What becomes of it when it cannot go at once. Unless it says otherwise, it waits for room; QoS 0 needs a connection.
    mqtt::Waiting waiting = mqtt::Waiting::refuse;
#endif
#if !defined(ESB_MQTT_KEEP) || ESB_MQTT_KEEP
    // Survives a restart, QoS 1 and 2: from the next turn of the reactor until the broker has it, it lies in flash. Each costs
    // two writes or three, of mqtt::Limits::kept_writes_per_hour: for what must not be lost, not for what comes every minute.
    bool keep = false;
#endif
};

struct SubscribeOptions {  // by designated initializers
    // The handler takes messages longer than Limits::max_message, piece by piece, up to mqtt::Limits::max_packet_in.
    // Otherwise it is called once a message, and what is longer is dropped and reported.
    bool pieces = false;
};

}  // namespace esb::link
