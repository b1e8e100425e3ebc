// Reading and writing properties, and the table of reason codes.
#include "esb/mqtt/properties.hpp"

#include <gtest/gtest.h>

#include "esb/mqtt/property_scan.hpp"
#include "esb/mqtt/reasons.hpp"
#include "support/mqtt_wire5.hpp"

namespace esb::mqtt {
namespace {

namespace wire = esb::test::wire;
namespace wire5 = esb::test::wire5;

TEST(MqttProperties, what_is_written_is_read) {
    std::array<std::uint8_t, 100> memory{};
    PropertyWriter writer(memory);
    writer.number(Property::message_expiry, 0x01020304).number(Property::receive_maximum, 0x0506);
    writer.number(Property::payload_format, 1).text(Property::content_type, "text").user("name", "value");
    writer.data(Property::correlation_data, {});
    EXPECT_FALSE(writer.overflowed());
    const Properties read(writer.written());
    EXPECT_EQ(read.number(Property::message_expiry), 0x01020304U);
    EXPECT_EQ(read.number(Property::receive_maximum), 0x0506U);
    EXPECT_EQ(read.number(Property::payload_format), 1U);
    EXPECT_EQ(read.content_type(), "text");
    EXPECT_EQ(read.user(0)->name, "name");
    EXPECT_TRUE(read.correlation_data().empty());
    EXPECT_FALSE(read.empty());
    EXPECT_EQ(read.bytes().size(), writer.written().size());
    EXPECT_TRUE(Properties().empty());
}

TEST(MqttProperties, what_does_not_fit_is_left_out_and_so_is_all_after_it) {
    for (std::size_t size = 0; size < 12; ++size) {
        std::array<std::uint8_t, 12> memory{};
        PropertyWriter writer(MutBytes(memory).first(size));
        writer.user("ab", "cdef");  // 11 bytes
        EXPECT_EQ(writer.overflowed(), size < 11);
        EXPECT_EQ(writer.written().size(), size < 11 ? 0U : 11U);
        writer.number(Property::payload_format, 1);
        EXPECT_TRUE(writer.overflowed());
    }
    std::vector<std::uint8_t> large(70'000);
    const std::string text(65'536, 'x');
    EXPECT_TRUE(PropertyWriter(large).text(Property::content_type, text).overflowed());
    EXPECT_TRUE(PropertyWriter(large).user(text, "").overflowed());
    EXPECT_TRUE(PropertyWriter(large).user("", text).written().empty());
}

TEST(MqttProperties, bytes_that_make_no_sense_are_read_as_far_as_they_do) {
    for (const auto* bytes :
         {"02 0000", "03 0005 61", "0b ff ff ff ff ff", "0b 80", "00", "ff ff", "26 0001 61 0002 62"}) {
        const auto nonsense = wire5::flag(1, 1) + wire::hex(bytes);
        const Properties properties(nonsense);
        EXPECT_EQ(properties.number(Property::payload_format), 1U);
        EXPECT_FALSE(properties.number(Property::message_expiry));
        EXPECT_FALSE(properties.number(Property::subscription_id));
        EXPECT_TRUE(properties.content_type().empty());
        EXPECT_FALSE(properties.user(0));
    }
}

TEST(MqttProperties, numbers_of_a_scan_are_those_of_the_last_block) {
    PropertyScan scan;
    const auto first = wire5::two(0x21, 7);
    scan.begin_block(PropertyPlace::connack, first.size());
    ConstBytes bytes(first);
    EXPECT_EQ(scan.take(bytes, {}), PropertyScan::Outcome::done);
    EXPECT_EQ(scan.number(Property::receive_maximum, 1), 7U);
    EXPECT_EQ(scan.number(Property::maximum_packet_size, 1), 1U);
    scan.begin_block(PropertyPlace::connack, 0);
    EXPECT_EQ(scan.number(Property::receive_maximum, 1), 1U);
    EXPECT_EQ(type_of(static_cast<Property>(0x2B)), PropertyType::none);
}

// Table 2-6 by hand: which packets of a server have the code.
TEST(MqttReasons, codes_stand_in_their_packets_and_have_names) {
    const std::pair<PacketType, const char*> table[] = {
        {PacketType::connack, "00 80 81 82 83 84 85 86 87 88 89 8a 8c 90 95 97 99 9a 9b 9c 9d 9f"},
        {PacketType::puback, "00 10 80 83 87 90 91 97 99"},
        {PacketType::pubrec, "00 10 80 83 87 90 91 97 99"},
        {PacketType::pubrel, "00 92"},
        {PacketType::pubcomp, "00 92"},
        {PacketType::suback, "00 01 02 80 83 87 8f 91 97 9e a1 a2"},
        {PacketType::unsuback, "00 11 80 83 87 8f 91"},
        {PacketType::disconnect,
         "00 80 81 82 83 87 89 8b 8c 8d 8e 8f 90 93 94 95 96 97 98 99 9a 9b 9c 9d 9e 9f a0 a1 a2"},
    };
    std::set<std::string_view> names;
    for (const auto& [type, text] : table) {
        const auto codes = wire::hex(text);
        for (unsigned code = 0; code < 256; ++code) {
            const bool expected = std::find(codes.begin(), codes.end(), code) != codes.end();
            EXPECT_EQ(is_reason(type, static_cast<std::uint8_t>(code)), expected)
                << static_cast<int>(type) << " " << code;
            if (expected && code >= 0x80) names.insert(error_of(static_cast<std::uint8_t>(code)).name);
        }
    }
    EXPECT_EQ(names.size(), 35U) << "each its own";
    EXPECT_EQ(&error_of(0xA3), &errors::mqtt_refused_unknown);
    EXPECT_EQ(&error_of(0x8E), &errors::mqtt_reason_taken_over);
}

TEST(MqttReasons, each_error_has_a_name_of_its_own) {
    std::set<std::string_view> names;
    for (const auto* kind : all_errors) EXPECT_TRUE(names.insert(kind->name).second) << kind->name;
}

}  // namespace
}  // namespace esb::mqtt
