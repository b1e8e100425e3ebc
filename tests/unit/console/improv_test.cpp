#include "esb/console/improv.hpp"

#include "esb/base/encoding.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using namespace esb;
using namespace std::string_literals;
using console::Improv;
using console::ImprovState;

std::string unhex(std::string_view text) {
    std::string compact;
    for (char c : text) {
        if (c != ' ') compact += c;
    }
    std::array<std::uint8_t, 512> bytes;
    return std::string(as_text(*hex_decode(compact, bytes)));
}

std::string frame(std::uint8_t type, const std::string& data) {
    std::string made = "IMPROV\x01";
    made += static_cast<char>(type);
    made += static_cast<char>(data.size());
    made += data;
    unsigned sum = 0;
    for (char c : made) sum += static_cast<unsigned char>(c);
    return made + static_cast<char>(sum & 0xFF) + "\n";
}
std::string text(const std::string& value) { return static_cast<char>(value.size()) + value; }
std::string command(char id, const std::string& payload = {}) { return frame(3, id + text(payload)); }
std::string credentials(const std::string& ssid, const std::string& passphrase) {
    return command(1, text(ssid) + text(passphrase));
}

// Frames as the device sends them.
std::string state(char value) { return "\n" + frame(1, {value}); }
std::string error(char value) { return "\n" + frame(2, {value}); }
std::string result(char id, const std::vector<std::string>& texts) {
    std::string payload;
    for (const auto& each : texts) payload += text(each);
    std::string data = id + text(payload);
    if (data.size() == 10) data += '\0';
    return "\n" + frame(4, data);
}

struct ImprovTest : ::testing::Test, console::ImprovDevice {
    Improv improv{*this};
    Instant now{};
    std::string to_console;
    std::vector<std::string> sent;
    std::vector<std::string> joins;
    bool online = false;
    int scans = 0;
    std::string url = "http://192.0.2.7/";
    std::string name = "ESP-C44F330A9C35";
    Status join_outcome, scan_outcome;

    void improv_send(ConstBytes bytes) override { sent.emplace_back(as_text(bytes)); }
    Status improv_join(std::string_view ssid, ConstBytes passphrase) override {
        joins.push_back(std::string(ssid) + "|" + std::string(as_text(passphrase)));
        return join_outcome;
    }
    bool improv_online() const override { return online; }
    std::string_view improv_url() const override { return url; }
    console::ImprovInfo improv_info() const override { return {"ESB", "1.2.3", "ESP32-C3", name}; }
    Status improv_scan() override {
        ++scans;
        return scan_outcome;
    }

    void feed(std::string_view bytes) {
        for (char c : bytes) to_console += as_text(improv.take(static_cast<std::uint8_t>(c), now));
    }
    std::vector<std::string> answers_to(const std::string& bytes) {
        sent.clear();
        feed(bytes);
        return sent;
    }
    using Frames = std::vector<std::string>;
};

TEST_F(ImprovTest, the_vector_of_the_specification) {
    const auto get_state = unhex("494D50524F56 01 03 02 02 00 E5 0A");
    EXPECT_EQ(get_state, command(2));
    EXPECT_EQ(answers_to(get_state), Frames{unhex("0A 494D50524F56 01 01 01 02 E2 0A")});
    online = true;
    EXPECT_EQ(answers_to(get_state), (Frames{state(4), result(2, {url})}));
    EXPECT_EQ(to_console, "");
}

TEST_F(ImprovTest, lines_pass_and_frames_do_not) {
    feed("help\r\n" + command(2) + "status\n" + command(2) + command(2) + "a");
    EXPECT_EQ(to_console, "help\r\nstatus\na");
    EXPECT_EQ(sent.size(), 3U);
}

TEST_F(ImprovTest, text_that_looks_like_a_frame_reaches_the_console) {
    for (const std::string& line : {"I\n"s, "IMPROVE\n"s, "IMPROV\n"s, "IIMPROIMPROV \n"s, "IMIMIMPROVI\x02\n"s,
                                    "IMPROV\x02\n"s, "say IMP\n"s, "\xFFIM\n"s}) {
        to_console.clear();
        feed(line);
        EXPECT_EQ(to_console, line);
    }
    feed("III" + command(2));
    EXPECT_TRUE(to_console.ends_with("III"));
    EXPECT_EQ(sent.size(), 1U);
}

