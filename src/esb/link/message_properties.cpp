// What an author gives a message besides its payload, with MQTT 5.0.
#include "esb/link/message.hpp"
#include "esb/mqtt/properties.hpp"

namespace esb::link {

template <typename Write>
MessageProperties& MessageProperties::add(Write write) {
    mqtt::PropertyWriter writer(MutBytes(memory_).subspan(used_));
    write(writer);
    used_ += writer.written().size();
    overflowed_ = overflowed_ || writer.overflowed();
    return *this;
}

MessageProperties& MessageProperties::content_type(std::string_view type) {
    return add([&](mqtt::PropertyWriter& writer) { writer.text(mqtt::Property::content_type, type); });
}

MessageProperties& MessageProperties::response_topic(std::string_view topic) {
    return add([&](mqtt::PropertyWriter& writer) { writer.text(mqtt::Property::response_topic, topic); });
}

MessageProperties& MessageProperties::correlation_data(ConstBytes data) {
    return add([&](mqtt::PropertyWriter& writer) { writer.data(mqtt::Property::correlation_data, data); });
}

MessageProperties& MessageProperties::expires_after(std::uint32_t seconds) {
    return add([&](mqtt::PropertyWriter& writer) { writer.number(mqtt::Property::message_expiry, seconds); });
}

MessageProperties& MessageProperties::user(std::string_view name, std::string_view value) {
    return add([&](mqtt::PropertyWriter& writer) { writer.user(name, value); });
}

}  // namespace esb::link
