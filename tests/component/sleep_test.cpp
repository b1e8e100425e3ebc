// Deep sleep with a whole device: when it begins, what keeps it from beginning, and how the next start takes up the thread.
#include "esb/base/pem.hpp"
#include "esb/device/errors.hpp"
#include "esb/device/policy.hpp"
#include "esb/record/known_link.hpp"
#include "esb/settings/store.hpp"
#include "support/fake_ca.hpp"
#include "support/health_rig.hpp"
#include "support/online_device.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>

namespace esb {
namespace {

using chip::ResetReason;
using test::HealthRig;
using test::OnlineDevice;
using test::TlsBroker;
namespace wire = test::wire;

constexpr auto pause = 15min;
const ErrorKind* none = nullptr;

struct Sleeper : testing::Test {
    // What an author does at each start.
    void author() {
        ASSERT_TRUE(rig.device->publish("moisture", 42));
        ASSERT_TRUE(rig.device->sleep_for(pause, patience));
    }
    // Turns until it sleeps, or restarts.
    bool falls_asleep(Duration limit = 5min) {
        rig.run_until([] { return false; }, limit);
        return rig.firmware && rig.firmware->sleeps();
    }
    // Its time passes; the chip starts again.
    void wake(ResetReason reason = ResetReason::deep_sleep) {
        const auto time = rig.firmware ? rig.firmware->sleeps() : std::nullopt;
        ASSERT_TRUE(time);
        rig.firmware.reset();
        rig.chip.radio.power_off();
        rig.world.run_for(*time);
        boot(reason);
    }
    void boot(ResetReason reason) {
        rig.firmware.reset();
        rig.restarted = false;
        rig.chip.uart.take_output();
        ASSERT_TRUE(rig.chip.boot(reason));
        rig.firmware = std::make_unique<Firmware>(rig.chip.chip(), rig.app);
        rig.device = &rig.firmware->device();
        rig.firmware->start();
        author();
    }
    // From the first start to the first sleep.
    void sleep_once() {
        author();
        ASSERT_TRUE(falls_asleep()) << rig.chip.uart.output();
    }
    const ErrorKind* why() const {
        const auto may = rig.device->may_sleep();
        return may ? nullptr : &may.error().kind();
    }
    std::string topic(std::string_view leaf) const {
        return std::string(base_topic(rig.device->identity()).view()) + "/" + std::string(leaf);
    }
    std::size_t sent(std::string_view leaf) const {
        const auto is_it = [name = topic(leaf)](const wire::Packet& packet) {
            return packet.type == 3 && packet.topic == name;
        };
        return static_cast<std::size_t>(std::count_if(rig.broker.packets.begin(), rig.broker.packets.end(), is_it));
    }
    // After CONNECT, as for a session that the broker kept, with what it kept.
    void keep_at_broker(const wire::Bytes& messages) {
        rig.broker.reply = [messages](const wire::Packet& packet) {
            return packet.type == 1 ? wire::connack(true) + messages : TlsBroker::usual(packet);
        };
    }

