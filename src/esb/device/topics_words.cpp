// The topic on which people say something of an update that waits.
#include "esb/device/topics.hpp"

#include <utility>

namespace esb {

Status Topics::add_words() {
    return add({"ota/do"}, mqtt::Qos::at_least_once,
               [this](const link::Message& message) { parts_.updates.take_word(message); });
}

// Not while updates are installed as they come: a broker's older account need not allow it.
void Topics::hear_words(bool on) {
    if (std::exchange(hears_words_, on) == on || parts_.link.base().empty()) return;
    if (on) return static_cast<void>(parts_.voice.tell("mqtt", add_words()));
    const auto whole = link::whole_topic({"ota/do"}, parts_.link.base());
    if (whole) hear_no_more(*whole, false);
}

}  // namespace esb
