// The pins of a virtual chip, and who plays the world at them.
#include "host/vchip/pin_link.hpp"

#include <gtest/gtest.h>

#include <array>
#include <future>
#include <string>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

using namespace esb;
using namespace esb::vchip;

namespace {

struct Bell final : chip::Wake {
    void wake() override { ++rung; }
    int rung = 0;
};

// The other end: says what it is told to, and reads lines.
class World {
public:
    World() {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        EXPECT_EQ(bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
        EXPECT_EQ(listen(listener_, 1), 0);
    }
    ~World() {
        close(chip_);
        close(listener_);
        unlink(path.c_str());
    }
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    void accept_and_say(const std::string& text) {
        chip_ = accept(listener_, nullptr, nullptr);
        say(text);
    }
    void say(const std::string& text) {
        EXPECT_EQ(send(chip_, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
    }
    std::string line() {
        std::string text;
        for (char c = 0; read(chip_, &c, 1) == 1 && c != '\n';) text += c;
        return text;
    }

    const std::string path = testing::TempDir() + "pins" + std::to_string(getpid());

private:
    int listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int chip_ = -1;
};

struct WithWorld : testing::Test {
    // Connects while the world says what is there at the start.
    void begin(const std::string& start) {
        auto said = std::async(std::launch::async, [&] { world.accept_and_say(start + "ready\n"); });
        pins.link.connect(bell, world.path);
        said.get();
        EXPECT_EQ(world.line(), "reset");
    }

    World world;
    Bell bell;
    LinkedPins pins;
};

}  // namespace

TEST(PinLine, is_a_word_a_number_and_a_value) {
    EXPECT_EQ(parse_pin_line("pin 4 1")->number, 4);
    EXPECT_EQ(parse_pin_line("adc 15 1024")->value, 1024);
    EXPECT_EQ(parse_pin_line("i2c beef")->bytes, (std::vector<std::uint8_t>{0xBE, 0xEF}));
    EXPECT_TRUE(parse_pin_line("i2c ")->bytes.empty());
    EXPECT_EQ(parse_pin_line("i2c -")->what, PinLine::What::i2c_nobody);
    for (const char* bad : {"", "pin", "pin 4", "pin 64 1", "pin 4 2", "pin 4 1 ", "adc 16 0", "adc 0 1025", "i2c b",
                            "i2c zz", "pwm 1 1", "ready "}) {
        EXPECT_EQ(parse_pin_line(bad).error(), errors::pin_line) << bad;
    }
    EXPECT_FALSE(parse_pin_line("i2c " + std::string(2 * i2c_bytes_max + 2, '0')));
}

TEST_F(WithWorld, inputs_are_what_it_says_from_the_first_moment_on) {
    begin("pin 4 1\nadc 0 512\n");
    ASSERT_TRUE(pins.gpio.input(4, chip::Pull::none));
    EXPECT_EQ(pins.gpio.read(4), true);
    EXPECT_EQ(pins.adc.read(0), 0.5F);
    world.say("pin 4 0\nnonsense\nadc 0 1024\n");
    EXPECT_EQ(pins.gpio.read(4), false);
    EXPECT_EQ(pins.adc.read(0), 1.0F);
    world.say("pin 4 1\n");
    pins.link.poll();
    EXPECT_EQ(bell.rung, 1);
}

TEST_F(WithWorld, it_hears_what_is_driven) {
    begin("");
    ASSERT_TRUE(pins.gpio.output(5, true));
    ASSERT_TRUE(pins.gpio.set(5, false));
    ASSERT_TRUE(pins.pwm.open(6, 25'000));
    ASSERT_TRUE(pins.pwm.set(6, 0.25F));
    for (const char* said : {"pin 5 1", "pin 5 0", "pwm 6 0", "pwm 6 256"}) EXPECT_EQ(world.line(), said);
    EXPECT_EQ(pins.gpio.read(5), false);
}

TEST_F(WithWorld, the_bus_waits_for_its_answer) {
    begin("");
    std::array<std::uint8_t, 3> got{};
    EXPECT_EQ(pins.i2c.read(0x44, got).error(), errors::pin_failed) << "not open";
    ASSERT_TRUE(pins.i2c.open(8, 9, 100'000));
    const auto answer = [this](const std::string& line) {
        return std::async(std::launch::async, [this, line] {
            const auto asked = world.line();
            world.say(line);
            return asked;
        });
    };
    auto asked = answer("i2c 0102\n");
    ASSERT_TRUE(pins.i2c.write_read(0x44, std::array<std::uint8_t, 1>{0xFD}, got));
    EXPECT_EQ(asked.get(), "i2c 68 fd 3");
    EXPECT_EQ(got, (std::array<std::uint8_t, 3>{1, 2, 0xFF})) << "what nobody says is high";
    asked = answer("i2c -\n");
    EXPECT_EQ(pins.i2c.read(0x45, got).error(), errors::i2c_no_answer);
    EXPECT_EQ(asked.get(), "i2c 69 - 3");
}

TEST_F(WithWorld, a_world_that_goes_away_or_talks_without_end_is_hung_up_on) {
    begin("");
    world.say(std::string(pin_line_max + 1, 'x'));
    pins.link.poll();
    EXPECT_EQ(pins.link.fd(), -1);
    EXPECT_TRUE(pins.gpio.output(5, true)) << "nobody sees it";
}

TEST(Pins, refuse_what_no_board_can_do) {
    LinkedPins pins;
    EXPECT_EQ(pins.gpio.output(64, true).error(), errors::pin_invalid);
    EXPECT_EQ(pins.gpio.set(3, true).error(), errors::pin_invalid) << "no output";
    EXPECT_EQ(pins.gpio.read(3).error(), errors::pin_invalid);
    EXPECT_EQ(pins.gpio.input(-1, chip::Pull::up).error(), errors::pin_invalid);
    EXPECT_EQ(pins.adc.read(16).error(), errors::pin_invalid);
    EXPECT_EQ(pins.i2c.open(4, 4, 100'000).error(), errors::pin_invalid);
    EXPECT_EQ(pins.i2c.open(4, 5, 1'000'001).error(), errors::invalid_argument);
    EXPECT_EQ(pins.pwm.set(4, 0.5F).error(), errors::pin_invalid) << "not opened";
    ASSERT_TRUE(pins.pwm.open(4, 1'000));
    EXPECT_EQ(pins.pwm.open(5, 2'000).error(), errors::out_of_range) << "one frequency";
    EXPECT_EQ(pins.pwm.set(4, 1.5F).error(), errors::out_of_range);
    for (int pin = 5; pin < 4 + chip::pwm_pins_max; ++pin) ASSERT_TRUE(pins.pwm.open(pin, 1'000));
    EXPECT_EQ(pins.pwm.open(20, 1'000).error(), errors::full);
}

TEST(Pins, without_a_world_are_low_and_alone) {
    ASSERT_TRUE(esb::gpio().input(4));
    EXPECT_EQ(esb::gpio().read(4), false);
    EXPECT_EQ(esb::adc().read(0), 0.0F);
    ASSERT_TRUE(esb::i2c().open(8, 9, 100'000));
    EXPECT_EQ(esb::i2c().write(0x44, std::array<std::uint8_t, 1>{0xFD}).error(), errors::i2c_no_answer);
    EXPECT_EQ(esb::i2c().write(0x44, {}).error(), errors::invalid_argument);
    EXPECT_EQ(esb::i2c().read(0x44, {}).error(), errors::invalid_argument);
}
