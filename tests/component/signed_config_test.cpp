// Changes of settings that an update key has signed, on a whole device; and the device's own key.
#include "esb/base/json.hpp"
#include "esb/life/device_key.hpp"
#include "host/cli/jwe.hpp"
#include "support/online_device.hpp"
#include "tests/support/test_signer.hpp"

#include <gtest/gtest.h>

#include <iostream>
#include <string>

namespace esb {
namespace {

using test::OnlineDevice;
namespace wire = test::wire;

test::TestSigner& signer() {
    static test::TestSigner made;
    return made;
}

AppDesc app(Defaults defaults) {
    static const std::string text = signer().public_text();
    static const std::string_view keys[] = {text};
    return {{"test", "vchip", "1.0.0", 1}, keys, defaults};
}

class Signed : public testing::TestWithParam<Defaults> {
protected:
    Signed() : rig(app(GetParam())) {}
    void SetUp() override {
        ASSERT_TRUE(rig.online());
        base = "ESP/" + std::string(rig.device->identity().substr(4));
        rig.run_for(1s);
    }
    std::string dev() const { return "\"dev\":[\"" + std::string(rig.device->identity()) + "\"]"; }
    std::string payload(std::int64_t counter, const std::string& set) const {
        return "{" + dev() + ",\"ctr\":" + std::to_string(counter) + ",\"set\":" + set + "}";
    }
    std::string envelope(std::int64_t counter, const std::string& set) const {
        return signer().envelope("esb-config", payload(counter, set));
    }
    // What the device says of the message: "kept" or the error's name.
    std::string send(const std::string& message, Duration limit = 3min) {
        const auto seen = rig.broker.packets.size();
        rig.broker.say(wire::publish(base + "/config", message, 1, ++packet_));
        std::string answer;
        rig.run_until(
            [&] {
                for (std::size_t i = seen; i < rig.broker.packets.size(); ++i) {
                    const auto& packet = rig.broker.packets[i];
                    if (packet.type != 3 || packet.topic != base + "/config/status") continue;
                    const auto document = JsonDocument::parse(as_bytes(packet.payload));
                    if (!document) continue;
                    status = packet.payload;
                    const auto state = std::string(document->root()["state"].text().value_or(""));
                    if (state == "staged") continue;
                    const auto error = std::string(document->root()["error"].text().value_or(""));
                    answer = error.empty() ? state : error;
                }
                return !answer.empty();
            },
            limit);
        return answer;
    }
    std::string level() const { return std::string(rig.device->settings().text("log.level")); }

