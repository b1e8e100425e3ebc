#include "esb/console/variables.hpp"

#include "esb/console/output.hpp"

#include "support/memory_uart.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace esb::console {
namespace {

class VariablesTest : public ::testing::Test {
protected:
    template <typename T>
    std::string shown(const T& variable, bool json) {
        Variables variables;
        EXPECT_TRUE(variables.add("v", variable));
        report.begin(json);
        variables.show(0, "v", report);
        report.end({});
        const auto sent = uart.sent();
        return sent.substr(0, sent.size() - 2);
    }
    template <typename T>
    void expect(const T& variable, const std::string& text, const std::string& json) {
        EXPECT_EQ(shown(variable, false), text);
        EXPECT_EQ(shown(variable, true), "{\"v\":" + json + ",\"ok\":true}");
    }
    template <typename T>
    void expect_number(T value, const std::string& text) {
        expect(value, text, text);
    }

    test::MemoryUart uart;
    Output output{uart};
    Report report{output};
};

TEST_F(VariablesTest, integers_of_8_to_64_bits) {
    expect_number(std::numeric_limits<std::int8_t>::min(), "-128");
    expect_number(std::numeric_limits<std::uint8_t>::max(), "255");
    expect_number(std::numeric_limits<std::int16_t>::min(), "-32768");
    expect_number(std::numeric_limits<std::uint16_t>::max(), "65535");
    expect_number(std::numeric_limits<std::int32_t>::min(), "-2147483648");
    expect_number(std::numeric_limits<std::uint32_t>::max(), "4294967295");
    expect_number(std::numeric_limits<std::int64_t>::min(), "-9223372036854775808");
    expect_number(std::numeric_limits<std::uint64_t>::max(), "18446744073709551615");
    expect_number('A', "65");
}

TEST_F(VariablesTest, booleans_and_fractions) {
    expect(true, "yes", "true");
    expect(false, "no", "false");
    expect_number(21.5F, "21.5");
    expect_number(0.1F, "0.100000001");
    expect_number(-1e300, "-1.0000000000000001e+300");
    expect(std::numeric_limits<double>::infinity(), "inf", "null");
    expect(std::nanf(""), "nan", "null");
}

TEST_F(VariablesTest, texts) {
    const char zero_ended[8] = "pump";
    const char full[4] = {'f', 'u', 'l', 'l'};
    const char* pointer = "pointed at";
    const std::string_view view = "view";
    const auto fixed = *FixedString<8>::from("fixed");
    expect(zero_ended, "pump", "\"pump\"");
    expect(full, "full", "\"full\"");
    expect(pointer, "pointed at", "\"pointed at\"");
    expect(std::string("a \"b\""), "a \"b\"", "\"a \\\"b\\\"\"");
    expect(view, "view", "\"view\"");
    expect(fixed, "fixed", "\"fixed\"");
}

TEST_F(VariablesTest, the_value_is_that_of_the_moment_also_when_it_is_shared_with_an_interrupt) {
    int number = 1;
    volatile unsigned shared = 2;
    std::atomic<int> atomic = 3;
    Variables variables;
    ASSERT_TRUE(variables.add("number", number));
    ASSERT_TRUE(variables.add("shared", shared));
    ASSERT_TRUE(variables.add("atomic", atomic));
    number = 10;
    shared = 20;
    atomic = 30;
    report.begin(true);
    for (std::size_t i = 0; i < variables.size(); ++i) variables.show(i, variables.name(i), report);
    report.end({});
    EXPECT_EQ(uart.sent(), "{\"number\":10,\"shared\":20,\"atomic\":30,\"ok\":true}\r\n");
}

TEST_F(VariablesTest, names_are_distinct_and_the_room_is_bounded) {
    const int value = 1;
    std::vector<std::string> names;
    for (std::size_t i = 0; i <= Variables::max_variables; ++i) names.push_back("v" + std::to_string(i));
    Variables variables;
    EXPECT_EQ(variables.add("", value).error(), errors::invalid_argument);
    for (std::size_t i = 0; i < Variables::max_variables; ++i) ASSERT_TRUE(variables.add(names[i], value));
    EXPECT_EQ(variables.add("v0", value).error(), errors::invalid_argument);
    EXPECT_EQ(variables.add(names.back(), value).error(), errors::full);
    EXPECT_EQ(variables.find("v1"), 1U);
    EXPECT_FALSE(variables.find("w"));
}

}  // namespace
}  // namespace esb::console
