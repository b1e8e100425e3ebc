#include "esb/base/json.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace esb {
namespace {

using namespace std::string_literals;

struct Case {
    std::string text;
    const ErrorKind* refused;  // null: accepted
};

Status scan(const std::string& text, const JsonLimits& limits = {}) { return scan_json(as_bytes(text), limits); }

void expect_all(const std::vector<Case>& cases) {
    for (const auto& [text, refused] : cases) {
        const auto scanned = scan(text);
        if (refused == nullptr) {
            EXPECT_TRUE(scanned) << text << ": " << scanned.error().name();
            EXPECT_TRUE(JsonDocument::parse(as_bytes(text))) << text;
        } else {
            ASSERT_FALSE(scanned) << text;
            EXPECT_EQ(scanned.error(), *refused) << text << ": " << scanned.error().name();
        }
    }
}

TEST(JsonScan, accepts_what_rfc_8259_allows) {
    expect_all({{"null", nullptr},
                {" \t\r\n true \n", nullptr},
                {"false", nullptr},
                {"\"\"", nullptr},
                {"{}", nullptr},
                {"[ ]", nullptr},
                {R"({"a":[1,-2,0],"b":{"a":"x"}})", nullptr},
                {R"("\"\\\/\b\f\n\r\t\u00e4\uD83D\uDE00")", nullptr},
                {"\"\xF0\x9F\x98\x80 \x7F\"", nullptr}});
}

TEST(JsonScan, refuses_broken_syntax) {
    for (const auto* text : {"",        " ",       "nul",     "truex",     "tru",
                             "[1,]",    "[1 2]",   "{\"a\"}", "{\"a\":}",  "{\"a\":1,}",
                             "{a:1}",   "{'a':1}", "[",       "{",         "\"",
                             "\"\\",    "\"\\x\"", "1 2",     "[]]",       "+1",
                             "-",       "01",      "-01",     ".5",        "\"\\u12g4\"",
                             "\"\\u12", "//x",     "[1}",     "{\"a\":1]", "{\"a\":1 \"b\":2}",
                             "NaN"}) {
        expect_all({{text, &errors::json_syntax}});
    }
}

TEST(JsonScan, refuses_a_byte_order_mark_and_bad_utf_8) {
    expect_all({{"\xEF\xBB\xBF{}", &errors::json_syntax},
                {"\"\xFF\"", &errors::json_syntax},
                {"\"\xC0\x80\"", &errors::json_syntax},          // overlong
                {"\"\xED\xA0\x80\"", &errors::json_syntax},      // a surrogate in UTF-8
                {"\"\xF4\x90\x80\x80\"", &errors::json_syntax},  // above U+10FFFF
                {"\"\xE2\x82\"", &errors::json_syntax},          // cut
                {"\"a\nb\"", &errors::json_syntax},              // raw control character
                {"{\"\xFF\":1}", &errors::json_syntax}});
}

TEST(JsonScan, refuses_lone_surrogates) {
    for (const auto* text : {R"("\uD800")", R"("\uDC00")", R"("\uD800\n")", R"("\uD800\u0041")", R"("\uD800\uD800")",
                             R"("\uD800\uDC0")", R"("\uD800x")"}) {
        expect_all({{text, &errors::json_syntax}});
    }
}

TEST(JsonScan, names_nul_everywhere) {
    expect_all({{"\"a\0b\""s, &errors::json_nul},
                {R"("\u0000")", &errors::json_nul},
                {R"({"a\u0000b":1})", &errors::json_nul},
                {"{}\0"s, &errors::json_syntax},  // behind the end
                {"[1,\0]"s, &errors::json_nul},
                {"\0"s, &errors::json_nul},
                {"{\"a\"\0:1}"s, &errors::json_nul}});
}

TEST(JsonScan, takes_exact_integers_only) {
    expect_all({{"9007199254740991", nullptr},
                {"-9007199254740991", nullptr},
                {"-0", nullptr},
                {"9007199254740992", &errors::json_number},
                {"-9007199254740992", &errors::json_number},
                {"99999999999999999999999999999999999999", &errors::json_number},
                {"1.0", &errors::json_number},
                {"1e3", &errors::json_number},
                {"1E3", &errors::json_number},
                {"0.0", &errors::json_number},
                {"[1,2.5]", &errors::json_number}});
}

TEST(JsonScan, finds_duplicates_through_escapes) {
    expect_all({{R"({"a":1,"a":2})", &errors::json_duplicate},
                {R"({"a":1,"\u0061":2})", &errors::json_duplicate},
                {R"({"\u00e4":1,"ä":2})", &errors::json_duplicate},
                {R"({"\ud83d\ude00":1,"😀":2})", &errors::json_duplicate},
                {R"({"/":1,"\/":2})", &errors::json_duplicate},
                {R"({"\n":1,"\u000A":2})", &errors::json_duplicate},
                {R"({"x":{"a":1,"b":1,"a":2}})", &errors::json_duplicate},
                {R"({"":1,"":2})", &errors::json_duplicate},
                {R"({"a":{"a":{"a":1}}})", nullptr},
                {R"([{"a":1},{"a":2}])", nullptr},
                {R"({"o":{"a":1},"a":2})", nullptr},
                {R"({"a":1,"A":2,"aa":3})", nullptr}});
}

TEST(JsonScan, limits_depth_size_and_members) {
    EXPECT_TRUE(scan("[[[[1]]]]"));
    EXPECT_EQ(scan("[[[[[1]]]]]").error(), errors::json_too_deep);
    EXPECT_EQ(scan(R"({"a":{"b":[{"c":{}}]}})").error(), errors::json_too_deep);
    EXPECT_TRUE(scan("1", {.max_size = 1, .max_depth = 0}));
    EXPECT_EQ(scan("[]", {.max_size = 2, .max_depth = 0}).error(), errors::json_too_deep);
    EXPECT_EQ(scan("100", {.max_size = 2}).error(), errors::json_too_large);

    const auto object_with = [](int members) {
        std::string text = "{";
        for (int i = 0; i < members; ++i) text += (i > 0 ? ",\"" : "\"") + std::to_string(i) + "\":1";
        return text + "}";
    };
    EXPECT_TRUE(scan(object_with(128)));
    EXPECT_EQ(scan(object_with(129)).error(), errors::json_too_large);
    EXPECT_TRUE(scan("[" + object_with(128) + "," + object_with(128) + "]")) << "closed objects no longer count";
}

TEST(JsonScan, tells_where) {
    EXPECT_EQ(scan(R"({"a":1,"a":2})").error().detail(), 7);
    EXPECT_EQ(scan("[1,x]").error().detail(), 3);
    EXPECT_EQ(scan("[1.5]").error().detail(), 1);
}

TEST(JsonDocument, reads_typed_values) {
    const auto parsed =
        JsonDocument::parse(as_bytes(R"({"t":"\u00e4","n":-7,"b":true,"a":[1,2],"o":{"x":1},"z":null})"));
    ASSERT_TRUE(parsed);
    const JsonValue root = parsed->root();
    EXPECT_EQ(root["t"].text().value(), "ä");
    EXPECT_EQ(root["n"].integer(-7, 0).value(), -7);
    EXPECT_TRUE(root["b"].boolean().value());
    EXPECT_EQ(root["a"].size(), 2U);
    EXPECT_EQ(root["a"].first().next().integer(0, 9).value(), 2);
    EXPECT_FALSE(root["a"].first().next().next().is_present());
    EXPECT_EQ(root.first().name(), "t");
    EXPECT_TRUE(root["o"].is_object());
    EXPECT_FALSE(root["a"].is_object());
    EXPECT_FALSE(root["T"].is_present()) << "names are case sensitive";
}

TEST(JsonDocument, refuses_other_types_and_ranges) {
    const auto parsed = JsonDocument::parse(as_bytes(R"({"t":"x","n":8,"b":true,"a":[]})"));
    ASSERT_TRUE(parsed);
    const JsonValue root = parsed->root();
    EXPECT_EQ(root["n"].text().error(), errors::json_member);
    EXPECT_EQ(root["t"].integer(0, 9).error(), errors::json_member);
    EXPECT_EQ(root["n"].integer(0, 7).error(), errors::json_member);
    EXPECT_EQ(root["n"].integer(9, 10).error(), errors::json_member);
    EXPECT_EQ(root["n"].boolean().error(), errors::json_member);
    const JsonValue absent = root["missing"];
    EXPECT_EQ(absent.text().error(), errors::json_member);
    EXPECT_FALSE(absent["deeper"].is_present());
    EXPECT_EQ(absent.size(), 0U);
    EXPECT_FALSE(absent.first().is_present());
    EXPECT_FALSE(absent.next().is_present());
    EXPECT_EQ(absent.name(), "");
    EXPECT_FALSE(root["a"]["x"].is_present());
}

TEST(JsonDocument, moves) {
    auto first = JsonDocument::parse(as_bytes("[1]"));
    auto second = JsonDocument::parse(as_bytes("[1,2]"));
    ASSERT_TRUE(first && second);
    JsonDocument moved(std::move(*first));
    EXPECT_EQ(moved.root().size(), 1U);
    moved = std::move(*second);
    EXPECT_EQ(moved.root().size(), 2U);
}

TEST(JsonWriter, writes_nested_values) {
    std::array<char, 200> buffer;
    JsonWriter json(buffer);
    json.begin_object().key("a").number(-5).key("b").begin_array().text("x").boolean(true).boolean(false);
    json.begin_object().end_object().end_array().key("c").text("").end_object();
    EXPECT_EQ(json.view(), R"({"a":-5,"b":["x",true,false,{}],"c":""})");
}

TEST(JsonWriter, escapes_so_that_its_own_scanner_reads_it_back) {
    std::array<char, 200> buffer;
    JsonWriter json(buffer);
    json.text("\"\\\n\x01 ä 😀 \x7F");
    const auto parsed = JsonDocument::parse(as_bytes(json.view()));
    ASSERT_TRUE(parsed) << json.view();
    EXPECT_EQ(parsed->root().text().value(), "\"\\\n\x01 ä 😀 \x7F");
}

TEST(JsonWriter, replaces_what_is_not_utf_8) {
    std::array<char, 200> buffer;
    JsonWriter json(buffer);
    json.text("a\xFF\xC3(\xE2\x82");
    EXPECT_EQ(json.view(), "\"a\xEF\xBF\xBD\xEF\xBF\xBD(\xEF\xBF\xBD\xEF\xBF\xBD\"");
    EXPECT_TRUE(scan(std::string(json.view())));
}

TEST(JsonWriter, latches_an_overflow) {
    std::array<char, 4> buffer;
    JsonWriter fits(buffer);
    fits.begin_array().number(12).end_array();
    EXPECT_EQ(fits.view(), "[12]");
    JsonWriter json(buffer);
    json.begin_array().number(123).end_array();
    EXPECT_TRUE(json.overflowed());
    EXPECT_EQ(json.view(), "");
}

TEST(JsonWriter, writes_a_long_text_in_pieces) {
    const auto write = [](JsonWriter& json) {
        json.begin_object().key("a").text("x\"y\\z").key("list").begin_array().number(-12).boolean(true).end_array();
        json.end_object();
    };
    const std::string whole = R"({"a":"x\"y\\z","list":[-12,true]})";
    for (std::size_t size = 1; size <= whole.size() + 1; ++size) {
        std::string text;
        for (bool more = true; more;) {
            std::vector<char> piece(size);
            JsonWriter json(piece, text.size());
            write(json);
            more = json.overflowed();
            text += json.written();
        }
        EXPECT_EQ(text, whole) << size;
    }
}

TEST(JsonWriter, goes_on_where_an_earlier_piece_ended) {
    std::array<char, 32> buffer;
    JsonWriter json(buffer);
    json.following().key("b").number(1).end_object();
    EXPECT_EQ(json.view(), R"(,"b":1})");
}

}  // namespace
}  // namespace esb
