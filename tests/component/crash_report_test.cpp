// What a crash has left goes to whoever asks for it: in pieces, one at a time, from where they ended.
#include "esb/device/crash_report.hpp"
#include "host/cli/core_dump.hpp"
#include "support/online_device.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace esb {
namespace {

using test::OnlineDevice;
namespace wire = test::wire;

struct FakeDump final : chip::CoreDump {
    std::string bytes;
    std::size_t size() const override { return bytes.size(); }
    std::optional<std::uint32_t> place() const override { return 0x42001234; }
    Status read(std::size_t offset, MutBytes out) override {
        copy(as_bytes(bytes).subspan(offset, out.size()), out);
        return {};
    }
    Status erase() override {
        bytes.clear();
        return {};
    }
};

class CrashReports : public testing::Test {
protected:
    void begin(std::size_t size) {
        for (std::size_t i = 0; i < size; ++i) dump.bytes += static_cast<char>('a' + i % 26);
        rig.chip.system.set_core_dump(&dump);
        rig.start();
        ASSERT_TRUE(rig.online());
        rig.run_for(1s);
        base = "ESP/" + std::string(rig.device->identity().substr(4));
    }
    void say(const std::string& word, bool retain = false) {
        rig.broker.say(wire::publish(base + "/crash/do", word, 1, ++packet_, false, retain));
        rig.run_for(2s);
    }
    std::string crc() const {
        std::array<std::uint8_t, 4> bytes{};
        ByteWriter(bytes).be32(crc32(as_bytes(dump.bytes.substr(0, dump.bytes.size() - 4))));
        char digits[8];
        return std::string(hex_encode(bytes, digits).value());
    }
    // What came on <base>/crash from packet `since` on.
    std::vector<std::string> pieces(std::size_t since = 0) const {
        std::vector<std::string> found;
        for (std::size_t i = since; i < rig.broker.packets.size(); ++i) {
            const auto& packet = rig.broker.packets[i];
            if (packet.type == 3 && packet.topic == base + "/crash") found.push_back(packet.payload);
        }
        return found;
    }

    FakeDump dump;
    OnlineDevice rig;
    std::string base;

private:
    std::uint16_t packet_ = 100;
};

TEST_F(CrashReports, all_of_it_is_sent_in_pieces) {
    begin(2600);
    EXPECT_TRUE(rig.printed("crash: the one before left 2600 bytes"));
    EXPECT_TRUE(pieces().empty()) << "nobody has asked";
    say("send");
    cli::CoreDumpPieces whole;
    EXPECT_EQ(pieces().size(), 3U);
    for (const auto& piece : pieces()) EXPECT_TRUE(whole.take(piece));
    EXPECT_TRUE(whole.complete());
    EXPECT_EQ(whole.bytes(), dump.bytes);
}

TEST_F(CrashReports, it_goes_on_where_somebody_asks_it_to) {
    begin(2600);
    say("send 2048");
    ASSERT_EQ(pieces().size(), 1U);
    EXPECT_EQ(pieces()[0].size(), CrashReport::header_size + 552);
}

TEST_F(CrashReports, the_next_piece_waits_for_the_acknowledgement_of_the_last) {
    begin(2600);
    rig.broker.reply = [this](const wire::Packet& packet) {
        return packet.type == 3 && packet.topic == base + "/crash" ? wire::Bytes{} : test::TlsBroker::usual(packet);
    };
    say("send");
    EXPECT_EQ(pieces().size(), 1U);
}

TEST_F(CrashReports, forgotten_is_gone) {
    begin(100);
    say("forget " + crc());
    EXPECT_EQ(dump.size(), 0U);
    say("send");
    EXPECT_TRUE(pieces().empty());
    EXPECT_TRUE(rig.printed("(crash.nothing)"));
}

TEST_F(CrashReports, a_word_that_was_said_of_an_earlier_crash_costs_nothing) {
    begin(100);
    const auto earlier = crc();
    dump.bytes[50] = '!';
    say("forget " + earlier);
    EXPECT_EQ(dump.size(), 100U);
    EXPECT_TRUE(rig.printed("(crash.other)"));
}

TEST_F(CrashReports, a_dump_that_ends_with_its_own_checksum_is_told_from_another_one) {
    const auto end_with_checksum = [this] {
        dump.bytes.resize(96);
        std::array<std::uint8_t, 4> sum{};
        ByteWriter(sum).le32(crc32(as_bytes(dump.bytes)));
        dump.bytes += as_text(sum);
    };
    begin(100);
    end_with_checksum();
    const auto earlier = crc();
    dump.bytes[50] = '!';
    end_with_checksum();
    say("forget " + earlier);
    EXPECT_EQ(dump.size(), 100U);
    say("forget " + crc());
    EXPECT_EQ(dump.size(), 0U);
}

TEST_F(CrashReports, other_words_and_retained_ones_do_nothing) {
    begin(100);
    for (const auto* word : {"", "sen", "send100", "send 100", "send  1", "forget ", "SEND", "forget", "forget 1234567",
                             "forget 12345678"}) {
        say(word);
    }
    say("forget " + crc(), true);
    EXPECT_TRUE(pieces().empty());
    EXPECT_EQ(dump.size(), 100U);
}

TEST_F(CrashReports, the_status_and_the_log_tell_of_it) {
    begin(100);
    EXPECT_NE(rig.broker.latest(base + "/status").find("\"crash\":100"), std::string::npos);
    rig.chip.uart.take_output();
    rig.settings("log\n");
    rig.run_for(1s);
    EXPECT_TRUE(rig.printed("the run before crashed at 0x42001234"));
}

TEST(CrashReportsTopic, without_a_crash_nobody_hears_the_topic) {
    FakeDump none;
    OnlineDevice rig;
    rig.chip.system.set_core_dump(&none);
    rig.start();
    ASSERT_TRUE(rig.online());
    rig.run_for(1s);
    for (const auto& packet : rig.broker.packets) {
        EXPECT_FALSE(packet.type == 8 && packet.topic.find("crash") != std::string::npos);
    }
}

}  // namespace
}  // namespace esb
