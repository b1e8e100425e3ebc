// The one topic that is not the device's own: Home Assistant's.
#include "esb/device/topics.hpp"

#include <utility>

namespace esb {

// When it says `online` it may have forgotten us, or never have seen us.
Status Topics::add_home_assistant() {
    return add({ha_status_topic, link::Root::none}, mqtt::Qos::at_least_once, [this](const link::Message& message) {
        if (as_text(message.bytes) == "online") announce_all();
    });
}

void Topics::hear_home_assistant(bool on) {
    if (std::exchange(hears_home_assistant_, on) == on || parts_.link.base().empty()) return;
    if (on) {
        parts_.voice.tell("mqtt", add_home_assistant());
    } else {
        hear_no_more(ha_status_topic, false);
    }
}

}  // namespace esb
