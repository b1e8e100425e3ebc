#include "esb/ota/manifest.hpp"

#include "esb/base/json.hpp"
#include "tests/support/read_manifest.hpp"
#include "tests/support/test_signer.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace esb::ota {
namespace {

using Members = std::map<std::string, std::string>;

Members update_members() {
    return {{"app", "\"greenhouse\""},
            {"hw", "\"esp32c3\""},
            {"ver", "\"1.4.0\""},
            {"seq", "42"},
            {"floor", "40"},
            {"size", "812345"},
            {"sha256", "\"" + std::string(64, 'a') + "\""},
            {"url", R"(["http://a/x","https://b/y"])"}};
}
std::string json(const Members& members) {
    std::string text;
    for (const auto& [name, value] : members) text += (text.empty() ? "{\"" : ",\"") + name + "\":" + value;
    return text + "}";
}
std::string_view outcome(const Result<UpdateManifest>& parsed) { return parsed ? "ok" : parsed.error().name(); }

std::string_view with(const std::string& name, const std::string& value) {
    auto members = update_members();
    members[name] = value;
    return outcome(test::read_update(as_bytes(json(members))));
}
std::string_view without(const std::string& name) {
    auto members = update_members();
    members.erase(name);
    return outcome(test::read_update(as_bytes(json(members))));
}

TEST(UpdateManifest, reads_all_members) {
    auto members = update_members();
    members["dev"] = R"(["ESP-1","ESP-2"])";
    members["exp"] = "1790000000";
    members["note"] = R"({"unknown":["members","are","ignored"]})";
    const auto parsed = test::read_update(as_bytes(json(members)));
    ASSERT_TRUE(parsed) << parsed.error().name();
    EXPECT_EQ(parsed->app, "greenhouse");
    EXPECT_EQ(parsed->hw, "esp32c3");
    EXPECT_EQ(parsed->ver, "1.4.0");
    EXPECT_EQ(parsed->seq, 42U);
    EXPECT_EQ(parsed->floor, 40U);
    EXPECT_EQ(parsed->size, 812345U);
    ASSERT_TRUE(parsed->sha256);
    EXPECT_EQ((*parsed->sha256)[31], 0xAA);
    ASSERT_EQ(parsed->urls.size(), 2U);
    EXPECT_EQ(parsed->urls[1], "https://b/y");
    EXPECT_FALSE(parsed->audience.everyone);
    EXPECT_TRUE(parsed->audience.includes_us);
    EXPECT_TRUE(test::read_update(as_bytes(json(members)), "ESP-2")->audience.includes_us);
    EXPECT_FALSE(test::read_update(as_bytes(json(members)), "ESP-3")->audience.includes_us);
    EXPECT_EQ(parsed->expires, UnixTime(1790000000));
}

TEST(UpdateManifest, means_every_device_without_dev) {
    const auto parsed = test::read_update(as_bytes(json(update_members())));
    ASSERT_TRUE(parsed);
    EXPECT_TRUE(parsed->audience.everyone);
    EXPECT_TRUE(parsed->audience.includes_us);
    EXPECT_FALSE(parsed->expires);
}

TEST(UpdateManifest, needs_every_member) {
    for (const auto& [name, value] : update_members()) EXPECT_EQ(without(name), "manifest.member") << name;
}

TEST(UpdateManifest, refuses_wrong_types_and_ranges) {
    const std::pair<const char*, const char*> bad[] = {{"app", "1"},
                                                       {"app", "\"\""},
                                                       {"app", "\"a b\""},
                                                       {"app", "\"\\u00e4\""},
                                                       {"app", "\"12345678901234567890123456789012\""},
                                                       {"hw", "\"1234567890123456\""},
                                                       {"ver", "null"},
                                                       {"ver", "\"a\\nb\""},
                                                       {"seq", "0"},
                                                       {"seq", "-1"},
                                                       {"seq", "4294967296"},
                                                       {"seq", "\"42\""},
                                                       {"floor", "43"},
                                                       {"floor", "-1"},
                                                       {"size", "0"},
                                                       {"size", "4294967296"},
                                                       {"sha256", "\"\""},
                                                       {"sha256", "\"zz\""},
                                                       {"sha256", "7"},
                                                       {"url", "\"http://a/\""},
                                                       {"url", "[1]"},
                                                       {"url", "[\"\"]"},
                                                       {"dev", "[]"},
                                                       {"dev", "\"ESP-1\""},
                                                       {"dev", "[\"a/b\"]"},
                                                       {"dev", "[1]"},
                                                       {"exp", "-1"},
                                                       {"exp", "\"soon\""}};
    for (const auto& [name, value] : bad) EXPECT_EQ(with(name, value), "manifest.member") << name << " " << value;
    EXPECT_EQ(with("sha256", "\"" + std::string(63, 'a') + "\""), "manifest.member");
    EXPECT_EQ(with("sha256", "\"" + std::string(63, 'a') + "g\""), "manifest.member");
    EXPECT_EQ(with("url", "[\"" + std::string(urls_max + 1, 'x') + "\"]"), "manifest.urls");
    EXPECT_EQ(with("url", "[\"" + std::string(urls_max, 'x') + "\"]"), "ok");
    EXPECT_EQ(with("url", "[\"\"]"), "manifest.member");
    EXPECT_EQ(with("floor", "42"), "ok");
}

// What a build script writes that lost its hash.
TEST(UpdateManifest, refuses_hashes_that_no_image_has) {
    for (const auto& hash : {std::string(64, '0'), std::string(64, 'f'), std::string(64, 'F'),
                             std::string("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")}) {
        EXPECT_EQ(with("sha256", "\"" + hash + "\""), "manifest.no_hash") << hash;
        auto close = hash;
        close[63] = '1';
        EXPECT_EQ(with("sha256", "\"" + close + "\""), "ok") << close;
    }
}

TEST(UpdateManifest, limits_urls_and_devices) {
    EXPECT_EQ(with("url", "[]"), "manifest.urls");
    EXPECT_EQ(with("url", R"(["a","b","c","d"])"), "ok");
    EXPECT_EQ(with("url", R"(["a","b","c","d","e"])"), "manifest.urls");
    std::string devices;
    for (int i = 0; i < 32; ++i) devices += (i > 0 ? ",\"d" : "\"d") + std::to_string(i) + "\"";
    EXPECT_EQ(with("dev", "[" + devices + "]"), "ok");
    EXPECT_EQ(with("dev", "[" + devices + ",\"one-more\"]"), "manifest.member");
}

TEST(UpdateManifest, refuses_ways_to_encrypt_that_it_does_not_know) {
    EXPECT_EQ(with("enc", R"({"alg":"A128GCM"})"), "manifest.encryption");
}

TEST(UpdateManifest, refuses_what_is_not_an_object) {
    EXPECT_EQ(outcome(test::read_update(as_bytes("[]"))), "manifest.member");
    EXPECT_EQ(outcome(test::read_update(as_bytes("{"))), "json.syntax");
    EXPECT_EQ(with("x", "[[[[1]]]]"), "json.too_deep");
    EXPECT_EQ(with("x", "1.5"), "json.number");
}

std::string_view command(const std::string& text) {
    const auto parsed = test::read_command(as_bytes(text));
    return parsed ? "ok" : parsed.error().name();
}

TEST(SignedCommand, reads_each_verb) {
    const auto parsed = test::read_command(as_bytes(R"({"cmd":"rollback","dev":["ESP-1"],"ctr":7})"));
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->kind, SignedCommand::Kind::rollback);
    EXPECT_EQ(parsed->counter, 7U);
    EXPECT_FALSE(parsed->audience.everyone);
    EXPECT_EQ(test::read_command(as_bytes(R"({"cmd":"confirm","ctr":1})"))->kind, SignedCommand::Kind::confirm);
    EXPECT_EQ(test::read_command(as_bytes(R"({"cmd":"cancel","ctr":1})"))->kind, SignedCommand::Kind::cancel);
}

TEST(SignedCommand, refuses_others) {
    for (const auto* text : {"{}", R"({"cmd":"reboot","ctr":1})", R"({"cmd":7,"ctr":1})", R"({"cmd":"cancel"})",
                             R"({"cmd":"cancel","ctr":0})", R"({"cmd":"cancel","ctr":4294967296})",
                             R"({"cmd":"cancel","ctr":1,"dev":[]})"}) {
        EXPECT_EQ(command(text), "manifest.member") << text;
    }
    EXPECT_EQ(command("x"), "json.syntax");
}

std::string_view keys(const std::string& text) {
    const auto parsed = test::read_keys(as_bytes(text));
    return parsed ? "ok" : parsed.error().name();
}

TEST(KeySet, reads_jwks) {
    const test::TestSigner one("one");
    const test::TestSigner two("two");
    const auto parsed = test::read_keys(as_bytes(R"({"ver":3,"keys":[)" + one.jwk() + "," + two.jwk() + "]}"));
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->version, 3U);
    ASSERT_EQ(parsed->keys.size(), 2U);
    EXPECT_EQ(parsed->keys[1].key, two.public_key());
    EXPECT_EQ(parsed->keys[1].kid, two.kid());
}

TEST(KeySet, refuses_others) {
    const test::TestSigner signer;
    const std::string jwk = signer.jwk();
    const auto set = [](const std::string& list) { return R"({"ver":2,"keys":[)" + list + "]}"; };
    EXPECT_EQ(keys(set(jwk)), "ok");
    EXPECT_EQ(keys(set("")), "manifest.member");
    EXPECT_EQ(keys(set(jwk + "," + jwk)), "manifest.member") << "twice the same";
    EXPECT_EQ(keys(R"({"ver":0,"keys":[)" + jwk + "]}"), "manifest.member");
    EXPECT_EQ(keys(R"({"keys":[)" + jwk + "]}"), "manifest.member");
    EXPECT_EQ(keys(R"({"ver":2,"keys":7})"), "manifest.member");
    const auto changed = [&](std::string from, const std::string& to) {
        std::string text = jwk;
        return set(text.replace(text.find(from), from.size(), to));
    };
    EXPECT_EQ(keys(changed("EC", "RSA")), "manifest.member");
    EXPECT_EQ(keys(changed("P-256", "P-384")), "manifest.member");
    EXPECT_EQ(keys(changed(R"("y")", R"("z")")), "manifest.member");
    EXPECT_EQ(keys(changed(R"("kty")", R"("d":"AAAA","kty")")), "manifest.member") << "a private key";
    EXPECT_EQ(keys(changed(R"("kty")", R"("use":"sig","kty")")), "ok");
    EXPECT_EQ(keys(changed(R"("x":")", R"("x":"A)")), "manifest.member") << "too long";
    EXPECT_EQ(keys(set(R"({"kty":"EC","crv":"P-256","x":"AA","y":"AA"})")), "key.malformed");
    std::string off = jwk;
    const auto x = off.find("\"x\":\"") + 5;
    off[x] = off[x] == 'A' ? 'B' : 'A';
    EXPECT_EQ(keys(set(off)), "crypto.bad_key");
    std::string nine = jwk;
    for (int i = 0; i < 8; ++i) nine += "," + test::TestSigner("key " + std::to_string(i)).jwk();
    EXPECT_EQ(keys(set(nine)), "manifest.member");
}

}  // namespace
}  // namespace esb::ota
