// What the tool encrypts a device opens; whatever else comes has a name and leaves nothing behind.
#include "host/cli/jwe.hpp"

#include "esb/base/json.hpp"
#include "esb/crypto/jwe.hpp"
#include "esb/settings/json_patch.hpp"
#include "host/vchip/entropy_posix.hpp"
#include "tests/support/test_signer.hpp"

#include <gtest/gtest.h>

#include <iostream>
#include <string>
#include <vector>

namespace esb::cli {
namespace {

using esb::test::base64url;

struct Jwe : testing::Test {
    vchip::HostEntropy entropy;
    crypto::P256KeyPair device = *crypto::make_key_pair(entropy);
    const std::string text = "correct horse battery";
    const std::string good = encrypt_for(device.open, text).value();
    std::array<std::uint8_t, 128> out{};

    std::string open(const std::string& compact) {
        out.fill(0);
        const auto opened = crypto::open_jwe(compact, device, entropy, out);
        return opened ? "opened" : std::string(opened.error().name());
    }
    std::vector<std::string> parts() const {
        std::vector<std::string> found(1);
        for (const char c : good) {
            if (c == '.') {
                found.emplace_back();
            } else {
                found.back() += c;
            }
        }
        return found;
    }
    std::string header() const {
        std::array<std::uint8_t, 512> bytes{};
        return std::string(as_text(*base64url_decode(parts()[0], bytes)));
    }
    std::string with_header(const std::string& json) const { return base64url(json) + good.substr(good.find('.')); }
    std::string with(const std::string& from, const std::string& to) const {
        auto json = header();
        json.replace(json.find(from), from.size(), to);
        return with_header(json);
    }
};

TEST_F(Jwe, opens_what_was_encrypted_for_it) {
    const auto opened = crypto::open_jwe(good, device, entropy, out);
    ASSERT_TRUE(opened) << opened.error().name();
    EXPECT_EQ(as_text(*opened), text);
    EXPECT_NE(encrypt_for(device.open, text).value(), good) << "no two are alike";
    EXPECT_LT(encrypt_for(device.open, std::string(256, 'x')).value().size(), crypto::jwe_max);
}

TEST_F(Jwe, opens_for_nobody_else) {
    const auto other = *crypto::make_key_pair(entropy);
    const auto opened = crypto::open_jwe(good, other, entropy, out);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error(), errors::bad_tag);
}

TEST_F(Jwe, names_what_is_wrong) {
    const auto p = parts();
    const auto join = [](const std::vector<std::string>& all) {
        std::string joined;
        for (const auto& one : all) joined += (&one == all.data() ? "" : ".") + one;
        return joined;
    };
    const std::pair<std::string, std::string> cases[] = {
        {"", "jwe.malformed"},
        {"....", "json.syntax"},
        {p[0], "jwe.malformed"},
        {good + ".", "jwe.malformed"},
        {good + "=", "jwe.malformed"},
        {good + "\n", "jwe.malformed"},
        {" " + good, "jwe.malformed"},
        {join({p[0], "AAAA", p[2], p[3], p[4]}), "jwe.malformed"},  // an encrypted key
        {join({p[0], "", p[2] + "AAAA", p[3], p[4]}), "jwe.malformed"},
        {join({p[0], "", "", p[3], p[4]}), "jwe.malformed"},
        {join({p[0], "", p[2], p[3], p[4].substr(2)}), "jwe.malformed"},
        {join({p[0], "", p[2], "", p[4]}), "crypto.bad_tag"},
        {join({p[0], "", p[2], std::string(400, 'A'), p[4]}), "too_long"},
        {std::string(crypto::jwe_max + 1, 'a'), "jwe.malformed"},
        {with_header("{"), "json.syntax"},
        {with_header("{}"), "jwe.header"},
        {with_header("[]"), "jwe.header"},
        {with_header(R"({"alg":"dir","enc":"A256GCM"})"), "jwe.header"},
        {with("ECDH-ES", "ECDH-ES+A256KW"), "jwe.header"},
        {with("ECDH-ES", "ecdh-es"), "jwe.header"},
        {with("A256GCM", "A128GCM"), "jwe.header"},
        {with("A256GCM", "A256CBC-HS512"), "jwe.header"},
        {with("P-256", "P-384"), "jwe.header"},
        {with("\"EC\"", "\"OKP\""), "jwe.header"},
        {with("\"alg\"", "\"zip\":\"DEF\",\"alg\""), "jwe.header"},
        {with("\"alg\"", "\"crit\":[],\"alg\""), "jwe.header"},
        {with("\"alg\"", "\"apu\":\"QQ\",\"alg\""), "jwe.header"},
        {with("\"alg\"", "\"apv\":\"QQ\",\"alg\""), "jwe.header"},
        {with("\"alg\"", "\"kid\":\"QQ\",\"alg\""), "jwe.header"},
        {with("\"alg\"", "\"alg\":\"ECDH-ES\",\"alg\""), "json.duplicate"},
        {with("\"kty\"", "\"d\":\"AA\",\"kty\""), "jwe.header"},
        {with("\"x\":\"", "\"x\":\"A"), "jwe.header"},
        {with("\"x\"", "\"z\""), "jwe.header"},
        {with_header(header() + " "), "crypto.bad_tag"},  // the header is what was authenticated
    };
    for (const auto& [compact, name] : cases) EXPECT_EQ(open(compact), name) << compact;
    // A point that is not on the curve: x and y of another header.
    const auto other = encrypt_for(device.open, text).value();
    auto mixed = header();
    const auto x = mixed.find("\"x\":\"") + 5;
    std::array<std::uint8_t, 512> bytes{};
    const std::string second(as_text(*base64url_decode(other.substr(0, other.find('.')), bytes)));
    mixed.replace(x, 43, second.substr(second.find("\"x\":\"") + 5, 43));
    EXPECT_EQ(open(with_header(mixed)), "crypto.bad_key");
    std::cout << std::size(cases) + 1 << " malformed\n";
}

TEST_F(Jwe, every_changed_character_is_noticed) {
    int tried = 0;
    for (std::size_t at = 0; at < good.size(); ++at) {
        for (const char c : {'A', 'z', '.', '-', '='}) {
            auto changed = good;
            if (changed[at] == c) continue;
            changed[at] = c;
            ++tried;
            EXPECT_NE(open(changed), "opened") << at << c;
            EXPECT_EQ(std::string(out.begin(), out.end()).find(text), std::string::npos);
        }
    }
    std::cout << tried << " changed\n";
}

TEST_F(Jwe, is_a_secrets_text_in_a_change_of_settings_and_nothing_elses) {
    const settings::Schema schema;
    settings::Patch patch(schema, settings::Origin::mqtt);
    FixedString<settings::name_max> offending;
    const settings::Unwrapper unwrapper{device, entropy};
    const auto read = [&](const std::string& json, const settings::Unwrapper* with) {
        const auto done = settings::read_json_patch(as_bytes(json), patch, offending, with);
        return done ? "ok" : std::string(done.error().name()) + " " + std::string(offending.view());
    };
    const auto wrapped = [&](const std::string& name, const std::string& value) {
        return "{\"" + name + R"(":{"jwe":")" + value + "\"}}";
    };
    EXPECT_EQ(read(wrapped("wifi.0.pass", good), &unwrapper), "ok");
    ASSERT_FALSE(patch.empty());
    settings::RecordReader records(patch.records());
    EXPECT_EQ(as_text(records.next()->value), text);
    EXPECT_EQ(read(wrapped("wifi.0.pass", good), nullptr), "config.wrapped wifi.0.pass");
    EXPECT_EQ(read(wrapped("mqtt.0.host", good), &unwrapper), "config.wrapped mqtt.0.host");
    EXPECT_EQ(read(wrapped("log.level", good), &unwrapper), "config.wrapped log.level");
    EXPECT_EQ(read(wrapped("console.password", good), &unwrapper), "setting.local_only console.password");
    EXPECT_EQ(read(wrapped("no.such", good), &unwrapper), "setting.unknown no.such");
    EXPECT_EQ(read(wrapped("mqtt.0.psk.1", good), &unwrapper), "setting.format mqtt.0.psk.1") << "the same rules";
    EXPECT_EQ(read(wrapped("wifi.0.pass", "x"), &unwrapper), "jwe.malformed wifi.0.pass");
    EXPECT_EQ(read(R"({"wifi.0.pass":{}})", &unwrapper), "config.wrapped wifi.0.pass");
    EXPECT_EQ(read(R"({"wifi.0.pass":{"jwe":1}})", &unwrapper), "config.wrapped wifi.0.pass");
    EXPECT_EQ(read(R"({"wifi.0.pass":{"jwe":")" + good + R"(","x":1}})", &unwrapper), "config.wrapped wifi.0.pass");
    EXPECT_EQ(read(R"({"wifi.0.pass":{"jwt":")" + good + R"("}})", &unwrapper), "config.wrapped wifi.0.pass");
}

}  // namespace
}  // namespace esb::cli