    OnlineDevice rig;
    std::string base;
    std::string status;

private:
    std::uint16_t packet_ = 100;
};

TEST_P(Signed, a_signed_change_is_kept_and_its_counter_told) {
    EXPECT_EQ(send(envelope(1, R"({"log.level":"debug"})")), "kept");
    EXPECT_EQ(level(), "debug");
    EXPECT_NE(status.find(R"("ctr":1)"), std::string::npos) << status;
    EXPECT_EQ(send(envelope(4294967295, R"({"log.level":null})")), "kept");
    EXPECT_EQ(level(), "info");
}

TEST_P(Signed, a_bare_change_is_taken_only_where_none_has_to_be_signed) {
    const bool product = GetParam() == Defaults::product;
    EXPECT_EQ(rig.device->settings().boolean("settings.signed"), product);
    EXPECT_EQ(send(R"({"log.level":"debug"})"), product ? "config.unsigned" : "kept");
    EXPECT_EQ(level(), product ? "info" : "debug");
    for (const auto* text : {"", " ", "[]", "{}", "\xEF\xBB\xBF{}", "null", "x"}) {
        const auto answer = send(text);
        EXPECT_EQ(answer == "config.unsigned", product) << text << ": " << answer;
    }
}

TEST_P(Signed, the_owner_decides_at_the_device) {
    const bool product = GetParam() == Defaults::product;
    rig.settings(product ? "config set settings.signed off\n" : "config set settings.signed on\n");
    rig.run_for(1s);
    EXPECT_EQ(send(R"({"log.level":"debug"})"), product ? "kept" : "config.unsigned");
    EXPECT_EQ(send(envelope(1, R"({"log.level":"debug"})")), "kept");
}

TEST_P(Signed, everything_forged_has_a_name_and_changes_nothing) {
    test::TestSigner stranger{"stranger"};
    const std::string set = R"({"log.level":"debug"})";
    const auto good = envelope(5, set);
    const auto head = [](const std::string& typ, const std::string& more = {}) {
        return R"({"alg":"ES256","kid":")" + signer().kid() + R"(","typ":")" + typ + "\"" + more + "}";
    };
    const auto with = [&](const std::string& body) { return signer().envelope("esb-config", body); };
    const auto counter = [&](const std::string& number) {
        return with("{" + dev() + ",\"ctr\":" + number + ",\"set\":" + set + "}");
    };
    const std::pair<std::string, std::string> cases[] = {
        {stranger.envelope("esb-config", payload(5, set)), "key.unknown"},
        {stranger.sign_with_header(head("esb-config"), payload(5, set)), "crypto.bad_signature"},
        {signer().envelope("esb-command", payload(5, set)), "envelope.typ"},
        {signer().envelope("esb-update", payload(5, set)), "envelope.typ"},
        {signer().envelope("esb-keys", payload(5, set)), "envelope.typ"},
        {signer().envelope("JWT", payload(5, set)), "envelope.typ"},
        {signer().envelope("esb-command", "{\"cmd\":\"cancel\"," + dev() + ",\"ctr\":5}"), "envelope.typ"},
        {signer().sign_with_header(head("esb-config", R"(,"crit":["x"])"), payload(5, set)), "envelope.header"},
        {signer().sign_with_header(head("esb-config", R"(,"jwk":{})"), payload(5, set)), "envelope.header"},
        {signer().sign_with_header(R"({"alg":"none","typ":"esb-config"})", payload(5, set)), "envelope.alg"},
        {good + "A", "envelope.malformed"},
        {good + ".", "envelope.malformed"},
        {good + ".x", "envelope.malformed"},
        {good.substr(0, good.size() - 1), "envelope.malformed"},
        {good.substr(0, good.rfind('.')) + ".", "envelope.malformed"},
        {"e", "envelope.malformed"},
        {"e..", "envelope.malformed"},
        {"e" + std::string(3600, 'a'), "envelope.too_large"},
        {with("{\"ctr\":5,\"set\":" + set + "}"), "manifest.member"},
        {with("{\"dev\":[],\"ctr\":5,\"set\":" + set + "}"), "manifest.member"},
        {with("{\"dev\":\"" + std::string(rig.device->identity()) + "\",\"ctr\":5,\"set\":" + set + "}"),
         "manifest.member"},
        {with("{\"dev\":null,\"ctr\":5,\"set\":" + set + "}"), "manifest.member"},
        {with("{\"dev\":[\"ESP-0123456789AB\"],\"ctr\":5,\"set\":" + set + "}"), "ota.wrong_device"},
        {with("{" + dev() + ",\"set\":" + set + "}"), "manifest.member"},
        {counter("0"), "manifest.member"},
        {counter("-1"), "manifest.member"},
        {counter("4294967296"), "manifest.member"},
        {counter("9007199254740991"), "manifest.member"},
        {counter("9007199254740992"), "json.number"},
        {counter("1.5"), "json.number"},
        {counter("\"5\""), "manifest.member"},
        {counter("null"), "manifest.member"},
        {counter("true"), "manifest.member"},
        {counter("5,\"ctr\":6"), "json.duplicate"},
        {with("{" + dev() + "," + dev() + ",\"ctr\":5,\"set\":" + set + "}"), "json.duplicate"},
        {with("{" + dev() + ",\"ctr\":5,\"set\":" + set + ",\"set\":{}}"), "json.duplicate"},
        {with("{" + dev() + ",\"ctr\":5}"), "manifest.member"},
        {with("{" + dev() + ",\"ctr\":5,\"set\":[]}"), "manifest.member"},
        {with("{" + dev() + ",\"ctr\":5,\"set\":null}"), "manifest.member"},
        {with(payload(5, set) + "x"), "json.syntax"},
        {with(payload(5, set) + "{}"), "json.syntax"},
        {with(""), "json.syntax"},
        {with("[]"), "manifest.member"},
        {with(payload(5, R"({"log.level":{"a":{"b":{}}}})")), "json.too_deep"},
    };
    for (const auto& [message, name] : cases) {
        EXPECT_EQ(send(message), name) << message;
        EXPECT_EQ(level(), "info") << message;
    }
    EXPECT_EQ(status.find(R"("ctr")"), std::string::npos) << "no counter is used up: " << status;
    EXPECT_EQ(send(envelope(1, set)), "kept");
    std::cout << std::size(cases) << " refused\n";
}

TEST_P(Signed, a_config_envelope_is_nothing_for_the_updater) {
    const auto seen = rig.broker.packets.size();
    rig.broker.say(wire::publish(base + "/ota", envelope(1, R"({"log.level":"debug"})"), 1, 90));
    const auto refused = [&] {
        for (std::size_t i = seen; i < rig.broker.packets.size(); ++i) {
            const auto& packet = rig.broker.packets[i];
            if (packet.type == 3 && packet.topic == base + "/ota/status" &&
                packet.payload.find("envelope.typ") != std::string::npos) {
                return true;
            }
        }
        return false;
    };
    EXPECT_TRUE(rig.run_until(refused, 10s));
    EXPECT_EQ(level(), "info");
}

TEST_P(Signed, what_was_used_once_is_old_also_after_a_restart_and_a_reset_of_power) {
    const auto first = envelope(7, R"({"log.level":"debug"})");
    EXPECT_EQ(send(first), "kept");
    EXPECT_EQ(send(envelope(8, R"({"log.level":"error"})")), "kept");
    for (int start = 0; start < 2; ++start) {
        EXPECT_EQ(send(first), "ota.counter");
        EXPECT_EQ(send(envelope(8, R"({"log.level":"debug"})")), "ota.counter");
        EXPECT_EQ(send(envelope(1, R"({"log.level":"debug"})")), "ota.counter");
        EXPECT_EQ(level(), "error");
        EXPECT_NE(status.find(R"("ctr":8)"), std::string::npos) << status;
        if (start == 0) {
            rig.start();
            ASSERT_TRUE(rig.online());
        }
    }
    EXPECT_EQ(send(envelope(9, R"({"log.level":"debug"})")), "kept");
}

TEST_P(Signed, a_change_that_is_taken_back_has_used_its_counter) {
    EXPECT_EQ(send(envelope(3, R"({"mqtt.0.port":1})"), 10min), "config.no_round_trip");
    ASSERT_TRUE(rig.online());
    rig.run_for(1s);
    EXPECT_EQ(send(envelope(3, R"({"log.level":"debug"})")), "ota.counter");
    EXPECT_EQ(send(envelope(4, R"({"log.level":"debug"})")), "kept");
}

TEST_P(Signed, a_signature_does_not_open_what_is_local) {
    std::int64_t counter = 0;
    for (const auto* set :
         {R"({"settings.signed":false})", R"({"settings.signed":null})", R"({"ota.legacy_md5":true})",
          R"({"ota.key":null})", R"({"console.password":null})", R"({"log.level":"debug","settings.signed":false})"}) {
        EXPECT_EQ(send(envelope(++counter, set)), "setting.local_only") << set;
    }
    EXPECT_EQ(level(), "info");
    EXPECT_EQ(send(R"({"settings.signed":false})"),
              GetParam() == Defaults::product ? "config.unsigned" : "setting.local_only");
}

TEST_P(Signed, a_retained_envelope_is_refused) {
    auto packet = wire::publish(base + "/config", envelope(1, R"({"log.level":"debug"})"), 1, 77);
    packet[0] = static_cast<wire::Bytes::value_type>(packet[0] | 1);
    rig.broker.say(packet);
    rig.run_for(2s);
    EXPECT_NE(rig.broker.latest(base + "/config/status").find("config.retained"), std::string::npos);
    EXPECT_EQ(level(), "info");
    EXPECT_EQ(send(envelope(1, R"({"log.level":"debug"})")), "kept") << "and its counter is still good";
}

std::string device_key(const OnlineDevice& rig, const std::string& base) {
    const auto status = rig.broker.latest(base + "/status");
    const auto document = JsonDocument::parse(as_bytes(status));
    EXPECT_TRUE(document) << status;
    return document ? std::string(document->root()["enc"].text().value_or("")) : "";
}

TEST_P(Signed, a_secret_comes_encrypted_for_the_key_in_the_status) {
    const auto key = cli::parse_device_key(device_key(rig, base));
    ASSERT_TRUE(key) << key.error().line;
    const auto sealed = cli::encrypt_for(*key, "another passphrase").value();
    EXPECT_EQ(send(envelope(1, R"({"wifi.1.ssid":"Other","wifi.1.pass":{"jwe":")" + sealed + "\"}}")), "kept");
    EXPECT_EQ(rig.device->settings().text("wifi.1.pass"), "another passphrase");
    for (const auto& packet : rig.broker.packets) {
        EXPECT_EQ(packet.payload.find("another passphrase"), std::string::npos) << packet.topic;
    }
    EXPECT_EQ(rig.chip.uart.output().find("another passphrase"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Defaults, Signed, testing::Values(Defaults::open, Defaults::product));

// The key ---------------------------------------------------------------------------------------------------------------

struct DeviceKeyTest : testing::Test {
    OnlineDevice rig;
    std::string base = "ESP/" + std::string(rig.device->identity().substr(4));
    std::string published() {
        EXPECT_TRUE(rig.online());
        rig.run_for(2s);
        return device_key(rig, base);
    }
};

TEST_F(DeviceKeyTest, stays_until_a_factory_reset) {
    const auto first = published();
    EXPECT_EQ(first.size(), 87U);
    rig.start();
    EXPECT_EQ(published(), first);
    for (const bool keep_secrets : {true, false}) {
        const auto before = published();
        ASSERT_TRUE(rig.device->factory_reset(keep_secrets));
        rig.restarted = false;
        rig.start();
        rig.settings("wifi connect Home \"correct horse\"\nmqtt server broker.test\n");
        const auto psk = rig.device->settings().bytes(settings::names::mqtt_psk);
        rig.broker.server.options.accounts[std::string(rig.device->identity())] = {psk.begin(), psk.end()};
        const auto after = published();
        EXPECT_EQ(after.size(), 87U);
        EXPECT_NE(after, before) << keep_secrets;
    }
}

TEST_F(DeviceKeyTest, a_damaged_one_is_made_anew) {
    const auto first = published();
    auto& kv = rig.chip.chip().key_value;
    std::array<std::uint8_t, 256> buffer{};
    const auto stored = kv.get("dev.key", buffer);
    ASSERT_TRUE(stored);
    const std::vector<std::uint8_t> good(stored->begin(), stored->end());
    int flipped = 0;
    for (std::size_t bit = 0; bit < 8 * good.size(); bit += 29) {
        auto wrong = good;
        wrong[bit / 8] = static_cast<std::uint8_t>(wrong[bit / 8] ^ (1U << bit % 8));
        ASSERT_TRUE(kv.put("dev.key", wrong));
        life::DeviceKey key(kv, rig.chip.chip().entropy);
        ASSERT_TRUE(key.load());
        EXPECT_NE(key.public_text(), first) << bit;
        ++flipped;
    }
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, good.size() - 1}) {
        ASSERT_TRUE(kv.put("dev.key", ConstBytes(good).first(size)));
        life::DeviceKey key(kv, rig.chip.chip().entropy);
        ASSERT_TRUE(key.load());
        life::DeviceKey again(kv, rig.chip.chip().entropy);
        ASSERT_TRUE(again.load());
        EXPECT_EQ(again.public_text(), key.public_text());
    }
    std::cout << flipped << " flipped\n";
}

TEST_F(DeviceKeyTest, is_in_no_command_of_the_console) {
    static_cast<void>(published());
    auto& kv = rig.chip.chip().key_value;
    std::array<std::uint8_t, 256> buffer{};
    const auto stored = kv.get("dev.key", buffer);
    ASSERT_TRUE(stored);
    std::string secret(64, '0');
    ASSERT_TRUE(hex_encode(stored->subspan(1, 32), secret));
    rig.settings(
        "config list\nconfig get dev.key\nconfig set dev.key 00\nstatus\nstatus --json\nmqtt info\ndebug list\n");
    rig.run_for(1s);
    EXPECT_FALSE(rig.printed(secret));
    EXPECT_TRUE(rig.printed("setting.unknown"));
}

}  // namespace
}  // namespace esb