    OnlineDevice rig;
    Duration patience = 30s;
};

TEST_F(Sleeper, sleeps_once_everything_is_acknowledged) {
    ASSERT_TRUE(rig.online());
    rig.run_for(40s);
    EXPECT_EQ(why(), none);
    const auto before = rig.world.now();
    author();
    EXPECT_EQ(why(), &errors::sleep_messages);
    ASSERT_TRUE(falls_asleep());
    EXPECT_EQ(rig.firmware->sleeps(), std::optional<Duration>(pause));
    EXPECT_LT(rig.world.now() - before, 1s);
    EXPECT_EQ(sent("app/moisture"), 1U);
    EXPECT_TRUE(rig.printed("sleep: for 900 s\r\n"));
    rig.world.run_for(1s);
    EXPECT_FALSE(rig.broker.server.open) << "the broker is not left to find out by itself";
}

TEST_F(Sleeper, ten_wakes_bring_ten_messages_write_no_flash_and_note_nothing) {
    sleep_once();
    wake();
    ASSERT_TRUE(falls_asleep());
    const auto log = sent("log");
    const auto operations = rig.flash.operations();
    for (int i = 0; i < 10; ++i) {
        wake();
        const auto began = rig.world.now();
        EXPECT_TRUE(rig.device->woke());
        ASSERT_TRUE(falls_asleep()) << rig.chip.uart.output();
        EXPECT_LT(rig.world.now() - began, 2s);
        EXPECT_TRUE(rig.printed("after deep-sleep"));
        EXPECT_TRUE(rig.printed("wifi: joined \"Home\", address 192.0.2.10, as before the sleep\r\n"))
            << i << rig.chip.uart.output();
    }
    EXPECT_EQ(sent("app/moisture"), 12U);
    EXPECT_EQ(rig.flash.operations(), operations + 10) << "each mount of the simulated store is one";
    EXPECT_EQ(sent("log"), log);
}

TEST_F(Sleeper, the_address_is_asked_for_again_when_half_of_its_lease_is_over) {
    sleep_once();  // of an hour
    wake();
    ASSERT_TRUE(falls_asleep());
    EXPECT_TRUE(rig.printed(", as before the sleep"));
    wake();
    ASSERT_TRUE(falls_asleep());
    const auto kept = record::take_known_link(rig.chip.retained_ram);
    ASSERT_TRUE(kept);
    EXPECT_GT(kept->lease, 10min) << "a new one, since the third quarter of an hour would have been too long";
}

TEST_F(Sleeper, without_an_acknowledgement_it_sleeps_when_the_patience_is_over) {
    rig.broker.reply = [](const wire::Packet& packet) {
        const bool ours = packet.topic.ends_with("/app/moisture");
        return ours ? wire::Bytes{} : TlsBroker::usual(packet);
    };
    ASSERT_TRUE(rig.online());
    rig.run_for(40s);
    const auto before = rig.world.now();
    author();
    rig.run_for(patience - 1s);
    EXPECT_EQ(why(), &errors::sleep_messages);
    ASSERT_TRUE(falls_asleep());
    EXPECT_EQ(rig.world.now() - before, patience);
}

TEST_F(Sleeper, without_a_network_the_same) {
    sleep_once();
    rig.chip.radio.set_on(false);
    wake();
    const auto before = rig.world.now();
    ASSERT_TRUE(falls_asleep());
    EXPECT_EQ(rig.world.now() - before, patience);
    rig.chip.radio.set_on(true);
    wake();
    ASSERT_TRUE(falls_asleep());
    EXPECT_FALSE(rig.printed("as before the sleep")) << "nothing was kept of a link that was none";
    EXPECT_EQ(sent("app/moisture"), 2U) << "the one in between is lost, as it was not to be kept";
}

TEST_F(Sleeper, a_person_who_has_switched_it_on_or_types_keeps_it_awake) {
    author();
    ASSERT_TRUE(rig.online());
    rig.run_for(5s);
    EXPECT_EQ(why(), &errors::sleep_console);
    EXPECT_TRUE(rig.printed("sleep: not yet: somebody may be at the serial port (sleep.console)\r\n"));
    rig.settings("status\n");
    const auto typed = rig.world.now();
    ASSERT_TRUE(falls_asleep());
    EXPECT_EQ(rig.world.now() - typed, rig.device->policy().sleep_console);
    wake();
    ASSERT_TRUE(falls_asleep(5s)) << "nobody is there at a wake";
    wake();
    rig.run_for(100ms);
    rig.settings("status\n");
    EXPECT_FALSE(falls_asleep(20s)) << "but whoever types then keeps it";
}

TEST_F(Sleeper, one_that_was_never_on_line_stays_awake_for_whoever_sets_it_up) {
    rig.broker.silent = true;
    author();
    rig.run_for(10min);
    EXPECT_FALSE(rig.firmware->sleeps());
    EXPECT_EQ(why(), &errors::sleep_set_up);
}

TEST_F(Sleeper, the_set_up_page_keeps_it_awake) {
    sleep_once();
    wake();
    rig.run_for(10ms);
    rig.chip.button.press();
    rig.run_for(100ms);
    rig.chip.button.release();
    rig.run_for(1min);
    EXPECT_FALSE(rig.firmware->sleeps());
    EXPECT_EQ(why(), &errors::sleep_set_up);
    ASSERT_TRUE(falls_asleep(15min)) << "the page's time is over";
}

TEST_F(Sleeper, a_change_of_settings_that_waited_at_the_broker_is_taken_and_tried_first) {
    sleep_once();
    keep_at_broker(wire::publish(topic("config"), R"({"log.level":"debug"})", 1, 77));
    wake();
    ASSERT_TRUE(falls_asleep());
    EXPECT_EQ(rig.device->settings().text("log.level"), "debug");
    EXPECT_NE(rig.broker.latest(topic("config/status")).find(R"("state":"kept")"), std::string::npos);

    keep_at_broker(wire::publish(topic("config"), R"({"mqtt.0.host":"nowhere.test"})", 1, 78));
    wake();
    ASSERT_TRUE(rig.run_until([&] { return why() == &errors::sleep_settings; }, 5s));
    rig.broker.reply = TlsBroker::usual;
    ASSERT_TRUE(falls_asleep(10min)) << rig.chip.uart.output();
    EXPECT_EQ(rig.device->settings().text("mqtt.0.host"), "broker.test");
    EXPECT_NE(rig.broker.latest(topic("config/status")).find(R"("state":"reverted")"), std::string::npos);
}

TEST_F(Sleeper, all_that_waited_at_the_broker_is_heard) {
    sleep_once();
    wire::Bytes messages;
    for (unsigned i = 0; i < 5; ++i)
        messages = messages + wire::publish(topic("app/valve"), std::to_string(i), 1, 100 + i);
    keep_at_broker(messages);
    wake();
    static std::string heard;
    heard.clear();
    ASSERT_TRUE(rig.device->subscribe("valve", [](const Message& message) { heard += message.text(); }));
    ASSERT_TRUE(falls_asleep());
    EXPECT_EQ(heard, "01234");
    const auto acknowledged = std::count_if(rig.broker.packets.begin(), rig.broker.packets.end(),
                                            [](const wire::Packet& packet) { return packet.type == 4; });
    EXPECT_GE(acknowledged, 5);
}

TEST_F(Sleeper, what_was_kept_counts_after_a_sleep_only_and_once) {
    sleep_once();
    wake(ResetReason::external);
    ASSERT_TRUE(rig.online());
    EXPECT_FALSE(rig.printed("as before the sleep")) << "somebody has pressed reset";
    ASSERT_TRUE(falls_asleep());
    wake(ResetReason::power_on);
    ASSERT_TRUE(rig.online());
    EXPECT_FALSE(rig.printed("as before the sleep")) << "the memory holds noise";
    ASSERT_TRUE(falls_asleep());
    wake();
    boot(ResetReason::panic);
    ASSERT_TRUE(rig.online());
    EXPECT_FALSE(rig.printed("as before the sleep")) << "a start that fails with it does not find it again";
}

TEST_F(Sleeper, noise_in_the_retained_memory_is_not_trusted) {
    sleep_once();
    vchip::SeededRandom noise(3);
    rig.chip.retained_ram.scramble(noise);
    wake();
    ASSERT_TRUE(falls_asleep());
    EXPECT_FALSE(rig.printed("as before the sleep"));
    EXPECT_EQ(sent("app/moisture"), 2U);
}

TEST_F(Sleeper, an_access_point_that_was_replaced_is_found_as_usual) {
    sleep_once();
    auto air = rig.chip.radio.air();
    air.networks[0].bssid = {2, 9, 9, 9, 9, 9};
    air.networks[0].channel = 11;
    rig.chip.radio.set_air(air);
    wake();
    ASSERT_TRUE(falls_asleep());
    EXPECT_TRUE(rig.printed("wifi: \"Home\": network not found")) << rig.chip.uart.output();
    EXPECT_EQ(sent("app/moisture"), 2U);
    wake();
    ASSERT_TRUE(falls_asleep());
    EXPECT_TRUE(rig.printed("as before the sleep")) << "the new one is known now";
}

TEST_F(Sleeper, an_address_of_another_network_is_given_up_for_dhcp) {
    sleep_once();
    auto air = rig.chip.radio.air();
    air.networks[0].address = chip::IpAddress::v4(10, 7, 0, 3);
    rig.chip.radio.set_air(air);
    wake();
    ASSERT_TRUE(falls_asleep());
    EXPECT_TRUE(rig.printed("address 192.0.2.10, as before the sleep"));
    EXPECT_TRUE(rig.printed("wifi: \"Home\": no address"));
    EXPECT_TRUE(rig.printed("wifi: joined \"Home\", address 10.7.0.3\r\n"));
    EXPECT_EQ(sent("app/moisture"), 2U);
}

TEST_F(Sleeper, a_restart_goes_before) {
    ASSERT_TRUE(rig.online());
    rig.run_for(40s);
    author();
    rig.device->restart();
    rig.run_until([] { return false; }, 10s);
    EXPECT_TRUE(rig.restarted);
    EXPECT_FALSE(rig.firmware->sleeps());
}

TEST_F(Sleeper, the_wish_can_be_changed_and_taken_back) {
    EXPECT_EQ(rig.device->sleep_for(999ms).error(), errors::out_of_range);
    EXPECT_EQ(rig.device->sleep_for(24h * 367).error(), errors::out_of_range);
    EXPECT_EQ(rig.device->sleep_for(1h, -1ms).error(), errors::out_of_range);
    ASSERT_TRUE(rig.online());
    rig.run_for(40s);
    author();
    rig.device->stay_awake();
    rig.run_for(1min);
    EXPECT_FALSE(rig.firmware->sleeps());
    ASSERT_TRUE(rig.device->sleep_for(1min));
    ASSERT_TRUE(rig.device->sleep_for(2min));
    ASSERT_TRUE(falls_asleep());
    EXPECT_EQ(rig.firmware->sleeps(), std::optional<Duration>(2min));
}

TEST_F(Sleeper, goes_on_with_the_tls_session_of_a_broker_that_has_a_certificate) {
    test::FakeCa ca;
    mbedtls_pk_context key{};
    auto& options = rig.broker.server.options;
    options.certificate = ca.server("broker.test", key);
    options.key = &key;
    options.tickets = true;
    options.suites = {MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256};
    rig.chip.clock.set_wall(UnixTime(1'900'000'000));
    std::array<char, 4096> pem;
    rig.settings("mqtt ca\n" + std::string(*encode_pem("CERTIFICATE", ca.certificate, pem)) + ".\n");
    sleep_once();
    EXPECT_FALSE(rig.printed(", session resumed")) << rig.chip.uart.output();
    for (int i = 0; i < 3; ++i) {
        wake();
        ASSERT_TRUE(falls_asleep()) << rig.chip.uart.output();
        EXPECT_TRUE(test::line_after(rig.chip.uart.output(), "tls: ").ends_with(", session resumed")) << i;
    }
    options.tickets = false;  // and the server forgets its key
    wake();
    ASSERT_TRUE(falls_asleep());
    EXPECT_EQ(sent("app/moisture"), 5U);
    rig.firmware.reset();
    rig.broker.server.hang_up();
    mbedtls_pk_free(&key);
}

TEST_F(Sleeper, the_time_of_day_goes_on) {
    ASSERT_TRUE(rig.online());
    rig.chip.clock.set_wall(UnixTime(1'900'000'000));
    sleep_once();
    const auto before = rig.chip.clock.wall().value();
    wake();
    EXPECT_EQ(rig.chip.clock.wall().value(), before + std::chrono::duration_cast<UnixTime>(Duration(pause)));
}

TEST_F(Sleeper, a_factory_reset_forgets_the_link) {
    sleep_once();
    wake();
    rig.settings("factory-reset yes\n");
    rig.run_until([] { return false; }, 1min);
    ASSERT_TRUE(rig.restarted);
    ASSERT_FALSE(rig.firmware->sleeps());
    record::keep_known_link(rig.chip.retained_ram,
                            {.ssid = chip::Ssid{}, .bssid = {}, .channel = 1, .ip = {}, .lease = {}});
    chip::KnownLink old;
    ASSERT_TRUE(old.ssid.assign("Home"));
    record::keep_known_link(rig.chip.retained_ram, old);
    boot(ResetReason::software);
    EXPECT_FALSE(record::take_known_link(rig.chip.retained_ram));
}

// Wherever the power goes, the device comes to sleep, and wakes to the same network.
ESB_REENTRANT(Sleeper, it_sleeps_and_wakes_twice) {
    ASSERT_TRUE(rig.online());
    for (int i = 0; i < 2; ++i) {
        if (i == 0) author();
        ASSERT_TRUE(falls_asleep());
        wake();
    }
    ASSERT_TRUE(falls_asleep());
    EXPECT_TRUE(rig.printed("as before the sleep"));
}

struct SleeperWithImages : testing::Test {
    void author() { ASSERT_TRUE(rig.device->sleep_for(pause)); }
    bool falls_asleep(Duration limit = 5min) {
        rig.run_until([] { return false; }, limit);
        return rig.firmware->sleeps().has_value();
    }
    void boot(ResetReason reason) {
        rig.boot(reason);
        if (!rig.device->safe_mode()) author();
    }
    void wake() {
        const auto time = rig.firmware->sleeps();
        ASSERT_TRUE(time);
        rig.firmware.reset();
        rig.world.run_for(*time);
        boot(ResetReason::deep_sleep);
    }
    HealthRig rig;
};

TEST_F(SleeperWithImages, an_update_and_its_trial_keep_it_awake_and_it_sleeps_when_confirmed) {
    author();
    ASSERT_TRUE(falls_asleep());
    wake();
    ASSERT_TRUE(rig.online());
    rig.offer(rig.image_2);
    ASSERT_FALSE(falls_asleep()) << "it restarts";
    boot(ResetReason::software);
    EXPECT_EQ(rig.choice.slot, chip::SlotId::b);
    EXPECT_EQ(rig.device->may_sleep().error(), errors::sleep_update) << "on trial";
    ASSERT_TRUE(falls_asleep());
    EXPECT_NE(rig.broker.latest(rig.topic("ota/status")).find(R"("state":"confirmed")"), std::string::npos);
    wake();
    EXPECT_EQ(rig.choice.slot, chip::SlotId::b);
    ASSERT_TRUE(falls_asleep());
}

TEST_F(SleeperWithImages, wakes_are_no_crashes_and_end_a_row_of_them) {
    author();
    ASSERT_TRUE(falls_asleep());
    for (int i = 0; i < 5; ++i) {
        wake();
        ASSERT_TRUE(falls_asleep());
    }
    EXPECT_FALSE(rig.device->safe_mode());
    for (int i = 0; i < 4; ++i) {
        wake();
        boot(ResetReason::panic);
        ASSERT_FALSE(rig.device->safe_mode()) << "each has slept well since";
        ASSERT_TRUE(falls_asleep());
    }
    wake();
    for (int i = 0; i < 3; ++i) boot(ResetReason::panic);
    EXPECT_TRUE(rig.device->safe_mode()) << "three in a row are three in a row";
}

}  // namespace
}  // namespace esb
