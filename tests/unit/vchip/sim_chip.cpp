#include "host/vchip/sim_chip.hpp"

#include "host/vchip/flash_store.hpp"

#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

using namespace esb;
using namespace esb::vchip;
using chip::Endpoint;
using chip::Interest;
using chip::IpAddress;
using chip::ResetReason;
using chip::SlotId;
using chip::SlotState;
using Kind = chip::RadioEvent::Kind;

namespace {

std::vector<std::uint8_t> image(const char* path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

struct Sim : testing::Test {
    SimWorld world;
    SimNetwork network{world};
    MemoryStore store{default_flash_size};
    Flash flash{store};
    SimChip device{network, flash, {.mac = {2, 0, 0, 0, 0, 9}}};

    void install(SlotId slot, const char* path) {
        const auto region = slot_region(flash, device.partitions(), slot);
        const auto bytes = image(path);
        ASSERT_TRUE(region->erase(0, (bytes.size() + erase_unit - 1) / erase_unit * erase_unit));
        ASSERT_TRUE(region->program(0, bytes));
    }
    void join(chip::Chip& chip) {
        device.radio.add_network("Home", "correct horse");
        chip::StationConfig home;
        ASSERT_TRUE(home.ssid.assign("Home"));
        ASSERT_TRUE(home.passphrase.assign(as_bytes("correct horse")));
        ASSERT_TRUE(chip.radio.start("", ""));
        ASSERT_TRUE(chip.radio.join(home));
        while (!device.radio.has_address()) ASSERT_TRUE(chip.sockets.wait({}, Duration(1000)));
    }
};

}  // namespace

TEST_F(Sim, runs_a_function_as_firmware_and_says_how_it_ended) {
    ASSERT_TRUE(device.boot(ResetReason::power_on));
    EXPECT_EQ(device.run([](chip::Chip& chip) { EXPECT_EQ(chip.system.hardware(), "vchip"); }), SimEnd::returned);
    EXPECT_EQ(device.run([](chip::Chip& chip) { chip.system.restart(); }), SimEnd::restart);
    ASSERT_TRUE(device.boot_again());
    EXPECT_EQ(device.system.reset_reason(), ResetReason::software);
    EXPECT_EQ(device.system.station_mac()[5], 9);
}

TEST_F(Sim, the_clock_starts_at_every_boot) {
    world.run_for(Duration(500));
    ASSERT_TRUE(device.boot(ResetReason::power_on));
    EXPECT_EQ(milliseconds(device.clock.now()), 0U);
    ASSERT_TRUE(device.sockets.wait({}, Duration(70)));
    EXPECT_EQ(milliseconds(device.clock.now()), 70U);
}

TEST_F(Sim, a_deep_sleep_takes_its_time_and_keeps_retained_memory) {
    ASSERT_TRUE(device.boot(ResetReason::power_on));
    device.retained_ram.bytes()[0] = 77;
    const auto before = world.now();
    EXPECT_EQ(device.run([](chip::Chip& chip) { chip.system.deep_sleep(15min); }), SimEnd::deep_sleep);
    ASSERT_TRUE(device.boot_again());
    EXPECT_EQ(world.now() - before, 15min);
    EXPECT_EQ(device.system.reset_reason(), ResetReason::deep_sleep);
    EXPECT_EQ(device.retained_ram.bytes()[0], 77);
    EXPECT_EQ(device.run([](chip::Chip&) {}), SimEnd::returned) << "the wish is over";
}

TEST_F(Sim, a_restart_keeps_retained_memory_and_wall_time_a_power_cycle_does_not) {
    ASSERT_TRUE(device.boot(ResetReason::power_on));
    device.clock.set_wall(UnixTime(1000));
    const auto ram = device.retained_ram.bytes();
    EXPECT_GE(ram.size(), 1024U);
    const std::vector<std::uint8_t> before(ram.begin(), ram.end());
    ASSERT_TRUE(device.boot(ResetReason::panic));
    EXPECT_TRUE(equal(ram, before));
    EXPECT_EQ(device.clock.wall(), UnixTime(1000));
    ASSERT_TRUE(device.power_cycle());
    EXPECT_FALSE(equal(ram, before));
    EXPECT_FALSE(device.clock.wall());
    EXPECT_EQ(device.system.reset_reason(), ResetReason::power_on);
}

TEST_F(Sim, a_watchdog_nobody_feeds_ends_the_run) {
    ASSERT_TRUE(device.boot(ResetReason::power_on));
    const auto end = device.run([](chip::Chip& chip) {
        EXPECT_EQ(chip.system.start_watchdog(Duration(0)).error(), errors::invalid_argument);
        EXPECT_TRUE(chip.system.start_watchdog(Duration(5000)));
        for (int i = 0; i < 3; ++i) {
            EXPECT_TRUE(chip.sockets.wait({}, Duration(4000)));
            chip.system.feed_watchdog();
        }
        EXPECT_EQ(chip.sockets.wait({}, Duration(60'000)).error(), errors::power_lost);
    });
    EXPECT_EQ(end, SimEnd::watchdog);
    EXPECT_EQ(milliseconds(world.now()), 17'000U);
    ASSERT_TRUE(device.boot_again());
    EXPECT_EQ(device.system.reset_reason(), ResetReason::task_watchdog);
    EXPECT_TRUE(device.alive());
}

TEST_F(Sim, the_power_cut_of_a_fault_plan_is_noticed_everywhere) {
    ASSERT_TRUE(device.boot(ResetReason::power_on));
    flash.set_plan({.cut = PowerCut{flash.operations() + 1, CutKind::after}, .failures = {}});
    const auto end = device.run([](chip::Chip& chip) {
        EXPECT_EQ(chip.key_value.mount().error(), errors::power_lost);
        EXPECT_EQ(chip.sockets.wait({}, Duration(10)).error(), errors::power_lost);
        EXPECT_EQ(chip.sockets.listen({{}, 80}, 1).error(), errors::power_lost);
    });
    EXPECT_EQ(end, SimEnd::power_lost);
    EXPECT_EQ(device.boot(ResetReason::software).error(), errors::power_lost);
    ASSERT_TRUE(device.boot_again());
    EXPECT_TRUE(device.chip().key_value.mount());
}

TEST_F(Sim, stored_values_survive_a_power_cycle) {
    ASSERT_TRUE(device.boot(ResetReason::power_on));
    EXPECT_EQ(device.chip().key_value.mount(), chip::Mount::formatted);
    ASSERT_TRUE(device.chip().key_value.put("key", as_bytes("value")));
    ASSERT_TRUE(device.power_cycle());
    EXPECT_EQ(device.chip().key_value.mount(), chip::Mount::existing);
    std::uint8_t buffer[8];
    EXPECT_EQ(as_text(*device.chip().key_value.get("key", buffer)), "value");
}

TEST_F(Sim, the_boot_loader_says_which_image_a_real_chip_would_execute) {
    SimChip picky(network, flash, {.address = IpAddress::v4(192, 0, 2, 11), .needs_image = true});
    EXPECT_EQ(picky.boot(ResetReason::power_on).error(), errors::boot_no_image);
    install(SlotId::a, VCHIP_IMAGE_1);
    auto choice = picky.boot(ResetReason::power_on);
    ASSERT_TRUE(choice);
    EXPECT_EQ(choice->slot, SlotId::a);
    EXPECT_EQ(choice->image_size, image(VCHIP_IMAGE_1).size());

    install(SlotId::b, VCHIP_IMAGE_2);
    picky.run([](chip::Chip& chip) {
        EXPECT_TRUE(chip.slots.set_boot(SlotId::b));
        chip.system.restart();
    });
    choice = picky.boot_again();
    ASSERT_TRUE(choice);
    EXPECT_EQ(choice->slot, SlotId::b);
    EXPECT_EQ(choice->state, SlotState::pending_verify);
    EXPECT_EQ(picky.chip().slots.running(), SlotId::b);
    EXPECT_EQ(picky.power_cycle()->slot, SlotId::a) << "never confirmed";
}

TEST_F(Sim, two_chips_and_a_server_interleave_in_one_thread) {
    SimSockets server(network, IpAddress::v4(192, 0, 2, 1));
    const auto listener = server.listen({IpAddress::v4(192, 0, 2, 1), 7}, 4);
    std::vector<chip::SocketId> open;
    world.add_step([&] {
        while (const auto accepted = server.accept(*listener)) open.push_back(*accepted);
        for (const auto socket : open) {
            std::uint8_t buffer[64];
            const auto got = server.receive(socket, buffer);
            if (got) {
                EXPECT_TRUE(server.send(socket, {buffer, *got}));
            }
        }
    });
    MemoryStore other_store{default_flash_size};
    Flash other_flash{other_store};
    SimChip other(network, other_flash, {.mac = {2, 0, 0, 0, 0, 8}, .address = IpAddress::v4(192, 0, 2, 12)});
    const auto echo = [&](chip::Chip& chip, std::string_view text) {
        const auto socket = chip.sockets.connect({IpAddress::v4(192, 0, 2, 1), 7});
        ASSERT_TRUE(socket);
        Interest interest{.socket = *socket, .write = true};
        ASSERT_TRUE(chip.sockets.wait({&interest, 1}, Duration(1000)));
        ASSERT_TRUE(chip.sockets.send(*socket, as_bytes(text)));
        interest = {.socket = *socket, .read = true};
        ASSERT_TRUE(chip.sockets.wait({&interest, 1}, Duration(1000)));
        std::uint8_t buffer[64];
        EXPECT_EQ(as_text({buffer, *chip.sockets.receive(*socket, buffer)}), text);
    };
    ASSERT_TRUE(device.boot(ResetReason::power_on));
    ASSERT_TRUE(other.boot(ResetReason::power_on));
    device.run([&](chip::Chip& chip) {
        EXPECT_EQ(chip.sockets.connect({IpAddress::v4(192, 0, 2, 1), 7}).error(), errors::socket_unreachable);
        join(chip);
        echo(chip, "one");
    });
    other.radio.set_air(device.radio.air());
    other.run([&](chip::Chip& chip) {
        ASSERT_TRUE(chip.radio.start("", ""));
        chip::StationConfig home;
        ASSERT_TRUE(home.ssid.assign("Home"));
        ASSERT_TRUE(home.passphrase.assign(as_bytes("correct horse")));
        ASSERT_TRUE(chip.radio.join(home));
        while (!other.radio.has_address()) ASSERT_TRUE(chip.sockets.wait({}, Duration(1000)));
        echo(chip, "two");
    });
    EXPECT_EQ(open.size(), 2U);
    device.power_off();
    EXPECT_FALSE(device.alive());
}

TEST_F(Sim, a_phone_reaches_the_access_point_of_its_chip_only) {
    constexpr Endpoint portal{IpAddress::v4(4, 3, 2, 1), 80};
    ASSERT_TRUE(device.boot(ResetReason::power_on));
    chip::AccessPointConfig config;
    ASSERT_TRUE(config.ssid.assign("ESP-TEST"));
    ASSERT_TRUE(config.passphrase.assign(as_bytes("12345678")));
    config.address = portal.address;
    ASSERT_TRUE(device.chip().radio.start("", ""));
    ASSERT_TRUE(device.chip().radio.start_access_point(config));
    const auto listener = device.chip().sockets.listen(portal, 2);
    SimSockets phone(network, SimPlace{device.access_point_realm(), IpAddress::v4(4, 3, 2, 2)});
    SimSockets stranger(network, SimPlace{0, IpAddress::v4(4, 3, 2, 3)});
    const auto socket = phone.connect(portal);
    const auto refused = stranger.connect(portal);
    world.run_for(Duration(10));
    EXPECT_TRUE(phone.connected(*socket));
    EXPECT_EQ(stranger.connected(*refused).error(), errors::socket_unreachable);
    const auto accepted = device.chip().sockets.accept(*listener);
    ASSERT_TRUE(accepted);
    EXPECT_EQ(*device.chip().sockets.local(*accepted), portal);
    ASSERT_TRUE(device.chip().radio.stop_access_point());
    EXPECT_EQ(phone.connect(portal).has_value(), true);
}

TEST_F(Sim, the_serial_port_the_button_and_the_resolver_wake_a_wait) {
    ASSERT_TRUE(device.boot(ResetReason::power_on));
    auto& chip = device.chip();
    device.uart.type("help\n");
    ASSERT_TRUE(chip.sockets.wait({}, Duration(1000)));
    std::uint8_t buffer[3];
    EXPECT_EQ(as_text({buffer, chip.uart.read(buffer)}), "hel");
    EXPECT_EQ(chip.uart.read(buffer), 2U);
    device.uart.set_write_limit(3);
    EXPECT_EQ(chip.uart.write(as_bytes("hello")), 3U);
    EXPECT_EQ(device.uart.take_output(), "hel");
    device.uart.set_drained(false);
    device.uart.set_host_connected(false);
    EXPECT_FALSE(chip.uart.drained() || chip.uart.host_connected());
    device.button.press();
    ASSERT_TRUE(chip.sockets.wait({}, Duration(1000)));
    EXPECT_TRUE(chip.button.pressed());
    device.button.release();
    ASSERT_TRUE(chip.sockets.wait({}, Duration(1000)));
    EXPECT_EQ(milliseconds(world.now()), 0U);

    device.resolver.set("broker.test", IpAddress::v4(192, 0, 2, 1), Duration(40));
    EXPECT_EQ(chip.resolver.resolve("broker.test").has_value(), true);
    EXPECT_EQ(chip.resolver.next_answer()->address.error(), errors::dns_failed) << "no link yet";
    join(chip);
    const Instant before = world.now();
    const auto query = chip.resolver.resolve("broker.test");
    ASSERT_TRUE(chip.sockets.wait({}, Duration(1000)));
    EXPECT_EQ(world.now() - before, Duration(40));
    const auto answer = chip.resolver.next_answer();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->query, *query);
    EXPECT_EQ(answer->address, IpAddress::v4(192, 0, 2, 1));
}

TEST(SimResolver, knows_its_table_only_and_is_bounded) {
    SimWorld world;
    SimNetwork network(world);
    SimSockets sockets(network, IpAddress::v4(192, 0, 2, 10));
    SimResolver resolver(world, sockets);
    resolver.set_silent("silent");
    EXPECT_EQ(resolver.resolve("").error(), errors::invalid_argument);
    ASSERT_TRUE(resolver.resolve("192.0.2.5"));
    EXPECT_EQ(*resolver.next_answer()->address, IpAddress::v4(192, 0, 2, 5));
    ASSERT_TRUE(resolver.resolve("unknown"));
    const auto silent = resolver.resolve("silent");
    const auto canceled = resolver.resolve("silent");
    EXPECT_TRUE(resolver.resolve("silent"));
    EXPECT_EQ(resolver.resolve("silent").error(), errors::full);
    resolver.cancel(*canceled);
    world.run_for(Duration(100));
    EXPECT_EQ(resolver.next_answer()->address.error(), errors::dns_not_found);
    EXPECT_FALSE(resolver.next_answer());
    world.run_for(SimResolver::silence);
    const auto answer = resolver.next_answer();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->query, *silent);
    EXPECT_EQ(answer->address.error(), errors::dns_failed);
    EXPECT_EQ(resolver.asked(), 5U);
}

TEST(SimEntropy, is_the_same_for_the_same_seed_and_can_fail) {
    std::array<std::uint8_t, 32> a{};
    std::array<std::uint8_t, 32> b{};
    SimEntropy one(7);
    SimEntropy two(7);
    ASSERT_TRUE(one.fill(a));
    ASSERT_TRUE(two.fill(b));
    EXPECT_EQ(a, b);
    ASSERT_TRUE(one.fill(a));
    EXPECT_NE(a, b);
    one.set_failing(true);
    EXPECT_EQ(one.fill(a).error(), errors::no_entropy);
}

TEST(SimUart, keeps_the_end_of_a_long_output) {
    SimWorld world;
    SimNetwork network(world);
    SimSockets sockets(network, IpAddress::v4(192, 0, 2, 10));
    SimUart uart(sockets);
    const std::string much(SimUart::output_max, 'x');
    uart.write(as_bytes(much));
    uart.write(as_bytes("end"));
    EXPECT_EQ(uart.output().size(), SimUart::output_max);
    EXPECT_TRUE(uart.output().ends_with("xend"));
}
