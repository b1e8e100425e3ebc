#include "esb/portal/api_state.hpp"

#include "esb/base/json.hpp"
#include "esb/portal/answers.hpp"
#include "esb/portal/api_networks.hpp"

#include <array>

namespace esb::portal {
namespace {

std::int64_t seconds(Duration time) { return std::chrono::duration_cast<std::chrono::seconds>(time).count(); }
std::string_view name_of(const std::optional<Error>& error) { return error ? error->name() : std::string_view(); }
std::string_view text_of(const std::optional<Error>& error) { return error ? error->text() : std::string_view(); }

void put_about(const Host& host, const Attempt&, JsonWriter& json) {
    const auto about = host.snapshot();
    json.key("about").begin_object().key("identity").text(about.identity).key("app").text(about.app);
    json.key("ver").text(about.version).key("hw").text(about.hardware).key("seq").number(about.seq);
    json.key("safe").boolean(about.safe_mode).key("sec").begin_array();
    for (const auto protection : about.protections) json.text(protection);
    if (about.settings_encrypted) json.text("nvs-encryption");
    json.end_array().end_object();
}

void put_wifi(const Host& host, const Attempt&, JsonWriter& json) {
    const auto now = host.snapshot();
    std::array<char, network_name_max> text;
    json.key("wifi").begin_object().key("state").text(now.wifi).key("ssid").text(network_name(host, now.ssid, text));
    json.key("rssi").number(now.rssi).key("ip").text(to_text(now.address));
    if (with_ethernet && now.wired) json.key("wired").boolean(true);
    json.end_object();
}

void put_broker(const Host& host, const Attempt&, JsonWriter& json) {
    const auto& settings = host.settings();
    json.key("broker").begin_object().key("host").text(settings.text(settings::names::mqtt_host));
    json.key("port").number(settings.integer(settings::names::mqtt_port));
    json.key("ident").text(broker_identity(host)).key("online").boolean(host.snapshot().online).end_object();
}

void put_attempt(const Host&, const Attempt& attempt, JsonWriter& json) {
    const bool failed = attempt.state() == Attempt::State::failed;
    const bool network = failed && !attempt.error() && attempt.step() <= Step::address;
    json.key("attempt").begin_object().key("n").number(attempt.number()).key("state").text(name(attempt.state()));
    json.key("step").text(name(attempt.step()));
    json.key("error").text(name_of(attempt.error())).key("why").text(text_of(attempt.error()));
    json.key("reason").text(network ? name(attempt.reason()) : std::string_view());
    json.key("ip").text(to_text(attempt.address())).key("back").boolean(attempt.taken_back()).end_object();
}

void put_update(const Host& host, const Attempt&, JsonWriter& json) {
    const auto& update = host.update();
    json.key("update").begin_object().key("state").text(ota::name(update.state)).key("ver").text(update.ver);
    json.key("done").number(update.done).key("size").number(update.size);
    if (update.hold != ota::Hold::nothing) json.key("waits_for").text(ota::name(update.hold));
    json.key("error").text(name_of(update.error)).key("why").text(text_of(update.error)).end_object();
}

// How the first broker is known.
void put_trust(const settings::Store& settings, JsonWriter& json) {
    const auto& trust = settings::names::trusts[0];
    json.key("trust").begin_object().key("how").text(settings.text(trust.how));
    json.key("user").text(settings.text(trust.user)).end_object();
}

void put_portal(const Host& host, const Attempt&, JsonWriter& json) {
    const auto now = host.snapshot();
    json.key("portal").begin_object().key("left").number(seconds(now.portal_left));
    json.key("commissioned").boolean(now.commissioned).key("key").boolean(key_is_shown(host));
    json.key("on_trial").boolean(!now.config_waits_for.empty()).end_object();
    if constexpr (with_certificates) put_trust(host.settings(), json);
}

void put_system(const Host& host, const Attempt&, JsonWriter& json) {
    const auto now = host.snapshot();
    json.key("system").begin_object().key("heap").number(static_cast<std::int64_t>(now.heap));
    json.key("heap_min").number(static_cast<std::int64_t>(now.heap_min)).key("up").number(seconds(now.up)).end_object();
}

// Each fits into 512 bytes with the longest of its values; a test shows it.
using Section = void (*)(const Host&, const Attempt&, JsonWriter&);
constexpr Section sections[] = {put_about, put_wifi, put_broker, put_attempt, put_update, put_portal, put_system};

}  // namespace

std::size_t write_state(const Host& host, const Attempt& attempt, std::uint32_t& cursor, MutBytes out) {
    if (cursor >= std::size(sections)) return 0;
    JsonWriter json(as_chars(out));
    if (cursor == 0) {
        json.begin_object();
    } else {
        json.following();
    }
    sections[cursor](host, attempt, json);
    if (++cursor == std::size(sections)) json.end_object();
    return json.written().size();
}

std::string_view broker_identity(const Host& host) {
    const auto set = host.settings().text(settings::names::mqtt_ident);
    return set.empty() ? host.snapshot().identity : set;
}

bool key_is_shown(const Host& host) {
    return !host.snapshot().key_was_used && !host.settings().bytes(settings::names::mqtt_psk).empty();
}

}  // namespace esb::portal
