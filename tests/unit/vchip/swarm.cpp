// Many chips on one thread, with firmware that does next to nothing.
#include "host/vchip/swarm.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

using namespace esb;
using namespace esb::vchip;

namespace {

// Says how it was reset, and what is typed; "restart" restarts.
class Parrot final : public SwarmFirmware {
public:
    explicit Parrot(chip::Chip& chip) : chip_(chip) { say(std::string(chip::name(chip.system.reset_reason()))); }

    bool turn() override {
        ++turns;
        static_cast<void>(chip_.sockets.wait({}, std::chrono::hours(1)));
        std::uint8_t bytes[64];
        const auto size = chip_.uart.read(bytes);
        if (size == 0) return true;
        const std::string typed(bytes, bytes + size);
        say("heard " + typed.substr(0, typed.find('\n')));
        return typed != "restart\n";
    }
    bool online() const override { return true; }

    static inline int turns = 0;

private:
    void say(const std::string& text) { chip_.uart.write(as_bytes(text + "\n")); }
    chip::Chip& chip_;
};

std::unique_ptr<SwarmFirmware> parrot(chip::Chip& chip) { return std::make_unique<Parrot>(chip); }
std::unique_ptr<SwarmFirmware> nothing(chip::Chip&) { return nullptr; }

struct SwarmOfThree : testing::Test {
    std::map<std::size_t, std::vector<std::string>> said;
    Swarm swarm{3, parrot, {[this](std::size_t chip, std::string_view line) { said[chip].emplace_back(line); }, [] {}}};

    void SetUp() override {
        ASSERT_TRUE(swarm.power_on_more(2));
        EXPECT_EQ(said.size(), 2U);
        EXPECT_FALSE(*swarm.power_on_more(2));
        EXPECT_EQ(said.size(), 3U);
    }
    void expect_last(const std::string& line) {
        for (const auto& [chip, lines] : said) EXPECT_EQ(lines.back(), line) << chip;
    }
};

TEST_F(SwarmOfThree, what_is_typed_reaches_each_of_them) {
    expect_last("power-on");
    EXPECT_EQ(swarm.online(), 3U);
    swarm.type("hello\n");
    ASSERT_TRUE(swarm.turn(Duration(0)));
    expect_last("heard hello");
}

TEST_F(SwarmOfThree, nobody_has_a_turn_while_nothing_happens) {
    ASSERT_TRUE(swarm.turn(Duration(0)));
    const int before = Parrot::turns;
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(swarm.turn(Duration(0)));
    EXPECT_EQ(Parrot::turns, before);
}

TEST_F(SwarmOfThree, a_restart_and_a_loss_of_power_are_told_apart) {
    swarm.type("restart\n");
    ASSERT_TRUE(swarm.turn(Duration(0)));
    expect_last("software");
    ASSERT_TRUE(swarm.cycle_power(1000, 1));
    expect_last("power-on");
    ASSERT_TRUE(swarm.cycle_power(0, 1));
    for (const auto& [chip, lines] : said) EXPECT_EQ(lines.size(), 4U) << chip;
}

TEST(Swarm, firmware_that_cannot_be_one_of_many_says_so) {
    Swarm swarm(1, nothing, {[](std::size_t, std::string_view) {}, [] {}});
    EXPECT_EQ(swarm.power_on_more(1).error(), errors::swarm_firmware);
}

}  // namespace