TEST_F(ImprovTest, credentials_that_work) {
    EXPECT_EQ(improv.state(), ImprovState::ready);
    EXPECT_EQ(answers_to(credentials("home", "pass word")), (Frames{error(0), state(3)}));
    EXPECT_EQ(joins, Frames{"home|pass word"});
    EXPECT_EQ(improv.state(), ImprovState::provisioning);
    EXPECT_EQ(improv.deadline(), now + Improv::join_limit);
    EXPECT_EQ(answers_to(command(2)), Frames{state(3)});
    sent.clear();
    online = true;
    improv.joined();
    EXPECT_EQ(sent, (Frames{state(4), result(1, {url})}));
    EXPECT_EQ(improv.state(), ImprovState::provisioned);
    EXPECT_FALSE(improv.deadline());
    improv.joined();
    improv.join_failed();
    EXPECT_EQ(sent.size(), 2U);
}

TEST_F(ImprovTest, without_a_page_the_result_is_empty) {
    url.clear();
    feed(credentials("home", "password"));
    sent.clear();
    online = true;
    improv.joined();
    EXPECT_EQ(sent, (Frames{state(4), result(1, {})}));
}

TEST_F(ImprovTest, credentials_that_do_not_work) {
    feed(credentials("home", "wrong"));
    sent.clear();
    improv.join_failed();
    EXPECT_EQ(sent, (Frames{error(3), state(2)}));
    join_outcome = fail(errors::radio_failed);
    EXPECT_EQ(answers_to(credentials("home", "again")), (Frames{error(0), state(3), error(3), state(2)}));
}

TEST_F(ImprovTest, a_try_ends_before_the_browser_gives_up) {
    feed(credentials("home", "password"));
    sent.clear();
    improv.step(now + Improv::join_limit - 1ms);
    EXPECT_TRUE(sent.empty());
    improv.step(now + Improv::join_limit);
    EXPECT_EQ(sent, (Frames{error(3), state(2)}));
    improv.step(now + 2 * Improv::join_limit);
    EXPECT_EQ(sent.size(), 2U);
    EXPECT_LT(Improv::join_limit, 30s);
}

TEST_F(ImprovTest, newer_credentials_replace_a_try) {
    feed(credentials("a", ""));
    now += 20s;
    EXPECT_EQ(answers_to(credentials("b", "")), (Frames{error(0), state(3)}));
    EXPECT_EQ(joins, (Frames{"a|", "b|"}));
    EXPECT_EQ(improv.deadline(), now + Improv::join_limit);
}

TEST_F(ImprovTest, names_and_passphrases_are_any_bytes) {
    std::string ssid;
    for (int i = 0; i < 32; ++i) ssid += static_cast<char>(i);  // NUL, LF and all
    feed(credentials(ssid, std::string(64, '\n')));
    EXPECT_EQ(joins, Frames{ssid + "|" + std::string(64, '\n')});
    EXPECT_EQ(to_console, "");
}

TEST_F(ImprovTest, malformed_commands_are_invalid_and_change_nothing) {
    const auto invalid = Frames{error(1)};
    EXPECT_EQ(answers_to(credentials("", "password")), invalid);
    EXPECT_EQ(answers_to(credentials(std::string(33, 'a'), "password")), invalid);
    EXPECT_EQ(answers_to(credentials("a", std::string(65, 'a'))), invalid);
    EXPECT_EQ(answers_to(command(1, "")), invalid);
    EXPECT_EQ(answers_to(command(1,
                                 "\x05"
                                 "abc")),
              invalid);
    EXPECT_EQ(answers_to(command(1, text("a"))), invalid);
    EXPECT_EQ(answers_to(command(1, text("a") + text("b") + "c")), invalid);
    EXPECT_EQ(answers_to(frame(3, "")), invalid);
    EXPECT_EQ(answers_to(frame(3, "\x02")), invalid);
    EXPECT_EQ(answers_to(frame(3, "\x02\x01")), invalid);
    EXPECT_EQ(answers_to(frame(3, "\x02\x00\x00"s)), invalid);
    auto damaged = command(2);
    ++damaged[11];
    EXPECT_EQ(answers_to(damaged), invalid);
    EXPECT_TRUE(joins.empty());
    EXPECT_EQ(improv.state(), ImprovState::ready);
    EXPECT_EQ(to_console, "");
}

