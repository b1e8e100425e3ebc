// Web servers that mean harm, or are broken in the middle of a file: the update ends, the flash is not worn, what runs is
// an image of the operator's, and whoever behaves afterwards finishes it. Single refusals: unit/net/http_get_test.cpp; sockets
// and nginx: e2e/test_web_servers.py.
#include "esb/ota/errors.hpp"
#include "tests/support/update_rig.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <iostream>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace esb {
namespace {

using ota::State;

class HostileServers : public testing::Test {
protected:
    const test::Image old_image = test::make_image({.seq = 41, .ver = "1.3.0"});
    const test::Image new_image = test::make_image({.seq = 42, .ver = "1.4.0", .body = 150'000});
    const std::string envelope = test::shared_signer().envelope("esb-update", test::Manifest::of(new_image, 40).json());

    // A device whose web server is what `manners` makes of it, before each connection.
    struct Try {
        Try(const HostileServers& test, const std::function<void(test::FileServer&, int)>& manners)
            : store(test::factory_flash(test.old_image, test::large_flash)) {
            rig.allow(test.old_image);
            rig.allow(test.new_image);
            rig.server.file = test.new_image;
            rig.retained = test.envelope;
            rig.limit = std::chrono::hours(1);
            rig.server.on_connection = [this, manners](int number) { manners(rig.server, number); };
            boots = rig.boot_until_settled(2);
        }
        bool updated() const { return boots.back().seq == 42 && boots.back().last.state == State::confirmed; }
        std::string how() const {
            const auto& last = boots.back().last;
            return std::string(name(last.state)) + " " + (last.error ? std::string(last.error->name()) : "");
        }

        vchip::MemoryStore store;
        vchip::Flash flash{store};
        test::UpdateRig rig{flash, test::large_partitions};
        std::vector<test::Boot> boots;
    };
};

TEST_F(HostileServers, that_disconnect_at_every_chunk_cost_a_connection_and_no_byte_twice) {
    std::size_t tried = 0;
    for (std::size_t at = 0; at <= new_image.size(); at += 1024) {
        for (const std::size_t exact : {at, at + 1}) {
            Try attempt(*this, [&](auto& server, int number) {
                server.drop_after.reset();
                if (number == 1) server.drop_after = exact;
            });
            ASSERT_TRUE(attempt.updated()) << exact << " " << attempt.how();
            ASSERT_LE(attempt.rig.server.body_bytes, new_image.size()) << exact;
            ASSERT_LE(attempt.rig.server.connections, 2) << exact;
            ++tried;
        }
    }
    std::cout << "[ servers  ] " << tried << " disconnections, all updated, no byte twice\n";
}

TEST_F(HostileServers, that_disconnect_after_each_chunk_are_followed_to_the_end) {
    Try attempt(*this, [](auto& server, int) { server.drop_after = 4096; });
    EXPECT_TRUE(attempt.updated()) << attempt.how();
    EXPECT_EQ(attempt.rig.server.body_bytes, new_image.size());
    EXPECT_EQ(attempt.rig.server.connections, static_cast<int>((new_image.size() + 4095) / 4096));
}

// The first connection ends in the middle; the answer to the Range is wrong. What is asked for then is the whole file.
TEST_F(HostileServers, that_answer_a_range_wrongly_are_asked_for_the_whole) {
    const auto size = std::to_string(new_image.size());
    const auto last = std::to_string(new_image.size() - 1);
    const std::pair<const char*, std::string> lines[] = {
        {"none", ""},
        {"one earlier", "Content-Range: bytes 69999-" + last + "/" + size + "\r\n"},
        {"one later", "Content-Range: bytes 70001-" + last + "/" + size + "\r\n"},
        {"from the start", "Content-Range: bytes 0-" + last + "/" + size + "\r\n"},
        {"another size", "Content-Range: bytes 70000-" + last + "/" + std::to_string(new_image.size() + 1) + "\r\n"},
        {"smaller than its range", "Content-Range: bytes 70000-" + last + "/70000\r\n"},
        {"backwards", "Content-Range: bytes " + last + "-70000/" + size + "\r\n"},
        {"another unit", "Content-Range: lines 70000-" + last + "/" + size + "\r\n"},
        {"no unit", "Content-Range: 70000-" + last + "/" + size + "\r\n"},
        {"negative", "Content-Range: bytes -70000-" + last + "/" + size + "\r\n"},
        {"beyond 64 bits", "Content-Range: bytes 18446744073709621616-" + last + "/" + size + "\r\n"},
        {"words", "Content-Range: bytes many-more/all\r\n"},
        {"not satisfied", "Content-Range: bytes */" + size + "\r\n"},
    };
    for (const auto& [name, line] : lines) {
        Try attempt(*this, [&line = line](auto& server, int number) {
            server.drop_after.reset();
            server.range_line.reset();
            if (number == 1) server.drop_after = 70'000;
            if (number == 2) server.range_line = line;
        });
        EXPECT_TRUE(attempt.updated()) << name << " " << attempt.how();
        EXPECT_LE(attempt.rig.server.connections, 4) << name;
    }
}

// The whole file begins anew wherever the server likes to forget the Range.
TEST_F(HostileServers, that_ignore_every_range_and_break_off_end_the_update) {
    Try attempt(*this, [](auto& server, int) {
        server.ignores_range = true;
        server.drop_after = 100'000;
    });
    EXPECT_EQ(attempt.boots.back().seq, 41U);
    EXPECT_EQ(attempt.boots.back().last.state, State::failed) << attempt.how();
    EXPECT_LE(attempt.rig.server.body_bytes, 12 * test::large_flash) << "the flash is spared";
}

TEST_F(HostileServers, that_never_end_are_left_at_the_first_byte_too_many) {
    for (const bool tells_size : {false, true}) {
        Try attempt(*this, [&](auto& server, int) {
            server.file.resize(5'000'000, 0x5A);
            server.tells_size = tells_size;
        });
        EXPECT_EQ(attempt.boots.back().seq, 41U);
        EXPECT_EQ(attempt.how(), "failed ota.size");
        const auto& programs = attempt.flash.wear().programs;
        const auto written = std::accumulate(programs.begin(), programs.end(), std::size_t{0});
        const auto connections = static_cast<std::size_t>(attempt.rig.server.connections);
        EXPECT_LE(connections, 8U);
        EXPECT_LE(written, 200 + (tells_size ? 0 : connections * (new_image.size() / 4096 + 1)));
    }
}

TEST_F(HostileServers, that_send_heads_without_end_are_left_for_those_who_do_not) {
    std::string many;
    for (int i = 0; i < 20'000; ++i) many += "X-" + std::to_string(i) + ": y\r\n";
    const std::pair<const char*, std::string> heads[] = {
        {"one long line", "X: " + std::string(200'000, 'x') + "\r\n"},
        {"many lines", many},
        {"a long name", std::string(100'000, 'N') + ": x\r\n"},
        {"a folded line", "X: y\r\n" + std::string(100'000, ' ') + "z\r\n"},
        {"a long tag", "ETag: \"" + std::string(50'000, 'e') + "\"\r\n"},
        {"a long range", "Content-Range: bytes 0-" + std::string(50'000, '9') + "\r\n"},
        {"two lengths", "Content-Length: 5\r\n"},
        {"a length beyond 64 bits", "Content-Length: 99999999999999999999\r\n"},
        {"a negative length", "Content-Length: -1\r\n"},
        {"length and chunks", "Transfer-Encoding: chunked\r\n"},
        {"a bomb", "Content-Encoding: gzip\r\n"},
        {"a NUL", std::string("X: a\0b\r\n", 8)},
    };
    for (const auto& [name, head] : heads) {
        Try attempt(*this, [&head = head](auto& server, int number) { server.more_head = number == 1 ? head : ""; });
        EXPECT_TRUE(attempt.updated()) << name << " " << attempt.how();
        EXPECT_EQ(attempt.rig.server.connections, 2) << name;
    }
}

TEST_F(HostileServers, that_redirect_without_end_are_left) {
    // To itself, and to ever new names.
    Try circle(*this, [](auto& server, int number) {
        server.status = number == 1 ? 302 : 200;
        server.more_head = number == 1 ? "Location: /image.bin\r\n" : "";
    });
    EXPECT_TRUE(circle.updated()) << circle.how();
    Try chain(*this, [](auto& server, int number) {
        server.status = number <= 6 ? 307 : 200;
        server.more_head = number <= 6 ? "Location: /image" + std::to_string(number) + "\r\n" : "";
    });
    EXPECT_TRUE(chain.updated()) << chain.how();
    EXPECT_EQ(chain.rig.server.connections, 7) << "five are followed, the sixth is refused, then anew";
    Try always(*this, [](auto& server, int number) {
        server.status = 301;
        server.more_head = "Location: http://192.0.2.1/" + std::to_string(number) + "\r\n";
    });
    EXPECT_EQ(always.how(), "failed http.redirects");
    EXPECT_LE(always.rig.server.connections, 4 * 6) << "four rounds of definite answers";
}

// A new file at every connection, broken off in the middle: parts of several never become an image.
TEST_F(HostileServers, whose_file_changes_all_the_time_mix_nothing) {
    for (const bool tags : {false, true}) {
        Try attempt(*this, [&](auto& server, int number) {
            server.file = new_image;
            if (number < 4) {
                for (std::size_t i = 5000; i < server.file.size(); i += 97)
                    server.file[i] ^= static_cast<std::uint8_t>(number);
            }
            server.drop_after.reset();
            if (number < 4) server.drop_after = 30'000 * static_cast<std::size_t>(number);
            server.more_head = tags ? "ETag: \"" + std::to_string(number) + "\"\r\n" : "";
        });
        for (const auto& boot : attempt.boots) EXPECT_TRUE(boot.authorized);
        EXPECT_TRUE(attempt.updated()) << attempt.how();
    }
}

TEST_F(HostileServers, that_send_a_byte_a_second_do_not_hold_the_device) {
    Try attempt(*this, [](auto& server, int number) { server.bytes_a_second = number < 3 ? 1 : 0; });
    EXPECT_TRUE(attempt.updated()) << attempt.how();
    EXPECT_LT(attempt.rig.world.now() - Instant{}, std::chrono::minutes(5));
}

}  // namespace
}  // namespace esb
