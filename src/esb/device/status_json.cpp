#include "esb/device/status_json.hpp"

#include "esb/base/features.hpp"
#include "esb/base/json.hpp"

#include <array>

namespace esb {

std::string_view status_json(const life::Snapshot& now, const link::Subscriptions& subscriptions,
                             std::string_view encryption_key, std::span<char> out) {
    JsonWriter json(out);
    json.begin_object();
    json.key("app").text(now.app).key("ver").text(now.version).key("hw").text(now.hardware);
    json.key("seq").number(now.seq).key("floor").number(now.floor);
    json.key("boot").text(now.slot).key("reset").text(now.reset);
    if (with_ethernet && !now.link.empty()) json.key("link").text(now.link);
    json.key("ip").text(chip::to_text(now.address)).key("rssi").number(now.rssi);
    json.key("heap").number(static_cast<std::int64_t>(now.heap));
    json.key("heap_min").number(static_cast<std::int64_t>(now.heap_min));
    json.key("stack").number(static_cast<std::int64_t>(now.stack_reserve));
    json.key("up").number(std::chrono::duration_cast<std::chrono::seconds>(now.up).count());
    json.key("safe").boolean(now.safe_mode);
    json.key("trust").text(now.trust_lost ? "lost" : "kept");
    if (with_core_dump && now.crash_left != 0) json.key("crash").number(now.crash_left);
    if constexpr (with_packed_updates) json.key("packed").boolean(true);
#if ESB_DATA_PARTITIONS
    json.key("data").begin_object();  // that it is there says that the firmware takes data
    for (const auto& data : now.data) json.key(data.name).text(data.hash);
    json.end_object();
#endif
    if constexpr (with_mqtt5) json.key("mqtt").text(now.mqtt5 ? "5.0" : "3.1.1");
    json.key("sec").begin_array();
    for (const auto protection : now.protections) json.text(protection);
    if (now.settings_encrypted) json.text("nvs-encryption");
    json.end_array();
    if (subscriptions.missing() > 0) subscriptions.write(json.key("missing"));
    if (now.hint != nullptr) json.key("hint").text(now.hint->name);
    if (!now.hint_topic.empty()) json.key("hint_topic").text(now.hint_topic);
    if (!encryption_key.empty()) json.key("enc").text(encryption_key);
    json.end_object();
    return json.view();
}

std::string_view update_json(const ota::Progress& progress, ota::When when, std::string_view installed,
                             std::span<char> out) {
    JsonWriter json(out);
    json.begin_object();
    json.key("id").text(progress.id).key("state").text(ota::name(progress.state)).key("ver").text(progress.ver);
    json.key("installed").text(installed);
    json.key("done").number(progress.done).key("size").number(progress.size);
    if (progress.fetched != ota::Fetched::image) json.key("form").text(ota::name(progress.fetched));
    json.key("error").text(progress.error ? progress.error->name() : "");
    if (progress.error) {
        std::array<char, ota::why_max> why;
        json.key("why").text(ota::why(progress, why));
        if (progress.error->detail() != 0) json.key("detail").number(progress.error->detail());
    }
    if (!progress.host.empty()) json.key("host").text(progress.host);
    if (when != ota::When::now) json.key("when").text(ota::name(when));
    if (progress.hold != ota::Hold::nothing) json.key("waits_for").text(ota::name(progress.hold));
    if (progress.until) json.key("until").number(progress.until->count());
    if (progress.freshness_unknown) json.key("freshness").text("unknown");
    json.end_object();
    return json.view();
}

}  // namespace esb
