// A whole device whose flash rots or loses power: what was closed stays closed.
#include "esb/life/commissioned.hpp"
#include "esb/device/core.hpp"
#include "esb/device/status_json.hpp"
#include "esb/ota/errors.hpp"
#include "esb/ota/records.hpp"
#include "host/vchip/sim_chip.hpp"
#include "support/cuts.hpp"
#include "support/nvs_key.hpp"
#include "support/raw_flash.hpp"
#include "support/test_signer.hpp"
#include "support/update_rig.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <iostream>
#include <string>

namespace esb {
namespace {

constexpr std::string_view password = "swordfish77";
constexpr std::size_t nvs_at = 0x9000;
constexpr std::size_t nvs_size = 0x6000;

struct Signers {
    test::TestSigner revoked{"compiled in"};
    test::TestSigner second{"second"};
    std::string first_key = revoked.public_text();
    std::string_view compiled[1] = {first_key};
    AppDesc app{{"test", "vchip", "1.0.0", 41}, compiled};
};
Signers& signers() {
    static Signers made;
    return made;
}

// What an attacker could find out about a device by trying.
struct View {
    bool boots = false;
    bool lost = false;
    bool locked = false;
    bool commissioned = false;
    bool key_was_used = false;
    std::uint32_t floor = 0;
    std::string by_revoked, by_old_counter, by_quarantined;
    std::string printed;
};

void boot(vchip::Flash& flash, const std::function<void(Core&, vchip::SimChip&)>& act) {
    vchip::SimWorld world;
    vchip::SimNetwork network(world);
    vchip::SimChip chip(network, flash);
    if (!chip.boot_again()) return;
    chip.run([&](chip::Chip& ports) {
        Core core(ports, signers().app, link::Limits());
        core.policy.wifi.portal_available = false;
        core.start();
        core.turn(Duration(1));
        act(core, chip);
    });
}

std::string error_of(const Status& outcome) { return outcome ? "accepted" : std::string(outcome.error().name()); }

std::string quarantined_manifest() {
    test::Manifest manifest;
    manifest.app = "test";
    manifest.ver = "9";
    manifest.seq = 90;
    manifest.size = 1000;
    manifest.sha256 = std::string(64, 'd');
    return manifest.json();
}

View look(vchip::Flash& flash) {
    auto& by = signers();
    static const auto revoked = by.revoked.envelope("esb-command", R"({"cmd":"cancel","ctr":900})");
    static const auto old = by.second.envelope("esb-command", R"({"cmd":"cancel","ctr":7})");
    static const auto bad = by.second.envelope("esb-update", quarantined_manifest());
    View view;
    boot(flash, [&](Core& core, vchip::SimChip& chip) {
        view.boots = true;
        view.printed = chip.uart.take_output();
        view.lost = core.updates.updater().trust_lost();
        view.locked = core.console.locked();
        view.commissioned = core.commissioned.is();
        view.key_was_used = core.commissioned.key_was_used();
        view.floor = core.updates.updater().floor();
        view.by_revoked = error_of(core.updates.updater().offer(as_bytes(revoked)));
        view.by_old_counter = error_of(core.updates.updater().offer(as_bytes(old)));
        view.by_quarantined = error_of(core.updates.updater().offer(as_bytes(bad)));
    });
    return view;
}

// Empty when nothing has opened.
std::string opened(const View& view) {
    if (!view.boots) return {};
    if (!view.locked) return "the console is open";
    if (!view.commissioned || !view.key_was_used) return "the device takes itself for new";
    if (view.floor < 40) return "the floor fell";
    const auto refused = [](const std::string& error, std::string_view why) {
        return error == why || error == "trust.lost";
    };
    if (!refused(view.by_revoked, "key.unknown")) return "the revoked key: " + view.by_revoked;
    if (!refused(view.by_old_counter, "ota.counter")) return "an old command: " + view.by_old_counter;
    if (!refused(view.by_quarantined, "ota.quarantined")) return "a quarantined image: " + view.by_quarantined;
    if (view.printed.find(" psk=") != std::string::npos && view.printed.find("settings: both") == std::string::npos) {
        return "the key was told again";
    }
    return {};
}

ota::KeySet second_set(std::uint32_t version) {
    ota::KeySet set;
    set.version = version;
    EXPECT_TRUE(set.keys.push_back(*ota::parse_key(signers().second.public_text())));
    return set;
}
ota::BadList bad_list() {
    crypto::Digest digest;
    digest.fill(0xDD);
    ota::BadList list;
    list.add(digest);
    return list;
}

// A device with everything that can be closed.
vchip::MemoryStore closed_device() {
    vchip::MemoryStore memory(vchip::default_flash_size);
    vchip::Flash flash(memory);
    boot(flash, [](Core&, vchip::SimChip&) {});
    boot(flash, [](Core& core, vchip::SimChip& chip) {
        const ota::Records records(chip.chip().key_value);
        EXPECT_TRUE(records.floor.save(40));
        EXPECT_TRUE(records.counter.save(7));
        EXPECT_TRUE(records.config_counter.save(8));
        EXPECT_TRUE(records.keys.save(second_set(2)));
        EXPECT_TRUE(records.bad.save(bad_list()));
        EXPECT_TRUE(life::Commissioned(chip.chip().key_value).note());
        chip.uart.type("lock set " + std::string(password) + "\nlock\n");
        core.turn(Duration(100));
    });
    return memory;
}

const std::set<std::string>& trust_keys() {
    static const auto keys = [] {
        std::set<std::string> all{"trust", "cfg.a", "cfg.b"};
        using namespace settings::trust_names;
        for (const auto& name : {floor, key_set, command_counter, quarantine, config_counter, commissioned, key_used,
                                 birth_shown, lock_guesses, local_settings, reset_due}) {
            all.insert(std::string(name.key) + ".a");
            all.insert(std::string(name.key) + ".b");
        }
        return all;
    }();
    return keys;
}

TEST(Trust, a_closed_device_is_closed) {
    auto memory = closed_device();
    vchip::Flash flash(memory);
    const auto view = look(flash);
    EXPECT_EQ(opened(view), "");
    EXPECT_FALSE(view.lost);
    EXPECT_EQ(view.by_revoked, "key.unknown");
    EXPECT_EQ(view.by_old_counter, "ota.counter");
    EXPECT_EQ(view.by_quarantined, "ota.quarantined");
}

TEST(Trust, no_rotten_bit_opens_it) {
    const auto whole = closed_device();
    const auto bits = test::bits_of(whole, nvs_at, nvs_size, trust_keys(), &test::nvs_cipher());
    const std::size_t stride = std::max<std::size_t>(1, 61 / test::cut_factor());
    unsigned flipped = 0;
    unsigned closed = 0;
    for (std::size_t i = 0; i < bits.size(); i += stride) {
        auto rotten = whole;
        test::flip_bit(rotten, bits[i]);
        vchip::Flash flash(rotten);
        const auto view = look(flash);
        ASSERT_TRUE(view.boots) << bits[i];
        ASSERT_EQ(opened(view), "") << "bit " << bits[i];
        closed += view.lost ? 1 : 0;
        ++flipped;
    }
    EXPECT_EQ(closed, 0U);
    std::cout << "[  rot     ] " << flipped << " of " << bits.size() << " bits of a device, " << closed
              << " closed it\n";
}

TEST(Trust, no_pair_of_rotten_bits_opens_it) {
    const auto whole = closed_device();
    const auto bits = test::bits_of(whole, nvs_at, nvs_size, trust_keys(), &test::nvs_cipher());
    const unsigned pairs = 150 * test::cut_factor();
    unsigned closed = 0;
    std::uint64_t random = 1;
    const auto draw = [&] {
        random = random * 6364136223846793005ULL + 1442695040888963407ULL;
        return bits[(random >> 33) % bits.size()];
    };
    for (unsigned pair = 0; pair < pairs; ++pair) {
        auto rotten = whole;
        const auto first = draw();
        const auto second = draw();
        test::flip_bit(rotten, first);
        if (second != first) test::flip_bit(rotten, second);
        vchip::Flash flash(rotten);
        const auto view = look(flash);
        ASSERT_EQ(opened(view), "") << first << " and " << second;
        closed += view.lost ? 1 : 0;
    }
    std::cout << "[  rot     ] " << pairs << " pairs of bits of a device, " << closed << " closed it\n";
}

// Both mirrors of a record gone, by whatever: refused by name, told at the console, in the recorder and in the status;
// repaired by a person at the device.
TEST(Trust, what_is_lost_closes_the_device_until_it_is_repaired) {
    using namespace settings::trust_names;
    for (const auto& name : {floor, key_set, command_counter, quarantine, config_counter}) {
        auto memory = closed_device();
        vchip::Flash flash(memory);
        boot(flash, [&](Core&, vchip::SimChip& chip) {
            EXPECT_TRUE(chip.chip().key_value.remove(std::string(name.key) + ".a"));
            EXPECT_TRUE(chip.chip().key_value.put(std::string(name.key) + ".b", as_bytes("rot")));
        });
        const auto view = look(flash);
        EXPECT_TRUE(view.lost) << name.key;
        EXPECT_EQ(view.by_revoked, "trust.lost");
        EXPECT_NE(view.printed.find("trust.lost"), std::string::npos) << view.printed;
        boot(flash, [&](Core& core, vchip::SimChip& chip) {
            std::array<char, status_json_max> text;
            EXPECT_NE(status_json(core.snapshot.read(), core.subscriptions, {}, text).find(R"("trust":"lost")"), std::string_view::npos);
            EXPECT_EQ(core.updates.updater().progress().error, Error(errors::trust_lost));
            chip.uart.take_output();
            chip.uart.type("trust repair 20\nunlock " + std::string(password) + "\nlog\ntrust repair 20\n");
            core.turn(Duration(100));
            core.turn(Duration(100));
            const auto said = chip.uart.take_output();
            EXPECT_NE(said.find("console.locked"), std::string::npos) << said;
            EXPECT_NE(said.find("trust.lost"), std::string::npos) << "in the recorder: " << said;
            EXPECT_NE(said.find("made anew"), std::string::npos) << said;
            EXPECT_FALSE(core.updates.updater().trust_lost());
        });
        boot(flash, [&](Core& core, vchip::SimChip&) {
            EXPECT_FALSE(core.updates.updater().trust_lost()) << name.key;
            EXPECT_EQ(core.updates.updater().floor(), name.key == floor.key ? 41U : 40U);
            auto& by = signers();
            const bool keys_lost = name.key == key_set.key;
            auto& trusted = keys_lost ? by.revoked : by.second;
            const bool counter_lost = name.key == command_counter.key;
            const auto old = trusted.envelope(
                "esb-command", counter_lost ? R"({"cmd":"cancel","ctr":20})" : R"({"cmd":"cancel","ctr":7})");
            const auto next = trusted.envelope("esb-command", R"({"cmd":"cancel","ctr":21})");
            EXPECT_EQ(error_of(core.updates.updater().offer(as_bytes(old))), "ota.counter") << name.key;
            EXPECT_EQ(error_of(core.updates.updater().offer(as_bytes(next))), "accepted") << name.key;
        });
    }
}

// The settings fall back by a generation, or are gone: what was decided at the device does not.
TEST(Trust, local_only_settings_outlive_their_generation) {
    for (const auto& gone : {std::set<std::string>{"cfg.a"}, {"cfg.b"}, {"cfg.a", "cfg.b"}}) {
        auto memory = closed_device();
        vchip::Flash flash(memory);
        boot(flash, [&](Core&, vchip::SimChip& chip) {
            for (const auto& key : gone) EXPECT_TRUE(chip.chip().key_value.remove(key));
        });
        boot(flash, [&](Core& core, vchip::SimChip& chip) {
            EXPECT_TRUE(core.console.locked());
            EXPECT_FALSE(core.updates.updater().trust_lost());
            chip.uart.type("unlock " + std::string(password) + "\n");
            core.turn(Duration(100));
            EXPECT_FALSE(core.console.locked()) << "by its own password";
        });
    }
}

TEST(Trust, without_settings_and_their_copy_the_console_stays_locked_until_a_reset) {
    auto memory = closed_device();
    vchip::Flash flash(memory);
    boot(flash, [&](Core&, vchip::SimChip& chip) {
        for (const auto* key : {"cfg.a", "cfg.b", "cfg.local.a", "cfg.local.b"}) {
            EXPECT_TRUE(chip.chip().key_value.put(key, as_bytes("rot")));
        }
    });
    for (int start = 0; start < 2; ++start) {
        boot(flash, [&](Core& core, vchip::SimChip& chip) {
            EXPECT_TRUE(core.console.locked());
            EXPECT_TRUE(core.updates.updater().trust_lost());
            chip.uart.take_output();
            chip.uart.type("unlock " + std::string(password) + "\n");
            core.turn(Duration(100));
            EXPECT_TRUE(core.console.locked());
            EXPECT_NE(chip.uart.take_output().find("trust.lost"), std::string::npos);
        });
    }
    boot(flash, [&](Core& core, vchip::SimChip&) { EXPECT_TRUE(core.restart.reset(core.chip.key_value, false)); });
    boot(flash, [&](Core& core, vchip::SimChip&) {
        EXPECT_FALSE(core.console.locked());
        EXPECT_FALSE(core.updates.updater().trust_lost());
        EXPECT_EQ(core.updates.updater().floor(), 40U) << "a reset opens nothing of this";
    });
}

// ---- a firmware from before the mirrors, and loss of power while its records are taken over

vchip::MemoryStore device_of_the_first_firmware() {
    vchip::MemoryStore memory(vchip::default_flash_size);
    vchip::Flash flash(memory);
    boot(flash, [](Core& core, vchip::SimChip& chip) {
        chip.uart.type("lock set " + std::string(password) + "\n");
        core.turn(Duration(100));
        auto& store = chip.chip().key_value;
        const auto put = [&store](std::string_view key, const auto& value) {
            std::array<std::uint8_t, 600> record;
            ByteWriter writer(MutBytes(record).subspan(1));
            using settings::encode;
            encode(value, writer);
            const auto sealed = MutBytes(record).first(writer.size() + settings::seal_overhead);
            settings::seal(key, 1, sealed);
            EXPECT_TRUE(store.put(key, sealed));
        };
        put("ota.floor", std::uint32_t{40});
        put("ota.ctr", std::uint32_t{7});
        put("ota.keys", second_set(2));
        put("ota.bad", bad_list());
        const std::uint8_t one = 1;
        for (const auto* key : {"commissioned", "key.used", "born.shown"}) EXPECT_TRUE(store.put(key, {&one, 1}));
        for (const auto* key : {"born.shown.a", "born.shown.b", "trust", "cfg.local.a", "cfg.local.b"}) {
            EXPECT_TRUE(store.remove(key));
        }
    });
    return memory;
}

TEST(Trust, takes_over_the_first_firmwares_records_wherever_the_power_goes) {
    vchip::CutScenario scenario;
    std::uint32_t floor_noted = 0;
    scenario.prepare = device_of_the_first_firmware;
    scenario.run = [&](vchip::Flash& flash) {
        floor_noted = 40;
        boot(flash, [&](Core&, vchip::SimChip& chip) {
            const ota::Records records(chip.chip().key_value);
            if (records.floor.save(41)) floor_noted = 41;
            static_cast<void>(records.keys.save(second_set(3)));
        });
    };
    scenario.check = [&](vchip::Flash& flash) -> std::string {
        const auto view = look(flash);
        if (!view.boots) return "it does not boot";
        if (view.lost) return "a loss of power closed the device";
        if (view.floor < floor_noted) return "the floor fell";
        return opened(view);
    };
    EXPECT_TRUE(test::survives_cuts("take-over", scenario, {.seeds = 1}));
}

}  // namespace
}  // namespace esb
