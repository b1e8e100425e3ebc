// Safe mode, flight recorder, time and Home Assistant with a whole device: crash loops, restarts, updates, and a night in
// which everything goes wrong.
#include "esb/base/json.hpp"
#include "esb/device/home_assistant_config.hpp"
#include "esb/device/log_publisher.hpp"
#include "support/health_rig.hpp"
#include "support/text.hpp"

#include <gtest/gtest.h>

#include <cstdio>

namespace esb {
namespace {

using chip::ResetReason;
using test::has;
using test::HealthRig;
namespace wire = test::wire;

struct Healthy : testing::Test {
    HealthRig rig;
    void crash_three_times() {
        for (int i = 0; i < 3; ++i) {
            rig.run_for(20s);
            rig.chip.uart.take_output();
            rig.boot(ResetReason::panic);
        }
    }
};
using SafeMode = Healthy;
using FlightRecorder = Healthy;
using Time = Healthy;
using Discovery = Healthy;

TEST_F(SafeMode, crash_loop_then_update_then_normal) {
    ASSERT_TRUE(rig.online());
    rig.type("config set pump.speed 42\n");
    crash_three_times();
    ASSERT_TRUE(rig.device->safe_mode());
    EXPECT_EQ(rig.author_runs, 3) << "the first start and two more";
    EXPECT_TRUE(has(rig.chip.uart.output(), "SAFE MODE"));
    EXPECT_TRUE(has(rig.answer("status\n"), "mode: safe"));
    EXPECT_TRUE(has(rig.answer("config get pump.speed\n"), "setting.unknown")) << "the author's are absent";
    ASSERT_TRUE(rig.online()) << rig.chip.uart.output();
    rig.run_for(5s);
    EXPECT_TRUE(has(rig.broker.latest(rig.topic("status")), "\"safe\":true"));
    EXPECT_TRUE(has(rig.broker.latest(rig.topic("status")), "\"stack\":4096"));
    EXPECT_TRUE(has(rig.logged().back(), R"("kind":"safe-mode","what":"entered")"));
    // The author's settings outlive a change that safe mode makes.
    rig.type("config set ha.discovery off\n");

    rig.offer(rig.image_2);
    rig.run_for(2min);
    EXPECT_EQ(rig.choice.slot, chip::SlotId::b);
    EXPECT_FALSE(rig.device->safe_mode());
    EXPECT_EQ(rig.author_runs, 4);
    EXPECT_TRUE(has(rig.broker.latest(rig.topic("ota/status")), "\"state\":\"confirmed\""));
    EXPECT_TRUE(has(rig.broker.latest(rig.topic("status")), "\"safe\":false"));
    EXPECT_TRUE(has(rig.answer("config get pump.speed\n"), "pump.speed = 42"));
    EXPECT_TRUE(has(rig.answer("log\n"), "update confirmed"));
}

TEST_F(SafeMode, the_way_out_is_a_command) {
    crash_three_times();
    ASSERT_TRUE(rig.device->safe_mode());
    rig.boot(ResetReason::power_on);
    EXPECT_TRUE(rig.device->safe_mode()) << "the plug is no way out";
    EXPECT_TRUE(has(rig.answer("safe-mode leave\n"), "restarting"));
    EXPECT_TRUE(rig.run_until([this] { return rig.restart_due; }, 10s));
    rig.boot(ResetReason::software);
    EXPECT_FALSE(rig.device->safe_mode());
    EXPECT_TRUE(has(rig.answer("safe-mode leave\n"), "not in safe mode"));
    EXPECT_TRUE(has(rig.answer("log\n"), "safe mode left"));
}

TEST_F(SafeMode, an_update_that_fails_its_trial_leads_back) {
    crash_three_times();
    ASSERT_TRUE(rig.online());
    rig.offer(rig.image_2);
    ASSERT_TRUE(rig.run_until([this] { return rig.restart_due; }, 2min));
    rig.boot(ResetReason::software);
    ASSERT_EQ(rig.choice.slot, chip::SlotId::b);
    EXPECT_FALSE(rig.device->safe_mode()) << "a trial is never safe mode";
    rig.boot(ResetReason::panic);
    ASSERT_EQ(rig.choice.slot, chip::SlotId::a);
    EXPECT_TRUE(rig.device->safe_mode());
}

TEST_F(SafeMode, crashes_of_a_trial_are_the_update_engines_business) {
    ASSERT_TRUE(rig.online());
    rig.offer(rig.image_2);
    ASSERT_TRUE(rig.run_until([this] { return rig.restart_due; }, 2min));
    for (int i = 0; i < 2; ++i) {
        rig.boot(ResetReason::software);
        ASSERT_EQ(rig.choice.slot, chip::SlotId::b);
        rig.boot(ResetReason::panic);
        ASSERT_EQ(rig.choice.slot, chip::SlotId::a);
        EXPECT_FALSE(rig.device->safe_mode());
        if (i > 0) break;
        ASSERT_TRUE(rig.run_until([this] { return rig.restart_due; }, 10min)) << "tried again";
    }
    rig.run_for(1min);
    EXPECT_FALSE(rig.device->safe_mode());
    EXPECT_TRUE(has(rig.answer("log\n"), "ota.trial_crashed"));
}

TEST_F(SafeMode, brownouts_are_no_crashes) {
    for (int i = 0; i < 5; ++i) {
        rig.run_for(10s);
        rig.boot(ResetReason::brownout);
    }
    EXPECT_FALSE(rig.device->safe_mode());
}

TEST_F(FlightRecorder, each_entry_is_published_once) {
    ASSERT_TRUE(rig.online());
    rig.run_for(10s);
    ASSERT_FALSE(rig.logged().empty());
    const auto before = rig.logged().size();
    rig.run_for(1h);
    EXPECT_EQ(rig.logged().size(), before);
    rig.boot(ResetReason::panic);
    ASSERT_TRUE(rig.online());
    rig.run_for(10s);
    const auto after = rig.logged();
    ASSERT_GT(after.size(), before);
    EXPECT_TRUE(has(after[before], R"("kind":"boot","what":"panic")")) << after[before];
    std::string all;
    for (const auto& message : after) {
        EXPECT_TRUE(scan_json(as_bytes(message)));
        EXPECT_LE(message.size(), LogPublisher::message_max);
        all += message;
    }
    for (const auto* number : {R"({"n":1,)", R"({"n":2,)", R"({"n":3,)"}) {
        const auto first = all.find(number);
        EXPECT_NE(first, std::string::npos) << number;
        EXPECT_EQ(all.find(number, first + 1), std::string::npos) << number << " twice";
    }
}

TEST_F(FlightRecorder, an_interrupted_message_comes_again) {
    rig.broker.reply = [this](const wire::Packet& packet) {
        if (packet.type == 3 && packet.topic == rig.topic("log")) return wire::Bytes{};  // never acknowledged
        return test::TlsBroker::usual(packet);
    };
    ASSERT_TRUE(rig.online());
    rig.run_for(10s);
    ASSERT_FALSE(rig.logged().empty());
    const auto lost = rig.logged().front();
    rig.broker.reply = test::TlsBroker::usual;
    const auto seen = rig.logged().size();
    rig.boot(ResetReason::panic);
    ASSERT_TRUE(rig.online());
    rig.run_for(10s);
    ASSERT_GT(rig.logged().size(), seen);
    const auto first_entry = lost.substr(0, lost.find('}'));
    EXPECT_TRUE(has(rig.logged()[seen], first_entry.substr(first_entry.find("{\"n\""))));
}

TEST_F(FlightRecorder, is_kept_over_the_loss_of_power) {
    ASSERT_TRUE(rig.online());
    rig.run_for(1min);
    rig.chip.power_off();
    rig.boot(ResetReason::power_on);
    const auto log = rig.answer("log\n");
    EXPECT_TRUE(has(log, "on line after")) << log;
    const auto first = log.find("started after power-on");
    ASSERT_NE(first, std::string::npos);
    EXPECT_NE(log.find("started after power-on", first + 1), std::string::npos) << "this start and the one before";
}

TEST_F(FlightRecorder, a_night_of_faults) {
    ASSERT_TRUE(rig.online());
    rig.run_for(1h);
    // The router restarts.
    rig.chip.radio.set_on(false);
    rig.run_for(4min);
    rig.chip.radio.set_on(true);
    ASSERT_TRUE(rig.online()) << rig.chip.uart.output();
    rig.run_for(1h);
    // The broker's host is gone, then refuses, then is back.
    rig.network.reset_connections(test::broker_address);
    rig.network.faults(test::broker_address).off = true;
    rig.run_for(12min);
    rig.network.faults(test::broker_address).off = false;
    ASSERT_TRUE(rig.online(10min));
    rig.run_for(1h);
    // Somebody takes the account away.
    const auto accounts = std::exchange(rig.broker.server.options.accounts, {});
    rig.network.reset_connections(test::broker_address);
    rig.run_for(10min);
    rig.broker.server.options.accounts = accounts;
    ASSERT_TRUE(rig.online(10min));
    // A leak, then a hang.
    rig.chip.system.set_heap({60'000, 40'000, 30'000});
    rig.run_for(2min);
    rig.boot(ResetReason::task_watchdog);
    rig.chip.system.set_heap({200'000, 150'000, 100'000});
    ASSERT_TRUE(rig.online());
    rig.run_for(30min);
    // An update whose file is not what was signed.
    rig.web.file[7000] ^= 1;
    rig.offer(rig.image_2);
    rig.run_for(20min);
    rig.web.file = rig.image_2;
    // The power, twice in a row.
    rig.chip.power_off();
    rig.world.run_for(30min);
    rig.boot(ResetReason::power_on);
    rig.run_for(3s);
    rig.chip.power_off();
    rig.boot(ResetReason::power_on);
    ASSERT_TRUE(rig.online());
    rig.run_for(20min);
    crash_three_times();
    ASSERT_TRUE(rig.online());
    rig.run_for(2min);
    rig.offer(rig.image_2);
    rig.run_for(10min);
    ASSERT_TRUE(rig.device->online());
    const auto log = rig.answer("log\n");
    std::printf("%s", log.c_str());
    for (const auto* part : {"started after task-watchdog", "lowest free heap 40000 bytes", "ota.hash",
                             "started after panic", "safe mode entered", "update confirmed"}) {
        EXPECT_TRUE(has(log, part)) << part;
    }
    std::string published;
    for (const auto& message : rig.logged()) published += message;
    for (const auto* part : {"network not found", "tls.bad_psk", "socket.", "ota.hash", "task-watchdog", "\"clock\"",
                             "\"heap\"", "entered", "confirmed"}) {
        EXPECT_TRUE(has(published, part)) << part;
    }
}

TEST_F(Time, without_a_server_freshness_stays_unknown) {
    rig.time.silent = true;
    ASSERT_TRUE(rig.online());
    rig.offer(rig.image_2, R"(,"exp":1899999000)");
    const auto unknown = [this] {
        return has(rig.broker.latest(rig.topic("ota/status")), "\"freshness\":\"unknown\"");
    };
    EXPECT_TRUE(rig.run_until(unknown, 5s));
}

TEST_F(Time, an_expired_update_is_refused_once_the_clock_is_known) {
    ASSERT_TRUE(rig.online());
    rig.run_for(30s);
    EXPECT_TRUE(has(rig.answer("time\n"), "time: 2030-03-17 17:4"));
    rig.offer(rig.image_2, R"(,"exp":1899999000)");
    rig.run_for(30s);
    EXPECT_TRUE(has(rig.broker.latest(rig.topic("ota/status")), "ota.expired"));
    EXPECT_EQ(rig.choice.slot, chip::SlotId::a);
    rig.offer(rig.image_2, R"(,"exp":1900009000)");
    rig.run_for(2min);
    EXPECT_EQ(rig.choice.slot, chip::SlotId::b);
}

TEST_F(Time, a_server_from_before_the_build_is_not_believed) {
    rig.time.set_time(UnixTime(1'500'000'000));
    ASSERT_TRUE(rig.online());
    rig.run_for(30s);
    EXPECT_FALSE(rig.chip.clock.wall());
    EXPECT_TRUE(has(rig.chip.uart.output(), "clock.before_build"));
}

// Whatever a server answers that is not taken is no "ok": its name stands at the console and in `time`, and the server is
// asked again.
TEST(RejectedTime, is_named_and_asked_for_again) {
    struct Case {
        std::string_view name;
        void (*spoil)(test::TimeServer& server);
    };
    const Case cases[] = {
        {"clock.before_build", [](auto& server) { server.set_time(UnixTime(1'500'000'000)); }},
        {"clock.before_build", [](auto& server) { server.set_time(UnixTime(0)); }},
        {"sntp.unsynchronized", [](auto& server) { server.stratum = 16; }},
        {"sntp.unsynchronized", [](auto& server) { server.stratum = 0; }},
        {"sntp.unsynchronized", [](auto& server) { server.leap_and_mode = 0xE4; }},
        {"sntp.unsynchronized", [](auto& server) { server.kiss = "INIT"; }},
        {"sntp.too_often", [](auto& server) { server.kiss = "RATE"; }},
        {"sntp.denied", [](auto& server) { server.kiss = "DENY"; }},
        {"sntp.malformed", [](auto& server) { server.leap_and_mode = 0x23; }},
        {"sntp.foreign", [](auto& server) { server.foreign = true; }},
        {"timed_out", [](auto& server) { server.silent = true; }},
    };
    for (const auto& [name, spoil] : cases) {
        HealthRig rig;
        spoil(rig.time);
        ASSERT_TRUE(rig.online());
        rig.run_for(30s);
        EXPECT_FALSE(rig.chip.clock.wall()) << name;
        EXPECT_TRUE(has(rig.chip.uart.output(), name)) << name;
        const auto said = rig.answer("time\n");
        EXPECT_TRUE(has(said, name)) << said;
        EXPECT_FALSE(has(said, "ok\n") || has(said, "ok\r")) << said;
        const bool asked_to_wait = name == "sntp.denied" || name == "sntp.too_often";
        rig.run_for(asked_to_wait ? 25h : 5min);
        EXPECT_GE(rig.time.questions.size(), 2U) << name;
    }
}

TEST_F(Time, jumps_do_not_disturb_timers) {
    int ticks = 0;
    ASSERT_TRUE(rig.device->every(10s, [&ticks] { ++ticks; }));
    ASSERT_TRUE(rig.online());
    rig.run_for(1min);
    const auto pings = [this] {
        int count = 0;
        for (const auto& packet : rig.broker.packets) count += packet.type == 3 && packet.topic == rig.topic("ping");
        return count;
    };
    for (const auto jump : {UnixTime(10 * 365 * 86400), -UnixTime(10 * 365 * 86400), UnixTime(3600), -UnixTime(3600)}) {
        rig.chip.clock.set_wall(*rig.chip.clock.wall() + jump);
        const int ticks_before = ticks;
        const int pings_before = pings();
        rig.run_for(10min);
        EXPECT_EQ(ticks - ticks_before, 60);
        EXPECT_NEAR(pings() - pings_before, 10, 1);
        EXPECT_TRUE(rig.device->online());
    }
    EXPECT_EQ(rig.author_runs, 1) << "and no restart";
}

TEST_F(Discovery, off_nothing_is_said_on_all_is_said_off_again_all_is_taken_back) {
    const auto said = [this] {
        std::vector<std::pair<std::string, std::size_t>> all;
        for (const auto& packet : rig.broker.packets) {
            if (packet.type != 3 || !packet.topic.starts_with("homeassistant/")) continue;
            EXPECT_TRUE(packet.retain());
            all.emplace_back(packet.topic, packet.payload.size());
        }
        return all;
    };
    ASSERT_TRUE(rig.online());
    rig.run_for(1min);
    EXPECT_TRUE(said().empty());
    rig.type("config set ha.discovery on\n");
    rig.run_for(10s);
    ASSERT_EQ(said().size(), ha_entities);
    for (const auto& [topic, size] : said()) EXPECT_GT(size, 100U);
    rig.broker.reply = [](const wire::Packet& packet) {
        return packet.type == 1 ? wire::connack(true) : test::TlsBroker::usual(packet);
    };
    rig.network.reset_connections(test::broker_address);
    rig.run_for(5min);
    EXPECT_EQ(said().size(), ha_entities) << "the broker has them";
    // Switched off while nobody listens, and the power fails: taken back at the next occasion.
    rig.chip.radio.set_on(false);
    rig.run_for(1min);
    rig.type("config set ha.discovery off\n");
    rig.run_for(1min);
    rig.chip.power_off();
    rig.boot(ResetReason::power_on);
    rig.chip.radio.set_on(true);
    ASSERT_TRUE(rig.online());
    rig.run_for(10s);
    ASSERT_EQ(said().size(), 2 * ha_entities);
    for (std::size_t i = ha_entities; i < said().size(); ++i) {
        EXPECT_EQ(said()[i].second, 0U);
        EXPECT_EQ(said()[i].first, said()[i - ha_entities].first);
    }
    rig.boot(ResetReason::power_on);
    ASSERT_TRUE(rig.online());
    rig.run_for(10s);
    EXPECT_EQ(said().size(), 2 * ha_entities);
}

}  // namespace
}  // namespace esb
