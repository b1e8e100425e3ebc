// "z" and "from" of a manifest: the other files that an image can be made of.
#include "esb/ota/manifest.hpp"

#include "tests/support/read_manifest.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace esb::ota {
namespace {

const std::string old_hash(64, 'b');

std::string update(const std::string& more) {
    return R"({"app":"a","hw":"h","ver":"1","seq":2,"floor":1,"size":9000,"sha256":")" + std::string(64, 'a') +
           R"(","url":["http://a/x","http://b/x"])" + more + "}";
}
Result<UpdateManifest> read(const std::string& more) { return test::read_update(as_bytes(update(more))); }
std::string_view outcome(const std::string& more) {
    const auto parsed = read(more);
    return parsed ? "ok" : parsed.error().name();
}
std::string delta(const std::string& change_from = {}, const std::string& to = {}) {
    std::string text = R"({"sha256":")" + old_hash + R"(","size":8000,"packed":70,"url":"http://a/d http://b/d"})";
    if (!change_from.empty()) text.replace(text.find(change_from), change_from.size(), to);
    return text;
}
std::string from(const std::string& deltas) { return ",\"from\":[" + deltas + "]"; }

TEST(ManifestForms, are_read_beside_the_image) {
    const auto parsed = read(R"(,"z":{"size":5000,"url":"http://a/z"})" + from(delta()));
    ASSERT_TRUE(parsed) << parsed.error().name();
    const auto& urls = parsed->urls;
    EXPECT_EQ(urls.size(), 2U);
    EXPECT_EQ(urls[1], "http://b/x");
    ASSERT_TRUE(parsed->forms.alone);
    EXPECT_EQ(parsed->forms.alone->size, 5000U);
    ASSERT_EQ(parsed->forms.alone->urls.count, 1);
    EXPECT_EQ(urls.at(parsed->forms.alone->urls, 0), "http://a/z");
    ASSERT_EQ(parsed->forms.deltas.size(), 1U);
    const auto& difference = parsed->forms.deltas[0];
    EXPECT_EQ(difference.size, 70U);
    EXPECT_EQ(difference.old_size, 8000U);
    EXPECT_EQ(difference.old_sha256[31], 0xBB);
    ASSERT_EQ(difference.urls.count, 2);
    EXPECT_EQ(urls.at(difference.urls, 1), "http://b/d");
    EXPECT_EQ(urls.all().count, 5);
}

TEST(ManifestForms, are_none_where_there_are_none) {
    const auto parsed = read("");
    ASSERT_TRUE(parsed);
    EXPECT_FALSE(parsed->forms.alone);
    EXPECT_TRUE(parsed->forms.deltas.empty());
}

TEST(ManifestForms, may_say_more_than_we_know) {
    EXPECT_EQ(outcome(R"(,"z":{"size":5,"url":"http://a/z","note":[1]})"), "ok");
    EXPECT_EQ(outcome(from(delta("\"size\"", "\"seq\":1,\"size\""))), "ok");
}

TEST(ManifestForms, with_members_of_the_wrong_kind_are_refused) {
    for (const auto* z : {"true", "[]", "{}", R"({"size":0,"url":"u"})", R"({"size":"5","url":"u"})", R"({"url":"u"})",
                          R"({"size":4294967296,"url":"u"})", R"({"size":5})", R"({"size":5,"url":["u"]})",
                          R"({"size":5,"url":""})", R"({"size":5,"url":" u"})", R"({"size":5,"url":"u "})",
                          R"({"size":5,"url":"u  v"})", R"({"size":5,"url":7})"}) {
        EXPECT_EQ(outcome(std::string(",\"z\":") + z), "manifest.member") << z;
    }
    for (const auto* list : {"true", "{}", "[]", "[1]", "[{}]"}) {
        EXPECT_EQ(outcome(std::string(",\"from\":") + list), "manifest.member") << list;
    }
    EXPECT_EQ(outcome(from(delta("\"sha256\"", "\"sha\""))), "manifest.member");
    EXPECT_EQ(outcome(from(delta("bb", "b"))), "manifest.member");
    EXPECT_EQ(outcome(from(delta("8000", "0"))), "manifest.member");
    EXPECT_EQ(outcome(from(delta("70", "-1"))), "manifest.member");
    EXPECT_EQ(outcome(from(delta("\"packed\":70,", ""))), "manifest.member");
    EXPECT_EQ(outcome(from(delta(old_hash, std::string(64, '0')))), "manifest.no_hash");
}

TEST(ManifestForms, are_bounded) {
    const auto deltas = [](std::size_t count) {
        std::string text;
        for (std::size_t i = 0; i < count; ++i) text += (text.empty() ? "" : ",") + delta();
        return from(text);
    };
    EXPECT_EQ(outcome(deltas(max_deltas)), "ok");
    EXPECT_EQ(outcome(deltas(max_deltas + 1)), "manifest.member");
    EXPECT_EQ(outcome(R"(,"z":{"size":5,"url":"a b c d"})"), "ok");
    EXPECT_EQ(outcome(R"(,"z":{"size":5,"url":"a b c d e"})"), "manifest.urls");
    EXPECT_EQ(outcome(R"(,"z":{"size":5,"url":")" + std::string(urls_max, 'u') + "\"}"), "manifest.urls");
}

// Firmwares that know of no packed forms read such a manifest to its end: it is no deeper than theirs.
TEST(ManifestForms, are_no_deeper_than_what_was_there_before) {
    const auto text = update(R"(,"z":{"size":5,"url":"a"})" + from(delta()));
    std::size_t depth = 0;
    std::size_t deepest = 0;
    for (const char c : text) {
        depth += c == '{' || c == '[' ? 1 : 0;
        deepest = std::max(deepest, depth);
        depth -= c == '}' || c == ']' ? 1 : 0;
    }
    EXPECT_EQ(deepest, 3U);
}

}  // namespace
}  // namespace esb::ota
