#include "host/vchip/file_radio.hpp"

#include "host/vchip/clock_posix.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <poll.h>

using namespace esb;
using namespace esb::vchip;
namespace fs = std::filesystem;

namespace {

struct RadioBell : chip::Wake {
    void wake() override { ++rung; }
    int rung = 0;
};

struct Folder {
    Folder() {
        std::string name = (fs::temp_directory_path() / "vchip-board-XXXXXX").string();
        path = mkdtemp(name.data());
    }
    ~Folder() { fs::remove_all(path); }
    fs::path path;
};

Error board_error(std::string_view json) { return parse_board(json).error(); }

}  // namespace

TEST(BoardFile, reads_everything_that_may_stand_in_it) {
    const auto board = parse_board(R"({"on": false, "button": true, "phones": ["02:00:00:00:00:10"], "networks": [
        {"ssid": "Home", "passphrase": "secret", "rssi": -48, "channel": 6, "auth": "wpa3", "dhcp": false,
         "hidden": true, "drops_after": 1500, "refuses": "association refused", "bssid": "AA:bb:cc:00:11:22"}, {"ssid": "Cafe"}]})");
    ASSERT_TRUE(board) << board.error().name();
    EXPECT_FALSE(board->air.on);
    EXPECT_TRUE(board->button);
    ASSERT_EQ(board->air.networks.size(), 2U);
    const AirNetwork& home = board->air.networks[0];
    EXPECT_EQ(home.ssid, "Home");
    EXPECT_EQ(home.passphrase, "secret");
    EXPECT_EQ(home.rssi, -48);
    EXPECT_EQ(home.channel, 6);
    EXPECT_EQ(home.auth, chip::Auth::wpa3);
    EXPECT_FALSE(home.dhcp);
    EXPECT_TRUE(home.hidden);
    EXPECT_EQ(home.drops_after, 1500ms);
    EXPECT_EQ(home.refuses, chip::DisconnectReason::association_refused);
    EXPECT_EQ(parse_board(R"({"networks": [{"ssid": "Home", "address": "10.7.0.3"}]})")->air.networks[0].address,
              chip::IpAddress::v4(10, 7, 0, 3));
    EXPECT_FALSE(parse_board(R"({"networks": [{"ssid": "Home", "address": "10.7.0"}]})"));
    EXPECT_FALSE(parse_board(R"({"networks": [{"ssid": "Home", "refuses": "signal lost"}]})"));
    EXPECT_EQ(mac_text(home.bssid), "AA:BB:CC:00:11:22");
    EXPECT_EQ(board->air.networks[1].auth, chip::Auth::open);
    EXPECT_TRUE(board->air.networks[1].dhcp);
    EXPECT_EQ(mac_text(board->air.phones.at(0)), "02:00:00:00:00:10");
    EXPECT_TRUE(parse_board("{}")->air.on);
}

TEST(BoardFile, a_name_may_be_any_bytes) {
    const auto board = parse_board(R"({"networks":[{"ssid":"hex:00ff4a"},{"ssid":"hex:6865783a"}]})");
    ASSERT_TRUE(board);
    EXPECT_EQ(board->air.networks[0].ssid, std::string_view("\0\xff\x4a", 3));
    EXPECT_EQ(board->air.networks[1].ssid, "hex:");
}

TEST(BoardFile, names_what_is_wrong) {
    EXPECT_EQ(board_error(""), errors::board_bad_json);
    EXPECT_EQ(board_error("[]"), errors::board_bad_json);
    EXPECT_EQ(board_error("{\"on\":true"), errors::board_bad_json);
    EXPECT_EQ(board_error(std::string(board_file_max + 1, ' ')), errors::board_bad_json);
    EXPECT_EQ(board_error(R"({"on":1})"), errors::board_bad_member);
    EXPECT_EQ(board_error(R"({"networks":{}})"), errors::board_bad_member);
    EXPECT_EQ(board_error(R"({"phones":["x"]})"), errors::board_bad_member);
    EXPECT_EQ(board_error(R"({"phones":3})"), errors::board_bad_member);
    for (const char* network :
         {R"({})", R"("Home")", R"({"ssid":""})", R"({"ssid":"x","rssi":1})", R"({"ssid":"x","channel":15})",
          R"({"ssid":"x","auth":"none"})", R"({"ssid":"x","bssid":"1"})", R"({"ssid":"x","drops_after":-1})",
          R"({"ssid":3})", R"({"ssid":"x","dhcp":0})", R"({"ssid":"hex:0"})", R"({"ssid":"hex:zz"})",
          R"({"ssid":"123456789012345678901234567890123"})"}) {
        const Error error = board_error(R"({"networks":[{"ssid":"ok"},)" + std::string(network) + "]}");
        EXPECT_EQ(error, errors::board_bad_network) << network;
        EXPECT_EQ(error.detail(), 1) << network;
    }
}