TEST_F(ImprovTest, unknown_commands) {
    for (char id : {'\x00', '\x07', '\x7F', '\xFF'}) EXPECT_EQ(answers_to(command(id)), Frames{error(2)});
}

TEST_F(ImprovTest, frames_that_are_no_commands_are_not_answered) {
    for (const std::uint8_t type : std::to_array<std::uint8_t>({0, 1, 2, 4, 255}))
        EXPECT_TRUE(answers_to(frame(type, "\x02")).empty());
    EXPECT_EQ(to_console, "");
}

TEST_F(ImprovTest, device_info_and_names) {
    EXPECT_EQ(answers_to(command(3)), Frames{result(3, {"ESB", "1.2.3", "ESP32-C3", name})});
    EXPECT_EQ(answers_to(command(5)), Frames{result(5, {name})});
    EXPECT_EQ(answers_to(command(6)), Frames{result(6, {name})});
    EXPECT_EQ(answers_to(command(5, "other")), Frames{error(5)});
    EXPECT_EQ(answers_to(command(6, "other")), Frames{error(5)});
    name.assign(300, 'x');
    EXPECT_EQ(answers_to(command(3)), Frames{error('\xFF')});
}

chip::ScanEntry network(std::string_view ssid, std::int8_t rssi, chip::Auth auth) {
    return {*chip::Ssid::from(ssid), {}, rssi, 1, auth};
}

TEST_F(ImprovTest, networks_one_by_one_then_an_empty_result) {
    EXPECT_TRUE(answers_to(command(4)).empty());
    EXPECT_EQ(scans, 1);
    const std::vector<chip::ScanEntry> found = {
        network("home", -40, chip::Auth::wpa2), network("", -45, chip::Auth::wpa2),
        network("caf\xC3\xA9", -50, chip::Auth::open), network("home", -60, chip::Auth::wpa2),
        network("home2", -100, chip::Auth::wpa3)};
    improv.scanned(found);
    EXPECT_EQ(sent, (Frames{result(4, {"home", "-40", "YES"}), result(4, {"caf\xC3\xA9", "-50", "NO"}),
                            result(4, {"home2", "-100", "YES"}), result(4, {})}));
    improv.scanned(found);
    EXPECT_EQ(sent.size(), 4U);
    scan_outcome = fail(errors::radio_failed);
    EXPECT_EQ(answers_to(command(4)), Frames{error('\xFF')});
    improv.scanned(found);
    EXPECT_EQ(sent.size(), 1U);
}

TEST_F(ImprovTest, no_frame_has_a_length_of_ten) {
    for (std::size_t size = 1; size < 20; ++size) {
        name.assign(size, 'n');
        const auto answer = answers_to(command(5)).at(0);
        EXPECT_EQ(answer, result(5, {name}));
        EXPECT_NE(answer[9], '\n') << size;
        EXPECT_EQ(static_cast<std::size_t>(answer[9]), 3 + size + (size == 7 ? 1 : 0));
        EXPECT_EQ(static_cast<std::size_t>(answer[11]), 1 + size);
    }
}

TEST_F(ImprovTest, a_frame_that_stands_still_gives_the_console_back) {
    const auto whole = command(2);
    for (std::size_t size = 7; size < whole.size() - 1; ++size) {
        to_console.clear();
        sent.clear();
        feed(whole.substr(0, size));
        now += Improv::frame_limit;
        feed("help\n" + whole);
        EXPECT_EQ(to_console, "help\n") << size;
        EXPECT_EQ(sent.size(), 1U);
    }
}

TEST_F(ImprovTest, a_slow_frame_is_still_a_frame) {
    for (char c : command(2)) {
        feed({&c, 1});
        now += Improv::frame_limit - 1ms;
    }
    EXPECT_EQ(sent.size(), 1U);
}

TEST_F(ImprovTest, the_line_feed_behind_a_frame_belongs_to_it) {
    auto bare = command(2);
    bare.pop_back();
    feed(bare + "x" + bare + "\n\n" + bare + command(2));
    EXPECT_EQ(to_console, "x\n");
    EXPECT_EQ(sent.size(), 4U);
}

}  // namespace
