#include "esb/net/captive_dns.hpp"
#include "support/net_rig.hpp"

#include <gtest/gtest.h>

#include <string>

namespace {

using namespace esb;
using namespace std::string_literals;

constexpr auto portal = chip::IpAddress::v4(4, 3, 2, 1);
const std::string opt = "\x00\x00\x29\x10\x00\x00\x00\x00\x00\x00\x00"s;

struct Made {
    std::string name =
        "\x03www\x05"
        "apple\x03"
        "com\x00"s;
    std::uint16_t type = 1, type_class = 1, flags = 0x0100;
    std::uint16_t counts[4] = {1, 0, 0, 0};
    std::string tail;
};

std::string be16(std::uint16_t value) { return {static_cast<char>(value >> 8), static_cast<char>(value & 0xFF)}; }

std::string query(const Made& made) {
    std::string packet = "\xAB\xCD" + be16(made.flags);
    for (auto count : made.counts) packet += be16(count);
    return packet + made.name + be16(made.type) + be16(made.type_class) + made.tail;
}
std::string question(const Made& made) { return made.name + be16(made.type) + be16(made.type_class); }

// The answer, or the error's name.
std::string answer(const std::string& packet) {
    std::array<std::uint8_t, net::dns_answer_max> out;
    const auto made = net::answer_dns(as_bytes(packet), portal, out);
    if (!made) return std::string(made.error().name());
    EXPECT_LE(made->size(), packet.size() + 16);
    return std::string(as_text(*made));
}

const std::string address = "\xC0\x0C\x00\x01\x00\x01\x00\x00\x00\x00\x00\x04\x04\x03\x02\x01"s;

TEST(CaptiveDns, every_name_is_the_access_point) {
    for (const auto& name : {"\x03www\x05"
                             "apple\x03"
                             "com\x00"s,
                             "\x01x\x00"s, "\x00"s,
                             "\x05"
                             "a\xC3\xA4\"<\x00"s}) {
        const Made made{.name = name, .tail = ""};
        EXPECT_EQ(answer(query(made)), "\xAB\xCD\x85\x80\x00\x01\x00\x01\x00\x00\x00\x00"s + question(made) + address);
    }
}

TEST(CaptiveDns, other_types_and_classes_are_empty_successes) {
    for (const std::uint16_t type : std::to_array<std::uint16_t>({28, 65, 64, 16, 15, 12, 5, 2, 255, 0, 65535})) {
        const Made made{.type = type, .tail = ""};
        EXPECT_EQ(answer(query(made)), "\xAB\xCD\x85\x80\x00\x01\x00\x00\x00\x00\x00\x00"s + question(made)) << type;
    }
    const Made chaos{.type_class = 3, .tail = ""};
    EXPECT_EQ(answer(query(chaos)), "\xAB\xCD\x85\x80\x00\x01\x00\x00\x00\x00\x00\x00"s + question(chaos));
}

TEST(CaptiveDns, recursion_desired_is_repeated) {
    EXPECT_EQ(answer(query({.flags = 0, .tail = ""})).substr(2, 2), "\x84\x80");
    EXPECT_EQ(answer(query({.flags = 0x0130, .tail = ""})).substr(2, 2), "\x85\x80");  // AD, CD: not ours
}

TEST(CaptiveDns, edns_is_answered_with_edns) {
    const std::string ours = "\x00\x00\x29\x02\x00\x00\x00\x00\x00\x00\x00"s;
    Made made{.counts = {1, 0, 0, 1}, .tail = opt};
    EXPECT_EQ(answer(query(made)),
              "\xAB\xCD\x85\x80\x00\x01\x00\x01\x00\x00\x00\x01"s + question(made) + address + ours);
    made.type = 28;
    made.tail = "\x00\x00\x29\x10\x00\x00\x00\x80\x00\x00\x06\x00\x0C\x00\x02\x00\x00"s;  // DO and padding
    EXPECT_EQ(answer(query(made)), "\xAB\xCD\x85\x80\x00\x01\x00\x00\x00\x00\x00\x01"s + question(made) + ours);
    made.tail[6] = 1;  // a version nobody knows
    EXPECT_EQ(answer(query(made)), "\xAB\xCD\x85\x80\x00\x01\x00\x00\x00\x00\x00\x01"s + question(made) +
                                       "\x00\x00\x29\x02\x00\x01\x00\x00\x00\x00\x00"s);
}

TEST(CaptiveDns, what_is_malformed_gets_an_error_without_question) {
    const std::string format_error = "\xAB\xCD\x85\x81\x00\x00\x00\x00\x00\x00\x00\x00"s;
    const std::string long_name = [] {
        std::string name;
        for (int i = 0; i < 4; ++i) name += "\x3F" + std::string(63, 'a');
        return name + "\x00"s;
    }();
    const std::vector<std::pair<const char*, std::string>> cases = {
        {"no question", query({.counts = {0, 0, 0, 0}, .tail = ""})},
        {"two questions", query({.counts = {2, 0, 0, 0}, .tail = "\x00\x00\x01\x00\x01"s})},
        {"an answer in it", query({.counts = {1, 1, 0, 0}, .tail = address})},
        {"an authority in it", query({.counts = {1, 0, 1, 0}, .tail = address})},
        {"a pointer to itself", query({.name = "\xC0\x0C"s, .tail = ""})},
        {"a pointer behind a label", query({.name = "\x01x\xC0\x0C"s, .tail = ""})},
        {"a label of 64 bytes", query({.name = "\x40" + std::string(64, 'a') + "\x00"s, .tail = ""})},
        {"a name of 257 bytes", query({.name = long_name, .tail = ""})},
        {"an additional that is missing", query({.counts = {1, 0, 0, 1}, .tail = ""})},
        {"an OPT that is cut off", query({.counts = {1, 0, 0, 1}, .tail = opt.substr(0, 9)})},
        {"an OPT that promises more", query({.counts = {1, 0, 0, 1}, .tail = opt.substr(0, 10) + "\x05"})},
        {"two OPTs", query({.counts = {1, 0, 0, 2}, .tail = opt + opt})},
        {"an OPT with a name", query({.counts = {1, 0, 0, 1}, .tail = "\x01x" + opt})},
        {"65535 additionals", query({.counts = {1, 0, 0, 65535}, .tail = ""})},
    };
    for (const auto& [what, packet] : cases) EXPECT_EQ(answer(packet), format_error) << what;
    const auto whole = query({.tail = ""});
    for (std::size_t size = 12; size < whole.size(); ++size) EXPECT_EQ(answer(whole.substr(0, size)), format_error);
    EXPECT_EQ(answer(query({.flags = 0x2900, .tail = ""})), "\xAB\xCD\xAD\x84\x00\x00\x00\x00\x00\x00\x00\x00"s);
}

TEST(CaptiveDns, what_must_not_be_answered_is_not) {
    EXPECT_EQ(answer(query({.flags = 0x8180, .tail = ""})), "dns.bad_query");
    const auto whole = query({.tail = ""});
    for (std::size_t size = 0; size < 12; ++size) EXPECT_EQ(answer(whole.substr(0, size)), "dns.bad_query");
}

TEST(CaptiveDns, the_longest_answer_fits) {
    std::string name;
    for (int i = 0; i < 3; ++i) name += "\x3F" + std::string(63, 'a');
    name += "\x3D" + std::string(61, 'a') + "\x00"s;
    ASSERT_EQ(name.size(), 255U);
    EXPECT_EQ(answer(query({.name = name, .counts = {1, 0, 0, 1}, .tail = opt})).size(), net::dns_answer_max);
    std::array<std::uint8_t, net::dns_answer_max - 1> small;
    EXPECT_EQ(net::answer_dns(as_bytes(query({.tail = ""})), portal, small).error(), errors::too_long);
}

struct CaptiveDnsSocket : ::testing::Test {
    vchip::SimWorld world;
    vchip::SimNetwork network{world};
    vchip::SimSockets sockets{network, portal};
    vchip::SimSockets phone{network, chip::IpAddress::v4(4, 3, 2, 10)};
    net::Reactor reactor{sockets, world.clock()};
    net::CaptiveDns dns{reactor};
    chip::SocketId socket = *phone.bind_udp({chip::IpAddress::v4(0, 0, 0, 0), 4000});

