// Every row of docs/portal.md, asked for by a phone.
#include "esb/net/http_request.hpp"
#include "esb/ota/errors.hpp"
#include "esb/portal/answers.hpp"
#include "esb/portal/api_actions.hpp"
#include "esb/portal/errors.hpp"
#include "esb/portal/pages.hpp"
#include "esb/settings/json_patch.hpp"
#include "tests/support/portal_rig.hpp"

#include <gtest/gtest.h>

#include <string>

namespace esb::test {
namespace {

class PortalApi : public testing::Test {
protected:
    PortalRig rig;
    FakeHost& host = rig.host;

    void expect_refused(const Phone& phone, unsigned status, const ErrorKind& why, std::string_view setting = {}) {
        std::string json = R"({"error":")" + std::string(why.name) + R"(","why":")" + std::string(why.text) + "\"";
        if (!setting.empty()) json += R"(,"setting":")" + std::string(setting) + "\"";
        EXPECT_EQ(phone.status(), status);
        EXPECT_EQ(phone.body(), json + "}");
        EXPECT_TRUE(phone.has("Content-Type: application/json"));
    }
    void expect_json(std::string_view text) { EXPECT_TRUE(scan_json(as_bytes(text), {64 * 1024, 4})) << text; }
};

TEST_F(PortalApi, pages_are_sent_compressed) {
    ASSERT_FALSE(portal::pages().empty());
    for (const auto& page : portal::pages()) {
        SCOPED_TRACE(page.path);
        const auto& phone = rig.ask(get_request(page.path));
        EXPECT_EQ(phone.status(), 200U);
        EXPECT_TRUE(phone.has("Content-Encoding: gzip"));
        EXPECT_TRUE(phone.has("Content-Type: " + std::string(page.content_type)));
        EXPECT_EQ(phone.body(), as_text(page.gzip));
    }
    EXPECT_EQ(host.served, static_cast<int>(portal::pages().size()));
}

TEST_F(PortalApi, what_is_not_there_is_404) {
    for (const auto* path : {"/api", "/api/", "/api/states", "/api/scan", "/index.php", "/api/key"}) {
        expect_refused(rig.ask(get_request(path)), 404, errors::web_not_found);
    }
    for (const auto* path : {"/", "/api/state", "/api/log", "/api/update"}) {
        expect_refused(rig.ask(api_post(path)), 404, errors::web_not_found);
    }
    EXPECT_EQ(host.served, 0);
}

TEST_F(PortalApi, state) {
    host.set(settings::names::mqtt_host, "mqtt.example.org");
    EXPECT_EQ(
        rig.get("/api/state"),
        R"({"about":{"identity":"ESP-024553420001","app":"basic","ver":"1.0.0","hw":"esp32c3","seq":1,"safe":false,)"
        R"("sec":["psk-tls","signed-ota","rollback"]},)"
        R"("wifi":{"state":"up","ssid":"Home","rssi":-48,"ip":"192.168.1.7"},)"
        R"("broker":{"host":"mqtt.example.org","port":8883,"ident":"ESP-024553420001","online":false},)"
        R"("attempt":{"n":0,"state":"idle","step":"join","error":"","why":"","reason":"","ip":"","back":false},)"
        R"("update":{"state":"idle","ver":"","done":0,"size":0,"error":"","why":""},)"
        R"("portal":{"left":540,"commissioned":false,"key":true,"on_trial":false},"trust":{"how":"psk","user":""},)"
        R"("system":{"heap":150000,"heap_min":120000,"up":123}})");
    EXPECT_EQ(host.served, 1);
}

