// What the tool writes is what the device's own parsers read.
#include "host/cli/payloads.hpp"

#include "esb/base/encoding.hpp"
#include "esb/net/url.hpp"
#include "esb/ota/envelope.hpp"
#include "esb/ota/manifest.hpp"
#include "host/cli/jws.hpp"
#include "tests/support/read_manifest.hpp"
#include "tests/support/vchip_image.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

namespace esb::cli {
namespace {

using testing::HasSubstr;

std::string image_text(const esb::test::ImageSpec& spec = {}) {
    const auto bytes = esb::test::make_image(spec);
    return {bytes.begin(), bytes.end()};
}

UpdateRequest request() {
    UpdateRequest made;
    made.image = inspect_image(image_text({.seq = 42, .app = "greenhouse", .ver = "1.4.0"})).value();
    made.urls = {"http://10.0.0.1/a.img"};
    return made;
}

TEST(ImageFile, tells_what_the_descriptor_of_a_virtual_chip_image_says) {
    const auto text = image_text({.seq = 42, .app = "greenhouse", .ver = "1.4.0"});
    const auto image = inspect_image(text);
    ASSERT_TRUE(image) << image.error().line;
    EXPECT_EQ(image->app, "greenhouse");
    EXPECT_EQ(image->hw, "vchip");
    EXPECT_EQ(image->ver, "1.4.0");
    EXPECT_EQ(image->seq, 42U);
    EXPECT_EQ(image->size, text.size());
    EXPECT_EQ(image->sha256, crypto::sha256(as_bytes(text)));
}

TEST(ImageFile, finds_the_descriptor_of_an_esp_32_image_at_0x_120) {
    ota::ImageDescriptor descriptor{ota::descriptor_magic, 7, "basic", "esp32c3", "2.0", {}};
    std::string text(0x120 + sizeof descriptor + 10, '\0');
    text[0] = '\xE9';
    std::memcpy(text.data() + 0x120, &descriptor, sizeof descriptor);
    const auto image = inspect_image(text);
    ASSERT_TRUE(image) << image.error().line;
    EXPECT_EQ(image->hw, "esp32c3");
    EXPECT_EQ(image->seq, 7U);
}

TEST(ImageFile, refuses_what_is_no_image) {
    const auto good = image_text();
    EXPECT_FALSE(inspect_image(""));
    EXPECT_FALSE(inspect_image("hello"));
    EXPECT_FALSE(inspect_image(std::string_view(good).substr(0, 0x400 + 127)));
    EXPECT_TRUE(inspect_image(std::string_view(good).substr(0, 0x400 + 128)));
    auto bad = good;
    bad[0x400] = 'X';
    EXPECT_FALSE(inspect_image(bad));
}

TEST(UpdatePayload, is_read_back_by_the_device) {
    auto made = request();
    made.urls = {"http://10.0.0.1/a.img", "https://example.org/b?c=d"};
    made.floor = 40;
    made.devices = {"ESP-C44F330A9C35", "pump"};
    made.expires = 1790000000;
    const auto payload = update_payload(made);
    ASSERT_TRUE(payload) << payload.error().line;
    const auto manifest = esb::test::read_update(as_bytes(*payload));
    ASSERT_TRUE(manifest) << manifest.error().name();
    EXPECT_EQ(manifest->app, "greenhouse");
    EXPECT_EQ(manifest->hw, "vchip");
    EXPECT_EQ(manifest->ver, "1.4.0");
    EXPECT_EQ(manifest->seq, 42U);
    EXPECT_EQ(manifest->floor, 40U);
    EXPECT_EQ(manifest->size, made.image.size);
    EXPECT_EQ(manifest->sha256, made.image.sha256);
    ASSERT_EQ(manifest->urls.size(), 2U);
    EXPECT_EQ(manifest->urls[1], "https://example.org/b?c=d");
    EXPECT_FALSE(manifest->audience.everyone);
    EXPECT_FALSE(manifest->audience.includes_us);
    for (const auto* device : {"ESP-C44F330A9C35", "pump"}) {
        EXPECT_TRUE(esb::test::read_update(as_bytes(*payload), device)->audience.includes_us) << device;
    }
    EXPECT_EQ(manifest->expires->count(), 1790000000);
}

TEST(UpdatePayload, refuses_a_hash_that_no_image_has) {
    auto made = request();
    for (const auto byte : {std::uint8_t{0x00}, std::uint8_t{0xFF}}) {
        made.image.sha256.fill(byte);
        const auto payload = update_payload(made);
        ASSERT_FALSE(payload);
        EXPECT_NE(payload.error().line.find("manifest.no_hash"), std::string::npos) << payload.error().line;
    }
}

TEST(UpdatePayload, without_devices_is_for_all) {
    const auto manifest = esb::test::read_update(as_bytes(update_payload(request()).value()));
    ASSERT_TRUE(manifest);
    EXPECT_TRUE(manifest->audience.everyone);
    EXPECT_FALSE(manifest->expires);
}

TEST(Payloads, a_url_that_no_device_takes_is_refused_with_its_rule) {
    const std::pair<std::string, std::string> cases[] = {
        {"ftp://h/x", "scheme"},     {"http://u:p@h/x", "user name"}, {"http://h/x#y", "fragment"},
        {"http://h/a b", "space"},   {"http://[::1]/x", "IPv6"},      {"http://h:0/x", "port"},
        {"http:///x", "no host"},    {"http://h/\x01", "control"},    {"http://h/\xC3\xA4", "not ASCII"},
        {"http://127.1/x", "127.1"}, {"http://0x7f000001/", "0x7f"},  {"http://2130706433/", "127.1"},
        {"h/x", "scheme://"},        {"http://h/%zz", "hex digits"},  {"http://h/" + std::string(3000, 'x'), "longer"},
    };
    for (const auto& [url, rule] : cases) {
        auto made = request();
        made.urls = {"http://10.0.0.1/a.img", url};
        const auto payload = update_payload(made);
        ASSERT_FALSE(payload) << url;
        EXPECT_NE(payload.error().line.find(rule), std::string::npos) << payload.error().line;
    }
    auto longest = request();
    longest.urls = {"https://objects.example.com/release/firmware.bin?" + std::string(2048, 'q')};
    EXPECT_TRUE(update_payload(longest));
}

TEST(UpdatePayload, refuses_what_a_device_would_refuse) {
    const auto refused = [](auto change) {
        auto made = request();
        change(made);
        return !update_payload(made);
    };
    EXPECT_TRUE(refused([](UpdateRequest& r) { r.urls.clear(); }));
    EXPECT_TRUE(refused([](UpdateRequest& r) { r.urls.assign(5, "http://h/"); }));
    EXPECT_TRUE(refused([](UpdateRequest& r) { r.urls = {"ftp://h/x"}; }));
    EXPECT_TRUE(refused([](UpdateRequest& r) { r.urls = {"http://h/" + std::string(net::max_url, 'a')}; }));
    EXPECT_TRUE(refused([](UpdateRequest& r) { r.floor = 43; }));
    EXPECT_TRUE(refused([](UpdateRequest& r) { r.devices = {"a/b"}; }));
    EXPECT_TRUE(refused([](UpdateRequest& r) { r.devices.assign(33, "a"); }));
}

TEST(CommandPayload, is_read_back_by_the_device) {
    for (const auto* command : {"rollback", "confirm", "cancel"}) {
        const auto payload = command_payload({command, {"pump"}, 7});
        ASSERT_TRUE(payload);
        const auto parsed = esb::test::read_command(as_bytes(*payload), "pump");
        ASSERT_TRUE(parsed) << parsed.error().name();
        EXPECT_EQ(parsed->counter, 7U);
        EXPECT_TRUE(parsed->audience.includes_us);
        EXPECT_FALSE(esb::test::read_command(as_bytes(*payload), "lamp")->audience.includes_us);
    }
    EXPECT_FALSE(command_payload({"format", {"pump"}, 7}));
    EXPECT_FALSE(command_payload({"cancel", {}, 7}));
}

TEST(KeysPayload, is_read_back_by_the_device) {
    const auto one = SigningKey::generate();
    const auto two = SigningKey::generate();
    ASSERT_TRUE(one && two);
    const auto payload = keys_payload(3, {one->public_text(), two->public_text()});
    ASSERT_TRUE(payload) << payload.error().line;
    const auto parsed = esb::test::read_keys(as_bytes(*payload));
    ASSERT_TRUE(parsed) << parsed.error().name();
    EXPECT_EQ(parsed->version, 3U);
    ASSERT_EQ(parsed->keys.size(), 2U);
    EXPECT_EQ(parsed->keys[1].kid, two->kid());
    EXPECT_FALSE(keys_payload(3, {}));
    EXPECT_FALSE(keys_payload(3, {"x.y"}));
    EXPECT_FALSE(keys_payload(3, {one->public_text(), one->public_text()}));
}

TEST(EnvelopeId, is_what_the_device_calls_the_envelope) {
    const auto key = SigningKey::generate();
    ASSERT_TRUE(key);
    const auto envelope = sign_envelope(*key, "esb-update", update_payload(request()).value());
    ota::Keyring ring;
    ASSERT_TRUE(ring.add(*ota::parse_key(key->public_text())));
    std::vector<std::uint8_t> buffer(ota::envelope_max);
    const auto opened = ota::open_envelope(envelope, ring, buffer);
    ASSERT_TRUE(opened) << opened.error().name();
    EXPECT_EQ(envelope_id(envelope).value(), hex_text(opened->digest).substr(0, 16));
    EXPECT_FALSE(envelope_id("no dots"));
    EXPECT_FALSE(envelope_id("one.dot"));
    EXPECT_FALSE(envelope_id("a.!!.c"));
    EXPECT_FALSE(envelope_id("a." + std::string(4000, 'A') + ".c"));
}

TEST(Expiry, takes_spans_dates_and_seconds) {
    constexpr std::int64_t now = 1'700'000'000;
    EXPECT_EQ(parse_expiry("+30d", now).value(), now + 30 * 86400);
    EXPECT_EQ(parse_expiry("+12h", now).value(), now + 12 * 3600);
    EXPECT_EQ(parse_expiry("2027-01-31", now).value(), 1'801'353'600);
    EXPECT_EQ(parse_expiry("2027-01-31T12:00:01Z", now).value(), 1'801'396'801);
    EXPECT_EQ(parse_expiry("1790000000", now).value(), 1'790'000'000);
    for (const auto* text : {"", "+", "+d", "+1w", "soon", "2027-02-30", "2027-01-31x", "2020-01-01", "1600000000"}) {
        EXPECT_FALSE(parse_expiry(text, now)) << text;
    }
}

}  // namespace
}  // namespace esb::cli
