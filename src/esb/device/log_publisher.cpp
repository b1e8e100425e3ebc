#include "esb/device/log_publisher.hpp"

#include <array>

namespace esb {

void LogPublisher::step(Instant now) {
    if (online_.load() && !under_way_ && !recorder_.all_published()) publish();
    recorder_.step(now);
}

void LogPublisher::publish() {
    auto entry = recorder_.next_after(recorder_.published());
    if (!entry) return;
    std::array<char, message_max> text;
    JsonWriter json(text);
    json.begin_object().key("log").begin_array();
    std::uint32_t last = 0;
    for (; entry && json.view().size() + record::log_json_max + 4 <= message_max; entry = recorder_.next_after(last)) {
        record::write_json(*entry, names_, json);
        last = entry->number;
    }
    json.end_array().end_object();
    const auto done = [this, last](const Status& outcome) {
        under_way_ = false;
        if (outcome) recorder_.set_published(last);
    };
    if (!publisher_.publish({"log"}, as_bytes(json.view()), {.done = done})) return;  // no room: in a later turn
    recorder_.seal_up_to(last);
    under_way_ = true;
}

}  // namespace esb
