// Which update `esb agent` sends to whom, and when.
#include "host/cli/update_agent.hpp"

#include "esb/base/encoding.hpp"

#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>

#include <unistd.h>

namespace esb::cli {
namespace {

constexpr std::int64_t now = 1'790'000'000;

std::string envelope_of(const std::string& payload) {
    std::array<char, 4096> text{};
    return "e30." + std::string(base64url_encode(as_bytes(payload), text).value()) + ".c2ln";
}
std::string manifest(int seq, const std::string& more = "") {
    return R"({"app":"basic","hw":"vchip","ver":"1.)" + std::to_string(seq) + R"(","seq":)" + std::to_string(seq) +
           R"(,"sha256":"00")" + more + "}";
}
ShelvedUpdate update(int seq, const std::string& more = "") {
    return read_update(envelope_of(manifest(seq, more))).value();
}

struct Agent : testing::Test {
    EnvelopeShelf shelf;
    UpdateAgent agent{shelf};

    void is_there(int seq, const std::string& more = "") {
        agent.take("ESP/1/online", "1", true);
        agent.take("ESP/1/status", R"({"app":"basic","hw":"vchip","seq":)" + std::to_string(seq) + "}", true);
        says("", "idle", more);
    }
    void says(const std::string& id, const std::string& state, const std::string& more = "") {
        agent.take("ESP/1/ota/status", R"({"id":")" + id + R"(","state":")" + state + "\"" + more + "}", false);
    }
    void press() { agent.take("ESP/1/ota/do", "install", false); }
    std::int64_t clock = now;
    // "topic: what"
    std::string sent() {
        std::string all;
        for (const auto& sending : agent.due(clock)) {
            const auto what = sending.payload == "install" ? sending.payload : read_update(sending.payload)->ver;
            all += (all.empty() ? "" : ", ") + sending.topic + ": " + what;
        }
        return all;
    }
};
const std::string asks = R"(,"when":"ask")";

TEST_F(Agent, offers_the_newest_update_once_to_a_device_that_asks) {
    shelf.add(update(42));
    shelf.add(update(43));
    is_there(41, asks);
    EXPECT_EQ(sent(), "ESP/1/ota: 1.43");
    EXPECT_EQ(sent(), "");
    says(update(43).id, "waiting", asks);
    EXPECT_EQ(sent(), "");
    shelf.add(update(44));
    EXPECT_EQ(sent(), "ESP/1/ota: 1.44");
}

TEST_F(Agent, offers_nothing_to_a_device_that_would_install_it_at_once) {
    shelf.add(update(42));
    is_there(41);
    EXPECT_EQ(sent(), "");
    press();
    EXPECT_EQ(sent(), "ESP/1/ota: 1.42") << "somebody wants it";
    EXPECT_EQ(sent(), "");
}

TEST_F(Agent, leaves_a_press_to_the_device_that_has_the_update) {
    shelf.add(update(42));
    is_there(41, asks);
    says(update(42).id, "waiting", asks);
    press();
    EXPECT_EQ(sent(), "");
    says(update(42).id, "downloading", asks);
    press();
    EXPECT_EQ(sent(), "");
}

TEST_F(Agent, brings_what_was_pressed_for_and_then_says_install) {
    shelf.add(update(42));
    is_there(41, asks);
    says(update(42).id, "failed", asks);
    EXPECT_EQ(sent(), "") << "what has failed is nobody's wish";
    press();
    EXPECT_EQ(sent(), "ESP/1/ota: 1.42");
    says(update(42).id, "waiting", asks);
    EXPECT_EQ(sent(), "ESP/1/ota/do: install");
    EXPECT_EQ(sent(), "");
}

TEST_F(Agent, forgets_a_press_that_the_device_does_not_follow_for_long) {
    shelf.add(update(42));
    is_there(41, asks);
    says(update(42).id, "failed", asks);
    press();
    EXPECT_EQ(sent(), "ESP/1/ota: 1.42");
    says(update(42).id, "failed", asks);
    clock += 601;
    says(update(42).id, "waiting", asks);
    EXPECT_EQ(sent(), "") << "nobody has pressed now";
}

TEST_F(Agent, takes_nothing_below_app_for_a_device) {
    shelf.add(update(42));
    agent.take("ESP/1/app/x/online", "1", false);
    agent.take("ESP/1/app/x/status", R"({"app":"basic","hw":"vchip","seq":1})", false);
    agent.take("ESP/1/app/x/ota/status", R"({"id":"","state":"idle","when":"ask"})", false);
    EXPECT_EQ(sent(), "");
}

TEST_F(Agent, sends_again_what_could_not_be_sent) {
    shelf.add(update(42));
    is_there(41, asks);
    const auto due = agent.due(now);
    ASSERT_EQ(due.size(), 1U);
    agent.failed(due[0]);
    EXPECT_EQ(sent(), "ESP/1/ota: 1.42");
}

TEST_F(Agent, sends_nothing_old_foreign_expired_or_to_a_device_that_is_away) {
    shelf.add(update(42));
    is_there(42, asks);
    EXPECT_EQ(sent(), "");
    is_there(41, asks);
    agent.take("ESP/1/online", "0", false);
    EXPECT_EQ(sent(), "");
    agent.take("ESP/1/online", "1", false);
    agent.take("ESP/1/status", R"({"app":"other","hw":"vchip","seq":1})", false);
    EXPECT_EQ(sent(), "");
    EnvelopeShelf others;
    others.add(update(43, R"(,"dev":["ESP-2"])"));
    others.add(update(44, R"(,"exp":1790000000)"));
    EXPECT_EQ(others.newest_for({"ESP-1", "basic", "vchip", 41}, now), nullptr);
    EXPECT_EQ(others.newest_for({"ESP-2", "basic", "vchip", 41}, now)->seq, 43U);
    EXPECT_EQ(others.newest_for({"ESP-1", "basic", "vchip", 41}, now - 1)->seq, 44U);
}

TEST_F(Agent, is_not_moved_by_retained_presses_and_rubbish) {
    shelf.add(update(42));
    is_there(41);
    agent.take("ESP/1/ota/do", "install", true);
    agent.take("ESP/1/ota/do", "skip", false);
    agent.take("ESP/1/ota/status", "{", false);
    agent.take("ESP/1/status", "[]", false);
    agent.take("#", "", false);
    agent.take("ESP/1/app/ota/do/x", "install", false);
    EXPECT_EQ(sent(), "");
}

TEST(EnvelopeShelf, reads_the_updates_of_a_folder_and_passes_over_the_rest) {
    const auto folder = std::filesystem::temp_directory_path() / ("esb-shelf-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder / "below");
    const auto write = [&](const char* name, const std::string& text) { std::ofstream(folder / name) << text; };
    write("42.jws", envelope_of(manifest(42)) + "\n");
    write("command.jws", envelope_of(R"({"cmd":"cancel","ctr":1})"));
    write("image.img", std::string(10000, 'x'));
    write("rubbish", "a.b.c");
    EnvelopeShelf shelf;
    ASSERT_TRUE(shelf.read(folder));
    EXPECT_EQ(shelf.size(), 1U);
    std::filesystem::remove_all(folder);
    EXPECT_FALSE(shelf.read(folder));
}

}  // namespace
}  // namespace esb::cli
