// Text of others on the device's console: every command, for people and for programs, with hostile network names, values
// and words. What leaves the serial port draws nothing, turns nothing around, hides nothing.
#include "esb/base/encoding.hpp"
#include "esb/base/json.hpp"
#include "support/device_rig.hpp"
#include "support/hostile_texts.hpp"

#include <gtest/gtest.h>

#include <array>
#include <iostream>
#include <string>
#include <vector>

namespace esb {
namespace {

// A word of a command line that means these bytes.
std::string typed(const std::string& text) {
    std::string word = "\"";
    for (const char c : text) {
        std::array<char, 2> digits;
        const auto byte = static_cast<std::uint8_t>(c);
        word += "\\x" + std::string(*hex_encode({&byte, 1}, digits));
    }
    return word + "\"";
}

class ForeignText : public testing::Test {
protected:
    std::string ask(const std::string& lines, Duration time = Duration(200)) { return rig.type(lines + "\n", time); }
    // Names and least arguments of all commands.
    std::vector<std::pair<std::string, std::int64_t>> commands() {
        const auto help = ask("help --json", 1s);
        std::vector<std::pair<std::string, std::int64_t>> all;
        const auto begin = help.find('{');
        const auto line = help.substr(begin, help.find("\r\n", begin) - begin);
        const auto document = JsonDocument::parse(as_bytes(line), {.max_size = 16384});
        if (!document) return all;
        for (auto one = document->root()["commands"].first(); one.is_present(); one = one.next()) {
            all.emplace_back(*one["name"].text(), *one["most"].integer(0, 99));
        }
        return all;
    }

    vchip::MemoryStore store{vchip::default_flash_size};
    vchip::Flash flash{store};
    test::DeviceRig rig{flash};
    std::size_t checked = 0;
};

TEST_F(ForeignText, every_command_with_every_text) {
    rig.boot(10ms);
    const auto all = commands();
    ASSERT_GE(all.size(), 30U);
    for (const auto& text : test::hostile_texts()) {
        std::string lines;
        for (const auto& [name, most] : all) {
            if (name == "restart" || name == "factory-reset" || name == "lock") continue;  // the run would be over
            for (std::int64_t count = 0; count <= std::min<std::int64_t>(most, 2); ++count) {
                std::string line = name;
                for (std::int64_t i = 0; i < count; ++i) line += ' ' + typed(text);
                for (const auto* json : {"", " --json"}) {
                    lines += line + json + '\n';
                    ++checked;
                }
            }
        }
        for (const auto* first :
             {"", "config set ", "config get ", "config set wifi.1.ssid ", "config set mqtt.0.host ",
              "config set log.level ", "config set wifi.ip ", "mqtt server ", "mqtt ident ", "debug show ", "help "}) {
            for (const auto* json : {"", " --json"}) {
                lines += first + typed(text) + " " + typed(text) + json + '\n' + first + typed(text) + json + '\n';
                checked += 2;
            }
        }
        const auto said = ask(lines, 20s);
        EXPECT_EQ(test::unsafe_in(said), "") << said;
        EXPECT_NE(said.find("error: "), std::string::npos);
    }
    std::cout << all.size() << " commands, " << test::hostile_texts().size() << " texts, " << checked
              << " lines typed\n";
}

TEST_F(ForeignText, network_names_in_the_air_and_in_the_settings) {
    rig.boot(10ms);
    for (const auto& text : test::hostile_texts()) {
        if (text.size() > 32) continue;
        rig.chip.radio.add_network(text, "swordfish77");
        const auto said = ask("log\nconfig set log.level debug\nwifi connect " + typed(text) + " swordfish77", 3s) +
                          ask("wifi info\nwifi networks\nwifi info --json\nwifi networks --json\nwifi scan", 3s) +
                          ask("wifi scan --json\nconfig list wifi.\nconfig list --json\nconfig get wifi.0.ssid", 3s) +
                          ask("wifi connect " + typed(text) + " another-one\n", 5s);
        EXPECT_EQ(test::unsafe_in(said), "") << said;
        EXPECT_NE(said.find("wifi: joined \""), std::string::npos) << said;
        ++checked;
    }
    EXPECT_GE(checked, 14U);
}

}  // namespace
}  // namespace esb