TEST(BoardFile, has_limits) {
    std::string json = R"({"networks":[{"ssid":"x"})";
    for (std::size_t i = 0; i < air_networks_max; ++i) json += R"(,{"ssid":"x"})";
    EXPECT_EQ(board_error(json + "]}"), errors::full);
    std::string phones = R"({"phones":["02:00:00:00:00:10")";
    for (std::size_t i = 0; i < air_phones_max; ++i) phones += R"(,"02:00:00:00:00:10")";
    EXPECT_EQ(board_error(phones + "]}"), errors::full);
}

TEST(BoardFile, macs_are_six_pairs) {
    EXPECT_TRUE(parse_mac("02:45:53:42:00:01"));
    for (const char* bad : {"", "02:45:53:42:00", "02-45-53-42-00-01", "0g:45:53:42:00:01", "02:45:53:42:00:011"}) {
        EXPECT_EQ(parse_mac(bad).error(), errors::bad_encoding) << bad;
    }
}

TEST(FileRadio, follows_the_file_and_keeps_the_last_good_version) {
    const Folder folder;
    const fs::path file = folder.path / "radio.json";
    std::ofstream(file) << R"({"networks":[{"ssid":"A"}]})";
    SystemClock clock;
    RadioBell bell;
    StationLink link;
    int complaints = 0;
    FileRadio radio(clock, bell, link, {}, file, [&](const Error&) { ++complaints; });
    ASSERT_EQ(radio.air().networks.size(), 1U);

    std::ofstream(file) << R"({"networks":[{"ssid":"A"},{"ssid":"B"}],"button":true})";
    pollfd changed{radio.fd(), POLLIN, 0};
    EXPECT_EQ(::poll(&changed, 1, 10'000), 1) << "a change is noticed without asking";
    radio.poll();
    EXPECT_EQ(radio.air().networks.size(), 2U);
    EXPECT_TRUE(radio.button().pressed());
    EXPECT_GT(bell.rung, 0);

    std::ofstream(file) << R"({"networks":[)";
    radio.poll();
    radio.poll();
    EXPECT_EQ(complaints, 1);
    EXPECT_EQ(radio.air().networks.size(), 2U);

    fs::remove(file);
    radio.poll();
    EXPECT_TRUE(radio.air().networks.empty());
    EXPECT_FALSE(radio.button().pressed());
    changed.revents = 0;
    EXPECT_EQ(::poll(&changed, 1, 0), 0) << "nothing is left to read";
}

TEST(FileRadio, says_how_far_the_clock_is_ahead) {
    const Folder folder;
    const fs::path file = folder.path / "radio.json";
    SystemClock clock;
    RadioBell bell;
    StationLink link;
    std::vector<std::chrono::seconds> told;
    FileRadio radio(clock, bell, link, {}, file, {}, [&](std::chrono::seconds ahead) { told.push_back(ahead); });
    std::ofstream(file) << R"({"ahead":34560000})";
    radio.poll();
    EXPECT_EQ(told, (std::vector{std::chrono::seconds(0), std::chrono::seconds(34'560'000)}));
    EXPECT_EQ(parse_board(R"({"ahead":-1})").error(), errors::board_bad_member);
    EXPECT_EQ(parse_board(R"({"ahead":"1"})").error(), errors::board_bad_member);
}

TEST(FileRadio, without_a_file_there_are_no_networks) {
    SystemClock clock;
    RadioBell bell;
    StationLink link;
    const FileRadio radio(clock, bell, link, {}, "");
    EXPECT_TRUE(radio.air().networks.empty());
    EXPECT_FALSE(link.up);
}
