#include "esb/base/identity.hpp"
#include "esb/settings/schema.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace esb::settings {
namespace {

const Setting& base(std::string_view name) {
    static const Schema schema;
    return *schema.find(name);
}

std::string shown(const Setting& setting, const Result<Value>& value) {
    std::array<char, text_max> out;
    if (!value) return "error " + std::string(value.error().name());
    const auto text = format(setting, value->reveal(), out);
    return text ? std::string(*text) : "error " + std::string(text.error().name());
}

// The name of the error, or "ok".
std::string outcome(const Setting& setting, std::string_view text) {
    const auto value = parse(setting, text);
    return value ? "ok" : std::string(value.error().name());
}

constexpr Setting toggle{.name = "t", .type = Type::boolean, .fallback = "off"};
constexpr Setting level{.name = "l", .type = Type::integer, .low = -3, .high = 3, .fallback = "0"};
constexpr Setting wide{.name = "w", .type = Type::integer, .low = INT32_MIN, .high = INT32_MAX, .fallback = "0"};
constexpr Setting words{.name = "x", .type = Type::text, .low = 2, .high = 6, .fallback = "ab"};
constexpr Setting raw{.name = "o", .type = Type::octets, .high = 4};
constexpr Setting code{.name = "k", .type = Type::key, .high = 3};
constexpr Setting longest{.name = "m", .type = Type::octets};

TEST(Boolean, takes_three_spellings_and_shows_one) {
    for (const auto* text : {"on", "true", "1"}) EXPECT_EQ(shown(toggle, parse(toggle, text)), "on");
    for (const auto* text : {"off", "false", "0"}) EXPECT_EQ(shown(toggle, parse(toggle, text)), "off");
    for (const auto* text : {"", "On", "yes", "10", " on"}) EXPECT_EQ(outcome(toggle, text), "setting.type") << text;
}

TEST(Boolean, stored_form_is_one_byte_zero_or_one) {
    const std::array<std::uint8_t, 2> bytes{1, 2};
    EXPECT_TRUE(accept(toggle, ConstBytes(bytes).first(1)));
    EXPECT_EQ(accept(toggle, ConstBytes(bytes).last(1)).error(), errors::setting_type);
    EXPECT_EQ(accept(toggle, bytes).error(), errors::setting_type);
    EXPECT_EQ(accept(toggle, {}).error(), errors::setting_type);
}

TEST(Integer, bounds_are_inclusive_and_other_text_is_a_wrong_type) {
    for (const auto* text : {"-3", "0", "3"}) EXPECT_EQ(shown(level, parse(level, text)), text);
    for (const auto* text : {"-4", "4", "99999999999999999999"}) EXPECT_EQ(outcome(level, text), "setting.range");
    for (const auto* text : {"", "x", "1.0", "+1", "0x1", " 1", "-"}) EXPECT_EQ(outcome(level, text), "setting.type");
}

TEST(Integer, keeps_all_thirty_two_bits) {
    for (const auto* text : {"-2147483648", "2147483647", "-1", "256"}) {
        EXPECT_EQ(shown(wide, parse(wide, text)), text);
    }
    const auto stored = parse(wide, "258");
    ASSERT_TRUE(stored);
    EXPECT_EQ(std::vector(stored->reveal().begin(), stored->reveal().end()),
              (std::vector<std::uint8_t>{2, 1, 0, 0, 0, 0, 0, 0}));
}

TEST(Integer, what_needs_more_bits_is_out_of_range) {
    for (const auto* text : {"-2147483649", "2147483648", "4294967296", "9223372036854775807", "9223372036854775808"}) {
        EXPECT_EQ(outcome(wide, text), "setting.range") << text;
    }
    std::array<std::uint8_t, 8> bytes{};  // as an earlier version may have stored it
    bytes[4] = 1;
    EXPECT_EQ(accept(wide, bytes).error(), errors::setting_range);
}

TEST(Integer, stored_form_outside_the_bounds_or_of_another_size_is_refused) {
    std::array<std::uint8_t, 8> bytes{};
    bytes[0] = 4;
    EXPECT_EQ(accept(level, bytes).error(), errors::setting_range);
    EXPECT_EQ(accept(level, ConstBytes(bytes).first(7)).error(), errors::setting_type);
}

TEST(Text, length_counts_bytes) {
    EXPECT_EQ(outcome(words, "a"), "setting.length");
    EXPECT_EQ(outcome(words, "ab"), "ok");
    EXPECT_EQ(outcome(words, "abcdef"), "ok");
    EXPECT_EQ(outcome(words, "abcdefg"), "setting.length");
    EXPECT_EQ(outcome(words, "\xC3\xA4\xC3\xB6\xC3\xBC"), "ok");
    EXPECT_EQ(outcome(words, "\xC3\xA4\xC3\xB6\xC3\xBC!"), "setting.length");
}

TEST(Text, must_be_utf_8_without_control_characters) {
    EXPECT_EQ(outcome(words, "a\xFFz"), "setting.not_utf8");
    EXPECT_EQ(outcome(words, "a\xC3"), "setting.not_utf8");
    EXPECT_EQ(outcome(words, "a\nb"), "setting.format");
    EXPECT_EQ(outcome(words, "a\x7F"), "setting.format");
    EXPECT_EQ(outcome(words, std::string_view("a\0b", 3)), "setting.format");
}

TEST(Octets, plain_text_stays_plain_and_everything_else_is_hex) {
    EXPECT_EQ(shown(raw, parse(raw, "caf")), "caf");
    EXPECT_EQ(shown(raw, parse(raw, "hex:00ff")), "hex:00ff");
    EXPECT_EQ(shown(raw, parse(raw, "hex:6162")), "ab");
    EXPECT_EQ(shown(raw, parse(raw, "hex:")), "");
    EXPECT_EQ(shown(raw, accept(raw, as_bytes("hex:"))), "hex:6865783a");
    EXPECT_EQ(outcome(raw, "hex:0"), "setting.format");
    EXPECT_EQ(outcome(raw, "hex:0g"), "setting.format");
    EXPECT_EQ(outcome(raw, "hex:0011223344"), "setting.length");
    EXPECT_EQ(outcome(raw, "hex:" + std::string(2 * value_max + 2, '0')), "setting.length");
    EXPECT_EQ(outcome(raw, "abcde"), "setting.length");
}

TEST(Octets, the_longest_value_fits_into_text_max) {
    const std::vector<std::uint8_t> bytes(value_max, 0xFF);
    const auto text = shown(longest, accept(longest, bytes));
    EXPECT_EQ(text.size(), text_max);
    EXPECT_EQ(shown(longest, parse(longest, text)), text);
}

TEST(Key, is_hex_of_either_case) {
    EXPECT_EQ(shown(code, parse(code, "AAbbCC")), "aabbcc");
    EXPECT_EQ(shown(code, parse(code, "")), "");
    EXPECT_EQ(outcome(code, "abc"), "setting.format");
    EXPECT_EQ(outcome(code, "zz"), "setting.format");
    EXPECT_EQ(outcome(code, "00112233"), "setting.length");
}

TEST(Format, refuses_secrets_foreign_forms_and_small_buffers) {
    std::array<char, 3> small;
    const auto pass = parse(base(names::wifi_pass), "12345678");
    ASSERT_TRUE(pass);
    std::array<char, text_max> out;
    EXPECT_EQ(format(base(names::wifi_pass), pass->reveal(), out).error(), errors::setting_secret);
    EXPECT_EQ(format(level, pass->reveal().first(3), out).error(), errors::setting_type);
    EXPECT_EQ(format(words, as_bytes("abcd"), small).error(), errors::too_long);
    EXPECT_EQ(format(raw, as_bytes("\xFF"), small).error(), errors::too_long);
    EXPECT_EQ(format(code, as_bytes("\xFF\xFF"), small).error(), errors::too_long);
}

TEST(WifiSsid, is_up_to_32_arbitrary_bytes) {
    EXPECT_EQ(outcome(base(names::wifi_ssid), std::string(32, 'x')), "ok");
    EXPECT_EQ(outcome(base(names::wifi_ssid), std::string(33, 'x')), "setting.length");
    EXPECT_TRUE(accept(base(names::wifi_ssid), as_bytes(std::string_view("\0\n\xFF", 3))));
}

TEST(WifiPass, is_8_to_63_characters_or_64_hex_digits_or_empty) {
    const auto& pass = base(names::wifi_pass);
    EXPECT_EQ(outcome(pass, ""), "ok");
    EXPECT_EQ(outcome(pass, "1234567"), "setting.length");
    EXPECT_EQ(outcome(pass, "12345678"), "ok");
    EXPECT_EQ(outcome(pass, std::string(63, 'z')), "ok");
    EXPECT_EQ(outcome(pass, std::string(64, 'z')), "setting.format");
    EXPECT_EQ(outcome(pass, std::string(64, 'A')), "ok");
    EXPECT_EQ(outcome(pass, std::string(65, 'a')), "setting.length");
}

TEST(MqttHost, is_a_host_name_or_an_address) {
    const auto& host = base(names::mqtt_host);
    const auto label = std::string(63, 'a');
    for (const auto& good :
         std::vector<std::string>{"", "broker", "a.example.org", "my_broker", "10.0.0.1", "4u.de", "1.2.3.4.x",
                                  label + "." + label, label + "." + label + "." + label + "." + label.substr(2)}) {
        EXPECT_EQ(outcome(host, good), "ok") << good;
    }
    for (const auto& bad : std::vector<std::string>{".", "a.", ".a", "a..b", "-a", "a-", "a b", "http://a", "a:8883",
                                                    "256.1.1.1", "010.0.0.1", "1.2.3", "1", "b\xC3\xBC", "[::1]", label + "a"}) {
        EXPECT_EQ(outcome(host, bad), "setting.format") << bad;
    }
    EXPECT_EQ(outcome(host, std::string(254, 'a')), "setting.length");
}

TEST(MqttPort, is_one_to_65535) {
    const auto& port = base(names::mqtt_port);
    EXPECT_EQ(port.fallback, "8883");
    EXPECT_EQ(outcome(port, "1"), "ok");
    EXPECT_EQ(outcome(port, "65535"), "ok");
    EXPECT_EQ(outcome(port, "0"), "setting.range");
    EXPECT_EQ(outcome(port, "65536"), "setting.range");
    EXPECT_EQ(outcome(port, "x"), "setting.type");
}

TEST(MqttIdent, is_an_identity_or_empty) {
    const auto& ident = base(names::mqtt_ident);
    EXPECT_EQ(outcome(ident, ""), "ok");
    EXPECT_EQ(outcome(ident, "ESP-C44F330A9C35"), "ok");
    for (const auto* bad : {"a/b", "a+", "#", "a b"}) EXPECT_EQ(outcome(ident, bad), errors::bad_identity.name);
    EXPECT_EQ(outcome(ident, std::string(41, 'a')), "setting.length");
}

TEST(MqttPsk, is_16_to_32_bytes_or_unset) {
    const auto& psk = base(names::mqtt_psk);
    EXPECT_EQ(outcome(psk, ""), "ok");
    EXPECT_EQ(outcome(psk, std::string(30, '0')), "setting.length");
    EXPECT_EQ(outcome(psk, std::string(32, 'a')), "ok");
    EXPECT_EQ(outcome(psk, std::string(64, 'a')), "ok");
    EXPECT_EQ(outcome(psk, std::string(66, '0')), "setting.length") << "more than TLS can use";
    EXPECT_EQ(outcome(psk, std::string(31, '0')), "setting.format");
}

TEST(AccessPointPass, is_8_to_63_printable_ascii_or_unset) {
    const auto& pass = base(names::ap_pass);
    EXPECT_EQ(outcome(pass, ""), "ok");
    EXPECT_EQ(outcome(pass, "1234567"), "setting.length");
    EXPECT_EQ(outcome(pass, "1234 678"), "ok");
    EXPECT_EQ(outcome(pass, std::string(63, '~')), "ok");
    EXPECT_EQ(outcome(pass, std::string(64, 'a')), "setting.length");
    EXPECT_EQ(outcome(pass, "passw\xC3\xB6rt"), "setting.format");
}

TEST(AccessPointAddress, is_a_host_of_a_network_of_256) {
    const auto& address = base(names::ap_address);
    for (const auto good : {"4.3.2.1", "192.168.4.1", "10.0.0.254", "223.1.1.1"}) {
        EXPECT_EQ(outcome(address, good), "ok") << good;
    }
    for (const auto bad : {"4.3.2.0", "4.3.2.255", "0.1.2.3", "127.0.0.1", "224.0.0.1", "255.255.255.1"}) {
        EXPECT_EQ(outcome(address, bad), "setting.host_address") << bad;
    }
    for (const auto malformed : {"4.3.2.x", "04.3.2.1"}) EXPECT_EQ(outcome(address, malformed), "setting.format");
    EXPECT_EQ(outcome(address, ""), "setting.length");
}

TEST(BaseTable, secrets_and_stages_are_as_designed) {
    for (const AnyKey key : std::initializer_list<AnyKey>{names::wifi_pass, names::mqtt_psk, names::ap_pass}) {
        EXPECT_TRUE(base(key).secret);
    }
    for (const AnyKey key : std::initializer_list<AnyKey>{names::wifi_ssid, names::wifi_pass}) {
        EXPECT_EQ(base(key).stage, Stage::network);
    }
    for (const AnyKey key : std::initializer_list<AnyKey>{names::mqtt_host, names::mqtt_port, names::mqtt_ident, names::mqtt_psk}) {
        EXPECT_EQ(base(key).stage, Stage::broker);
        EXPECT_FALSE(base(key).local_only);
    }
    EXPECT_TRUE(base(names::ota_legacy_md5).local_only);
    EXPECT_TRUE(base(names::ota_hosts).local_only);
    for (const auto* list : {"files.example.com", "*.example.com, 192.0.2.1", "a b,c", ""})
        EXPECT_TRUE(parse(base(names::ota_hosts), list)) << list;
    for (const auto* list : {"http://h", "h:80", "*", "*.", "a..b", "127.1", "a *b"})
        EXPECT_FALSE(parse(base(names::ota_hosts), list)) << list;
    EXPECT_EQ(base(names::ota_legacy_md5).fallback, "off");
}

// --- schema

TEST(Schema, lists_the_base_and_then_the_authors_tables) {
    static constexpr Setting first[] = {words, raw};
    static constexpr Setting second[] = {level};
    Schema schema;
    const auto own = schema.size();
    ASSERT_TRUE(schema.add(first));
    ASSERT_TRUE(schema.add(second));
    EXPECT_EQ(schema.size(), own + 3);
    EXPECT_EQ(schema.at(0).name, names::wifi_ssid);
    EXPECT_EQ(schema.at(own).name, "x");
    EXPECT_EQ(schema.at(own + 2).name, "l");
    EXPECT_EQ(schema.find("l"), &second[0]);
    EXPECT_EQ(schema.find("nothing"), nullptr);
}

TEST(Schema, knows_the_title_of_each_table_of_an_author_and_none_of_the_base) {
    static constexpr Setting first[] = {words, raw};
    static constexpr Setting second[] = {level};
    Schema schema;
    const auto own = schema.size();
    ASSERT_TRUE(schema.add(first, "Greenhouse"));
    ASSERT_TRUE(schema.add(second));
    EXPECT_EQ(schema.title(0), std::nullopt);
    EXPECT_EQ(schema.title(own - 1), std::nullopt);
    EXPECT_EQ(schema.title(own), "Greenhouse");
    EXPECT_EQ(schema.title(own + 1), "Greenhouse");
    EXPECT_EQ(schema.title(own + 2), "");
}

TEST(Schema, refuses_a_table_with_any_bad_setting_whole) {
    const auto changed = [](const Setting& from, auto change) {
        auto setting = from;
        change(setting);
        return setting;
    };
    const std::vector<Setting> bad = {
        changed(words, [](Setting& s) { s.name = "Upper"; }),
        changed(words, [](Setting& s) { s.name = ""; }),
        changed(words, [](Setting& s) { s.name = "a.name.of.25.characters.x"; }),
        changed(words, [](Setting& s) { s.name = names::wifi_ssid; }),
        changed(words, [](Setting& s) { s.low = -1; }),
        changed(words, [](Setting& s) { s.high = value_max + 1; }),
        changed(words, [](Setting& s) { s.fallback = "a"; }),
        changed(words, [](Setting& s) { s.secret = true; }),
        changed(level, [](Setting& s) { s.low = 4; }),
        changed(level, [](Setting& s) { s.fallback = "4"; }),
        changed(level, [](Setting& s) { s.secret = true; }),
        changed(level, [](Setting& s) { s.fallback = ""; }),
        changed(toggle, [](Setting& s) { s.fallback = "maybe"; }),
        changed(raw, [](Setting& s) { s.fallback = "hex:00"; }),
        changed(code, [](Setting& s) { s.fallback = "00"; }),
        changed(code, [](Setting& s) { s.low = 1; }),
    };
    for (std::size_t i = 0; i < bad.size(); ++i) {
        const std::array<Setting, 2> table = {wide, bad[i]};
        Schema schema;
        const auto added = schema.add(table);
        ASSERT_FALSE(added) << i;
        EXPECT_EQ(added.error(), errors::invalid_argument);
        EXPECT_EQ(added.error().detail(), 1);
        EXPECT_EQ(schema.find("w"), nullptr);
    }
}

TEST(Schema, refuses_a_twin_within_one_table_and_a_table_too_many) {
    const std::array<Setting, 2> twins = {level, level};
    Schema schema;
    EXPECT_EQ(schema.add(twins).error(), errors::invalid_argument);
    static constexpr Setting tables[] = {toggle, level, words, raw};
    for (std::size_t i = 0; i + 1 < Schema::max_tables; ++i) ASSERT_TRUE(schema.add({&tables[i], 1}));
    EXPECT_EQ(schema.add({&tables[3], 1}).error(), errors::full);
    EXPECT_EQ(schema.find("o"), nullptr);
}

}  // namespace
}  // namespace esb::settings
