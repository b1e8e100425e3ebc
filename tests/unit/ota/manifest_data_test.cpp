// "data" of a manifest: what an image brings for partitions of its own.
#include "esb/base/json.hpp"
#include "esb/ota/manifest.hpp"

#include "tests/support/read_manifest.hpp"

#include <gtest/gtest.h>

#include <string>

namespace esb::ota {
namespace {

const std::string hash(64, 'c');

std::string update_with_data(const std::string& more) {
    return R"({"app":"a","hw":"h","ver":"1","seq":2,"floor":1,"size":9000,"sha256":")" + std::string(64, 'a') +
           R"(","url":["http://a/x"])" + more + "}";
}
Result<UpdateManifest> read_with_data(const std::string& more) {
    return test::read_update(as_bytes(update_with_data(more)));
}
std::string_view outcome_with_data(const std::string& more) {
    const auto parsed = read_with_data(more);
    return parsed ? "ok" : parsed.error().name();
}
std::string entry(const std::string& change_from = {}, const std::string& to = {}) {
    std::string text = R"({"part":"www","size":7000,"sha256":")" + hash + R"(","url":["http://a/w","http://b/w"]})";
    if (!change_from.empty()) text.replace(text.find(change_from), change_from.size(), to);
    return text;
}
std::string data(const std::string& entries) { return ",\"data\":[" + entries + "]"; }

TEST(ManifestData, is_read_beside_the_image) {
    const auto parsed =
        read_with_data(R"(,"z":{"size":5000,"url":"http://a/z"})" + data(entry() + "," + entry("www", "model")));
    ASSERT_TRUE(parsed) << parsed.error().name();
    ASSERT_EQ(parsed->data.size(), 2U);
    const auto& www = parsed->data[0];
    EXPECT_EQ(www.part, "www");
    EXPECT_EQ(www.size, 7000U);
    EXPECT_EQ(www.sha256[31], 0xCC);
    ASSERT_EQ(www.urls.count, 2);
    EXPECT_EQ(parsed->urls.at(www.urls, 1), "http://b/w");
    EXPECT_EQ(parsed->data[1].part, "model");
    EXPECT_EQ(parsed->urls.size(), 1U) << "the image has its own";
    EXPECT_EQ(parsed->urls.at(parsed->forms.alone->urls, 0), "http://a/z");
}

TEST(ManifestData, is_none_where_there_is_none) {
    const auto parsed = read_with_data("");
    ASSERT_TRUE(parsed);
    EXPECT_TRUE(parsed->data.empty());
}

TEST(ManifestData, may_say_more_than_we_know) {
    EXPECT_EQ(outcome_with_data(data(entry("\"size\"", "\"note\":1,\"size\""))), "ok");
}

TEST(ManifestData, of_the_wrong_kind_is_refused) {
    for (const auto* member : {"true", "null", "7", "\"www\"", "{}", "[]", "[1]", "[{}]", "[[]]"}) {
        EXPECT_EQ(outcome_with_data(std::string(",\"data\":") + member), "manifest.member") << member;
    }
    for (const auto* member : {"part", "size", "sha256", "url"}) {
        EXPECT_EQ(outcome_with_data(data(entry(member, "other"))), "manifest.member") << member;
    }
}

TEST(ManifestData, has_a_size_a_hash_and_addresses) {
    for (const auto* size : {"0", "-1", "4294967296", "\"7000\"", "70.5", "null"}) {
        EXPECT_NE(outcome_with_data(data(entry("7000", size))), "ok") << size;
    }
    EXPECT_EQ(outcome_with_data(data(entry("7000", "4294967295"))), "ok") << "what fits is the device's to judge";
    EXPECT_EQ(outcome_with_data(data(entry("cc", "c"))), "manifest.member");
    EXPECT_EQ(outcome_with_data(data(entry("cc", "xx"))), "manifest.member");
    EXPECT_EQ(outcome_with_data(data(entry(hash, std::string(64, '0')))), "manifest.no_hash");
    EXPECT_EQ(outcome_with_data(data(entry("[\"http://a/w\",\"http://b/w\"]", "\"http://a/w\""))), "manifest.member");
    EXPECT_EQ(outcome_with_data(data(entry("[\"http://a/w\",\"http://b/w\"]", "[]"))), "manifest.urls");
    EXPECT_EQ(outcome_with_data(data(entry("\"http://b/w\"", "\"b\",\"c\",\"d\",\"e\""))), "manifest.urls");
    EXPECT_EQ(outcome_with_data(data(entry("http://b/w", std::string(urls_max, 'u')))), "manifest.urls");
}

TEST(ManifestData, names_partitions_in_small_letters_only) {
    for (const auto* name : {"", "WWW", "w w", "../www", "www/0", "w.w", "www-0", "www\\u0000", "\\u00fc", "fifteen_letters"}) {
        EXPECT_NE(outcome_with_data(data(entry("www", name))), "ok") << name;
    }
    for (const auto* name : {"w", "www2", "a_model", "fourteen_chars"}) {
        EXPECT_EQ(outcome_with_data(data(entry("www", name))), "ok") << name;
    }
}

TEST(ManifestData, is_bounded_and_names_a_partition_once) {
    EXPECT_EQ(outcome_with_data(data(entry() + "," + entry())), "manifest.member");
    const auto three = entry() + "," + entry("www", "model") + "," + entry("www", "third");
    EXPECT_EQ(outcome_with_data(data(three)), "manifest.member");
}

// They install no image without its data: they do not read so deep.
TEST(ManifestData, is_too_deep_for_firmwares_that_know_nothing_of_it) {
    const auto text = update_with_data(data(entry()));
    const auto read = JsonDocument::parse(as_bytes(text), {.max_size = 4096, .max_depth = 3});
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error(), errors::json_too_deep) << read.error().name();
}

}  // namespace
}  // namespace esb::ota
