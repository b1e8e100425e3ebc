#include "esb/device/log_publisher.hpp"

#include "esb/device/log_text.hpp"

#include <array>

namespace esb {

void LogPublisher::step(bool online) {
    if (!online || under_way_ || recorder_.all_published() || link_.base().empty()) return;
    auto entry = recorder_.next_after(recorder_.published());
    if (!entry) return;
    std::array<char, message_max> text;
    JsonWriter json(text);
    json.begin_object().key("log").begin_array();
    std::uint32_t last = 0;
    for (; entry && json.view().size() + log_json_max + 4 <= message_max; entry = recorder_.next_after(last)) {
        write_json(*entry, json);
        last = entry->number;
    }
    json.end_array().end_object();
    FixedString<48> topic;
    static_cast<void>(topic.append(link_.base()));
    static_cast<void>(topic.append("/log"));
    const auto token = link_.client().publish({topic, as_bytes(json.view()), mqtt::Qos::at_least_once, false});
    if (!token) return;  // no room: again in a later turn
    recorder_.seal_up_to(last);
    under_way_ = Message{*token, last};
}

bool LogPublisher::published(mqtt::Token token, const Status& outcome) {
    if (!under_way_ || under_way_->token != token) return false;
    if (outcome) recorder_.set_published(under_way_->last);
    under_way_.reset();
    return true;
}

}  // namespace esb
