#include "esb/device/home_assistant_config.hpp"

#include "esb/base/features.hpp"
#include "esb/base/json.hpp"

namespace esb {
namespace {

using Text = FixedString<112>;

struct Description {
    std::string_view component;
    std::string_view object;
    std::string_view name;
    std::string_view leaf;  // of the state topic
};
constexpr Description descriptions[ha_entities] = {
    {"binary_sensor", "connectivity", "Connectivity", "online"},
    {"sensor", "signal", "Signal", "status"},
    {"sensor", "uptime", "Uptime", "status"},
    {"update", "firmware", "Firmware", "ota/status"},
};
const Description& description(HaEntity entity) { return descriptions[static_cast<std::size_t>(entity)]; }

template <typename... Pieces>
Text joined(Pieces... pieces) {
    Text text;
    (static_cast<void>(text.append(pieces)), ...);  // sized for the longest identity
    return text;
}

// Home Assistant takes these members and no others; null is allowed for the percentage only.
constexpr std::string_view update_template =
    "{{ {'installed_version': value_json.installed, 'latest_version': value_json.ver "
    "if value_json.ver and value_json.error != 'ota.skipped' else value_json.installed, "
    "'in_progress': value_json.state in ['downloading', 'verifying', 'rebooting', 'trial'], "
    "'update_percentage': (100 * value_json.done / value_json.size) | int "
    "if value_json.state == 'downloading' and value_json.size > 0 else none} | to_json }}";

void add_kind(HaEntity entity, std::string_view base, const ota::ImageIdentity& image, JsonWriter& json) {
    switch (entity) {
        case HaEntity::connectivity:
            json.key("device_class").text("connectivity").key("entity_category").text("diagnostic");
            json.key("payload_on").text("1").key("payload_off").text("0");
            return;
        case HaEntity::signal:
            json.key("device_class").text("signal_strength").key("entity_category").text("diagnostic");
            json.key("state_class").text("measurement").key("unit_of_measurement").text("dBm");
            json.key("value_template").text("{{ value_json.rssi }}");
            return;
        case HaEntity::uptime:
            json.key("device_class").text("duration").key("entity_category").text("diagnostic");
            json.key("state_class").text("measurement").key("unit_of_measurement").text("s");
            json.key("value_template").text("{{ value_json.up }}");
            return;
        case HaEntity::firmware:
            json.key("device_class").text("firmware").key("title").text(image.app);
            json.key("value_template").text(update_template);
            if constexpr (!with_update_policy) return;
            json.key("command_topic").text(joined(base, "/ota/do")).key("payload_install").text("install");
            return;
    }
}

}  // namespace

FixedString<112> ha_topic(HaEntity entity, std::string_view identity) {
    const auto& d = description(entity);
    return joined("homeassistant/", d.component, "/", identity, "/", d.object, "/config");
}

std::string_view ha_config(HaEntity entity, const Identity& identity, const Identity& base,
                           const ota::ImageIdentity& image, std::span<char> out) {
    const auto& d = description(entity);
    JsonWriter json(out);
    json.begin_object().key("name").text(d.name).key("unique_id").text(joined(identity.view(), "_", d.object));
    json.key("state_topic").text(joined(base.view(), "/", d.leaf)).key("qos").number(1);
    add_kind(entity, base.view(), image, json);
    // The sensor that says whether the device is there must itself be there always.
    if (entity != HaEntity::connectivity) {
        json.key("availability_topic").text(joined(base.view(), "/online"));
        json.key("payload_available").text("1").key("payload_not_available").text("0");
    }
    json.key("device").begin_object().key("identifiers").begin_array().text(identity).end_array();
    json.key("name").text(identity).key("model").text(image.app);
    json.key("hw_version").text(image.hw).key("sw_version").text(image.ver).end_object();
    json.key("origin").begin_object().key("name").text("ESP32 Secure Base").end_object();
    json.end_object();
    return json.view();
}

}  // namespace esb