    void send(const std::string& packet) { ASSERT_TRUE(phone.send_to(socket, {portal, 53}, as_bytes(packet))); }
    int answers() {
        for (int i = 0; i < 10; ++i) reactor.turn(1ms);
        int count = 0;
        std::array<std::uint8_t, 512> buffer;
        while (phone.receive_from(socket, buffer)) ++count;
        return count;
    }
};

TEST_F(CaptiveDnsSocket, answers_until_it_is_stopped) {
    ASSERT_TRUE(dns.start({portal, 53}));
    EXPECT_EQ(dns.start({portal, 53}).error(), errors::busy);
    send(query({.tail = ""}));
    send(query({.tail = ""}));
    EXPECT_EQ(answers(), 2);
    dns.stop();
    dns.stop();
    EXPECT_FALSE(dns.started());
    send(query({.tail = ""}));
    EXPECT_EQ(answers(), 0);
    ASSERT_TRUE(dns.start({portal, 53}));
    send(query({.tail = ""}));
    EXPECT_EQ(answers(), 1);
}

TEST_F(CaptiveDnsSocket, garbage_is_dropped_and_does_not_hurt) {
    ASSERT_TRUE(dns.start({portal, 53}));
    send("x");
    send("");
    send(std::string(1400, '\xFF'));
    EXPECT_EQ(answers(), 0);
    send(query({.tail = ""}) + std::string(1400, 'x'));
    EXPECT_EQ(answers(), 1);
}

TEST_F(CaptiveDnsSocket, a_port_that_is_taken_is_an_error) {
    ASSERT_TRUE(sockets.bind_udp({portal, 53}));
    EXPECT_EQ(dns.start({portal, 53}).error(), errors::socket_in_use);
}

}  // namespace