TEST_F(PortalApi, state_with_the_longest_values_is_whole) {
    const std::string long_name(31, '"');
    const std::string identity(40, 'I');
    host.now.identity = identity;
    host.now.app = host.now.version = long_name;
    host.now.seq = 0xFFFFFFFF;
    const std::string raw(32, '\xFF');
    host.now.ssid = raw;
    host.now.wifi = "waiting for another";
    host.now.address = {chip::IpAddress::Family::v6, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};
    host.set(settings::names::mqtt_host, std::string(63, 'a') + "." + std::string(63, 'b') + "." +
                                             std::string(63, 'c') + "." + std::string(61, 'd'));
    host.set(settings::names::mqtt_ident, std::string(40, 'i'));
    host.progress.state = ota::State::rolled_back;
    ASSERT_TRUE(host.progress.ver.assign(long_name));
    host.progress.done = host.progress.size = 0xFFFFFFFF;
    host.progress.error = Error(errors::ota_unguarded);
    auto& attempt = rig.portal.attempt();
    attempt.begin(raw, true, false);
    attempt.link_up(raw, host.now.address);
    attempt.broker_failed(Error(errors::config_interrupted));
    const auto text = rig.get("/api/state");
    expect_json(text);
    EXPECT_NE(text.find(R"("ssid":"hex:)" + std::string(64, 'f')), std::string::npos);
    EXPECT_NE(text.find(R"("error":"config.interrupted")"), std::string::npos);
    EXPECT_NE(text.find("\"up\":123}}"), std::string::npos);
}

TEST_F(PortalApi, a_network_that_fails_tells_its_reason) {
    rig.portal.attempt().begin("Home", true, false);
    rig.portal.attempt().link_down("Home", chip::DisconnectReason::wrong_password);
    const auto text = rig.get("/api/state");
    EXPECT_NE(text.find(R"("state":"failed","step":"join","error":"","why":"","reason":"wrong password")"),
              std::string::npos)
        << text;
}

TEST_F(PortalApi, networks_each_name_once_and_hidden_ones_not_at_all) {
    host.hear("Home", -40);
    host.hear("", -45);
    host.hear("Caf\xC3\xA9 \"1\"", -50, chip::Auth::open);
    host.hear("Home", -60);
    host.hear("\xFF\x01", -70, chip::Auth::wpa3);
    host.hear("hex:me", -80);
    EXPECT_EQ(rig.get("/api/networks"),
              R"({"scans":3,"networks":[{"ssid":"Home","rssi":-40,"auth":"wpa2"},)"
              "{\"ssid\":\"Caf\xC3\xA9 \\\"1\\\"\",\"rssi\":-50,\"auth\":\"open\"},"
              R"({"ssid":"hex:ff01","rssi":-70,"auth":"wpa3"},{"ssid":"hex:6865783a6d65","rssi":-80,"auth":"wpa2"}]})");
}

TEST_F(PortalApi, networks_none_and_many) {
    EXPECT_EQ(rig.get("/api/networks"), R"({"scans":3,"networks":[]})");
    host.hear("", -30);
    EXPECT_EQ(rig.get("/api/networks"), R"({"scans":3,"networks":[]})");
    for (int i = 0; i < 24; ++i)
        host.hear(std::string(31, '"') + static_cast<char>('a' + i), -90, chip::Auth::enterprise);
    const auto text = rig.get("/api/networks");
    expect_json(text);
    EXPECT_NE(text.find(std::string("w\",\"rssi\":-90")), std::string::npos) << "24 entries, the hidden one among them";
}

TEST_F(PortalApi, a_request_for_a_certificate_is_text) {
    EXPECT_EQ(rig.post("/api/csr"),
              R"({"csr":"-----BEGIN CERTIFICATE REQUEST-----\u000aAAAA\u000a-----END CERTIFICATE REQUEST-----\u000a"})");
}

TEST_F(PortalApi, settings_without_values_of_secrets) {
    host.set("wifi.0.pass", "very secret");
    host.set("wifi.0.ssid", "hex:ff00");
    host.set("mqtt.0.port", "1234");
    const auto text = rig.get("/api/settings");
    expect_json(text);
    EXPECT_TRUE(text.starts_with(
        R"({"settings":[{"name":"wifi.0.ssid","type":"octets","help":"name of a Wi-Fi network","set":true,"low":0,)"
        R"("high":32,"secret":false,"local":false,"staged":true,"value":"hex:ff00"},)"));
    EXPECT_NE(text.find(R"("secret":true,"local":false,"staged":true},{"name":"wifi.0.hidden")"), std::string::npos);
    EXPECT_NE(text.find(R"("staged":true,"value":1234})"), std::string::npos);
    EXPECT_NE(text.find(R"("choices":["error","info","debug"],"value":"info"})"), std::string::npos);
    EXPECT_NE(text.find(R"("value":false},)"), std::string::npos);
    EXPECT_TRUE(text.ends_with(R"("value":""}]})"));
    EXPECT_EQ(text.find("very secret"), std::string::npos);
    EXPECT_EQ(text.find(FakeHost::key_hex), std::string::npos);
}

TEST_F(PortalApi, settings_of_an_author_have_his_title_labels_and_units) {
    static constexpr settings::Setting heating[] = {
        {.name = "heat.target", .type = settings::Type::integer, .low = 5, .high = 30, .fallback = "19",
         .label = "Target \"temperature\"", .unit = "°C", .help = "degrees to keep"},
        {.name = "heat.note", .type = settings::Type::text}};
    static constexpr settings::Setting pump[] = {{.name = "pump.on", .type = settings::Type::boolean, .fallback = "on"}};
    ASSERT_TRUE(host.table.add(heating, "Heating & more"));
    ASSERT_TRUE(host.table.add(pump));
    const auto text = rig.get("/api/settings");
    expect_json(text);
    EXPECT_NE(text.find(R"({"name":"heat.target","type":"integer","title":"Heating & more",)"
                        R"("label":"Target \"temperature\"","unit":"°C","help":"degrees to keep","set":false,)"),
              std::string::npos);
    EXPECT_NE(text.find(R"({"name":"heat.note","type":"text","title":"Heating & more","help":"",)"), std::string::npos);
    EXPECT_NE(text.find(R"({"name":"pump.on","type":"boolean","title":"","help":"",)"), std::string::npos);
    EXPECT_EQ(text.find(R"("title")"), text.find(R"("title":"Heating)"));  // none of the base's
}

TEST_F(PortalApi, a_setting_of_an_author_may_be_longer_than_a_piece) {
    static const std::string help(3000, 'h');
    static const settings::Setting own[] = {
        {.name = "app.text", .type = settings::Type::text, .help = help}};
    ASSERT_TRUE(host.table.add(own));
    const std::string value(256, '"');
    host.set("app.text", value);
    const auto text = rig.get("/api/settings");
    expect_json(text);
    EXPECT_NE(text.find(help), std::string::npos);
    std::string quoted;
    for (int i = 0; i < 256; ++i) quoted += "\\\"";
    EXPECT_TRUE(text.ends_with("\"value\":\"" + quoted + "\"}]}"));
}

TEST_F(PortalApi, log_oldest_first) {
    EXPECT_EQ(rig.get("/api/log"), "");
    std::string all;
    for (int i = 0; i < 40; ++i) {
        host.log.push_back(std::to_string(i) + std::string(100, '.'));
        all += host.log.back() + "\n";
    }
    const auto& phone = rig.ask(get_request("/api/log"));
    EXPECT_EQ(phone.body(), all);
    EXPECT_TRUE(phone.has("Content-Type: text/plain; charset=utf-8"));
}

TEST_F(PortalApi, head_has_no_body) {
    const auto& phone = rig.ask("HEAD /api/state HTTP/1.1\r\nHost: 4.3.2.1\r\n\r\n");
    EXPECT_EQ(phone.status(), 200U);
    EXPECT_TRUE(phone.received.ends_with("\r\n\r\n"));
}

TEST_F(PortalApi, scan) {
    const auto& phone = rig.ask(api_post("/api/scan"));
    EXPECT_EQ(phone.status(), 202U);
    EXPECT_EQ(phone.body(), "{}");
    EXPECT_TRUE(host.was_asked("scan"));
    host.refusal = Error(errors::busy);
    expect_refused(rig.ask(api_post("/api/scan")), 409, errors::busy);
}

TEST_F(PortalApi, a_try_changes_begins_and_answers_its_number) {
    EXPECT_EQ(rig.post("/api/try", R"({"wifi.0.ssid":"New","wifi.0.pass":"12345678","mqtt.0.host":"b.test"})"),
              R"({"on_trial":false,"attempt":1})");
    EXPECT_EQ(host.calls, (std::vector<std::string>{"change", "try"}));
    EXPECT_EQ(as_text(host.store.bytes("wifi.0.ssid")), "New");
    EXPECT_EQ(rig.portal.attempt().step(), portal::Step::join);
    rig.portal.attempt().link_up("Home", host.now.address);
    EXPECT_EQ(rig.portal.attempt().step(), portal::Step::join) << "another network than the one that was chosen";
    rig.portal.attempt().link_up("New", host.now.address);
    EXPECT_EQ(rig.portal.attempt().step(), portal::Step::reach);
    host.now.config_waits_for = "broker";
    EXPECT_EQ(rig.post("/api/try"), R"({"on_trial":true,"attempt":2})");
}

TEST_F(PortalApi, a_try_that_keeps_the_network_begins_at_the_broker) {
    host.set("wifi.0.ssid", "Home");
    host.set("wifi.0.pass", "12345678");
    rig.post("/api/try", R"({"wifi.0.ssid":"Home","wifi.0.pass":"12345678","mqtt.0.host":"b.test"})");
    EXPECT_EQ(rig.portal.attempt().step(), portal::Step::reach);
    rig.post("/api/try", R"({"wifi.0.pass":"87654321"})");
    EXPECT_EQ(rig.portal.attempt().step(), portal::Step::join) << "the password of the network in use is another";
    rig.post("/api/try", R"({"wifi.country":"DE"})");
    EXPECT_EQ(rig.portal.attempt().step(), portal::Step::reach) << "nothing that the link depends on";
    host.now.address = {};
    rig.post("/api/try");
    EXPECT_EQ(rig.portal.attempt().step(), portal::Step::join);
}

TEST_F(PortalApi, without_a_broker_the_address_is_enough) {
    rig.post("/api/try", R"({"wifi.0.ssid":"New"})");
    rig.portal.attempt().link_up("New", host.now.address);
    EXPECT_EQ(rig.portal.attempt().state(), portal::Attempt::State::done);
}

TEST_F(PortalApi, settings_are_changed_without_a_try) {
    EXPECT_EQ(rig.post("/api/settings", R"({"ha.discovery":true,"config.confirm":90})"), R"({"on_trial":false})");
    EXPECT_TRUE(host.store.boolean("ha.discovery"));
    EXPECT_EQ(rig.portal.attempt().number(), 0U);
    host.now.config_waits_for = "broker";
    EXPECT_EQ(rig.post("/api/settings", "{}"), R"({"on_trial":true})");
    EXPECT_EQ(host.calls, std::vector<std::string>{"change"}) << "an empty change is none";
}

TEST_F(PortalApi, local_only_settings_are_for_the_page_too) {
    EXPECT_EQ(rig.post("/api/settings", R"({"ota.legacy_md5":true})"), R"({"on_trial":false})");
    EXPECT_TRUE(host.store.boolean("ota.legacy_md5"));
}

TEST_F(PortalApi, refused_changes_name_the_setting) {
    for (const auto* path : {"/api/try", "/api/settings"}) {
        SCOPED_TRACE(path);
        expect_refused(rig.ask(api_post(path, R"({"wifi.0.pass":"short"})")), 422, errors::setting_length,
                       "wifi.0.pass");
        expect_refused(rig.ask(api_post(path, R"({"no.such":1})")), 422, errors::setting_unknown, "no.such");
        expect_refused(rig.ask(api_post(path, R"({"mqtt.0.port":"x"})")), 422, errors::setting_type, "mqtt.0.port");
        expect_refused(rig.ask(api_post(path, "[]")), 400, errors::config_not_object);
        expect_refused(rig.ask(api_post(path, "{")), 400, errors::json_syntax);
        expect_refused(rig.ask(api_post(path, R"({"a":1,"a":1})")), 400, errors::json_duplicate);
        expect_refused(rig.ask(api_post(path, R"({"wifi.ip":"10.0.0.1"})")), 422, errors::setting_address);
    }
    EXPECT_EQ(rig.portal.attempt().number(), 0U);
    EXPECT_FALSE(host.was_asked("try"));
}

TEST_F(PortalApi, the_console_password_is_no_setting_here) {
    const std::string hash(2 * crypto::password_hash_size, '0');
    expect_refused(rig.ask(api_post("/api/settings", R"({"console.password":null})")), 422, errors::portal_own_request,
                   "console.password");
    EXPECT_EQ(rig.ask(api_post("/api/settings", R"({"console.password":")" + hash + "\"}")).status(), 422U);
    EXPECT_TRUE(host.calls.empty());
}

TEST_F(PortalApi, a_second_change_waits_for_the_first) {
    host.refusal = Error(errors::config_on_trial);
    expect_refused(rig.ask(api_post("/api/try", R"({"ha.discovery":true})")), 409, errors::config_on_trial);
}

TEST_F(PortalApi, the_key_is_shown_until_the_device_has_been_on_line) {
    const auto& phone = rig.ask(api_post("/api/key"));
    EXPECT_EQ(phone.status(), 200U);
    EXPECT_EQ(phone.body(), R"({"ident":"ESP-024553420001","psk":")" + std::string(FakeHost::key_hex) + R"("})");
    host.set(settings::names::mqtt_ident, "other");
    EXPECT_NE(rig.post("/api/key").find(R"("ident":"other")"), std::string::npos);
    host.now.commissioned = host.now.key_was_used = true;
    expect_refused(rig.ask(api_post("/api/key")), 403, errors::portal_key_hidden);
    EXPECT_NE(rig.get("/api/state").find(R"("commissioned":true,"key":false)"), std::string::npos);
}

TEST_F(PortalApi, the_key_is_not_sent_when_the_device_came_on_line_meanwhile) {
    std::array<std::uint8_t, 512> out;
    host.now.key_was_used = true;
    const auto size = portal::write_key(host, out);
    EXPECT_NE(as_text(ConstBytes(out).first(size)).find("portal.key_hidden"), std::string_view::npos);
}

TEST_F(PortalApi, a_key_that_was_in_use_stays_hidden_after_a_reset_that_kept_it) {
    host.now.key_was_used = true;
    expect_refused(rig.ask(api_post("/api/key")), 403, errors::portal_key_hidden);
    EXPECT_NE(rig.get("/api/state").find(R"("commissioned":false,"key":false)"), std::string::npos);
}

TEST_F(PortalApi, only_a_post_of_the_page_counts_as_its_use) {
    rig.get("/api/state");
    rig.get("/");
    EXPECT_EQ(host.used, 0);
    rig.post("/api/scan");
    EXPECT_EQ(host.used, 1);
}

TEST_F(PortalApi, console_password) {
    EXPECT_EQ(rig.post("/api/console-password", R"({"password":"correct horse"})"), "{}");
    EXPECT_EQ(rig.post("/api/console-password", R"({"password":""})"), "{}");
    EXPECT_EQ(host.calls, (std::vector<std::string>{"password 13", "password 0"}));
    expect_refused(rig.ask(api_post("/api/console-password", R"({"password":"short"})")), 422, errors::password_length,
                   "console.password");
    expect_refused(rig.ask(api_post("/api/console-password", "{}")), 400, errors::json_member);
    expect_refused(rig.ask(api_post("/api/console-password", "7")), 400, errors::config_not_object);
}

TEST_F(PortalApi, the_end_of_it) {
    for (const auto* what : {"shown", "close", "restart"}) {
        expect_refused(rig.ask(api_post("/api/" + std::string(what), "null")), 400, errors::config_not_object);
        EXPECT_FALSE(host.was_asked(what));
        EXPECT_EQ(rig.post("/api/" + std::string(what)), "{}");
        EXPECT_TRUE(host.was_asked(what));
    }
}

TEST_F(PortalApi, a_factory_reset_names_the_device) {
    expect_refused(rig.ask(api_post("/api/reset", R"({"identity":"ESP-024553420002"})")), 403,
                   errors::portal_wrong_identity);
    expect_refused(rig.ask(api_post("/api/reset", "{}")), 400, errors::json_member);
    EXPECT_FALSE(host.was_asked("reset"));
    EXPECT_EQ(rig.post("/api/reset", R"({"identity":"ESP-024553420001"})"), "{}");
    EXPECT_TRUE(host.was_asked("reset"));
    host.refusal = Error(errors::kv_full);
    expect_refused(rig.ask(api_post("/api/reset", R"({"identity":"ESP-024553420001"})")), 503, errors::kv_full);
}

TEST_F(PortalApi, upload) {
    const std::string image(5000, 'i');
    const auto& phone = rig.ask(upload_post(image));
    EXPECT_EQ(phone.status(), 202U);
    EXPECT_EQ(phone.body(), "{}");
    EXPECT_EQ(host.uploaded, image);
    EXPECT_EQ(host.calls, (std::vector<std::string>{"begin 5000", "end"}));
}

TEST_F(PortalApi, upload_refused_at_any_time) {
    host.refuse_upload_after = 2000;
    expect_refused(rig.ask(upload_post(std::string(5000, 'i'))), 400, errors::json_member);
    EXPECT_FALSE(host.was_asked("end") || host.was_asked("lost"));
    host.refusal = Error(errors::ota_in_trial);
    expect_refused(rig.ask(upload_post("image")), 422, errors::ota_in_trial);
    host.refuse_upload_after.reset();
    expect_refused(rig.ask(api_post("/api/other", "image", "application/octet-stream")), 415, errors::web_content_type);
}

TEST_F(PortalApi, upload_lost) {
    auto& phone = rig.phone();
    phone.ask(upload_post(std::string(5000, 'i')).substr(0, 3000));
    rig.run_until([&] { return host.uploaded.size() > 2000; });
    phone.hang_up();
    EXPECT_TRUE(rig.run_until([&] { return host.was_asked("lost"); }));
}

TEST_F(PortalApi, an_error_that_has_waited_too_long_is_busy) {
    portal::Refusals refusals;
    const auto first = refusals.refuse(Error(errors::setting_length), "wifi.0.pass");
    for (int i = 0; i < 8; ++i) static_cast<void>(refusals.refuse(Error(errors::setting_type), "other"));
    std::array<std::uint8_t, 512> out;
    const auto size = refusals.write(portal::Source::of(first.source).argument, out);
    EXPECT_EQ(as_text(ConstBytes(out).first(size)), R"({"error":"busy","why":"another operation is under way"})");
}

TEST_F(PortalApi, an_unlawful_request_never_comes_to_the_device) {
    const std::string good = api_post("/api/key");
    const auto with = [&](std::string_view from, std::string_view to) {
        std::string text = good;
        text.replace(text.find(from), from.size(), to);
        return text;
    };
    EXPECT_EQ(rig.ask(with("X-ESB: 1\r\n", "")).status(), 403U);
    EXPECT_EQ(rig.ask(with("X-ESB: 1", "X-ESB: 1\r\nOrigin: http://evil.test")).status(), 403U);
    for (const auto* name : {"127.0.0.1", "localhost", "4.3.2.1.", "4.3.2.1:8080", "evil.test"}) {
        SCOPED_TRACE(name);
        const auto& phone = rig.ask(with("4.3.2.1", name));
        EXPECT_GE(phone.status(), 400U);
        EXPECT_EQ(phone.received.find(FakeHost::key_hex), std::string::npos);
        const auto& asked = rig.ask("GET /api/state HTTP/1.1\r\nHost: " + std::string(name) + "\r\n\r\n");
        EXPECT_EQ(asked.status(), name == std::string_view("evil.test") ? 302U : 421U);
        EXPECT_EQ(asked.received.find("ESP-"), std::string::npos);
    }
    EXPECT_EQ(host.served, 0);
}

TEST_F(PortalApi, after_success_apples_window_closes) {
    const std::string probe = "GET /hotspot-detect.html HTTP/1.1\r\nHost: captive.apple.com\r\n\r\n";
    EXPECT_EQ(rig.ask(probe).status(), 302U);
    rig.portal.attempt().begin("", false, true);
    EXPECT_NE(rig.ask(probe).body()->find("Success"), std::string::npos);
}

}  // namespace
}  // namespace esb::test
