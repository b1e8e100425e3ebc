// Who reads the flash out finds no secret: while it is in use, after a factory reset, and wherever the power went.
#include "esb/base/encoding.hpp"
#include "support/cuts.hpp"
#include "support/device_rig.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <vector>

namespace esb {
namespace {

using test::DeviceRig;
using vchip::Flash;
using vchip::MemoryStore;

using Secrets = std::map<std::string, std::string>;  // by their names, as bytes

std::string bytes_of(ConstBytes bytes) { return std::string(as_text(bytes)); }

// As somebody would look for it: as it is, in hexadecimal digits, in base64url (a piece that does not depend on where a
// group of three begins would hide, so all three alignments).
std::vector<std::string> guises_of(const std::string& secret) {
    std::vector<std::string> guises{secret};
    std::vector<char> digits(2 * secret.size() + 4);
    auto hex = std::string(hex_encode(as_bytes(secret), digits).value());
    guises.push_back(hex);
    std::transform(hex.begin(), hex.end(), hex.begin(), [](unsigned char c) { return std::toupper(c); });
    guises.push_back(hex);
    for (std::size_t skip = 0; skip < 3; ++skip) {
        const auto piece = ConstBytes(as_bytes(secret)).subspan(skip, (secret.size() - skip) / 3 * 3);
        guises.emplace_back(base64url_encode(piece, digits).value());
    }
    return guises;
}

unsigned hits(const MemoryStore& memory, const Secrets& secrets, std::string& found) {
    std::vector<std::uint8_t> bytes(memory.size());
    EXPECT_TRUE(memory.read(0, bytes));
    const auto flash = as_text(bytes);
    unsigned count = 0;
    for (const auto& [name, secret] : secrets) {
        for (const auto& guise : guises_of(secret)) {
            if (flash.find(guise) == std::string_view::npos) continue;
            found += name + " ";
            ++count;
        }
    }
    return count;
}

// A device of somebody's: born, set up, with passwords and keys of every kind. What it holds.
Secrets set_up(DeviceRig& rig) {
    Secrets secrets;
    rig.boot(10ms);
    rig.boot(1s, [&secrets](Device& device, vchip::SimChip& chip) {
        settings::Patch patch(device.schema(), settings::Origin::firmware);
        const auto set = [&](std::string_view name, std::string_view value) {
            EXPECT_TRUE(patch.set(name, value)) << name;
            secrets[std::string(name)] = std::string(value);
        };
        EXPECT_TRUE(patch.set("wifi.0.ssid", "Home"));
        set("wifi.0.pass", "a passphrase of the Wi-Fi");
        EXPECT_TRUE(patch.set("mqtt.0.host", "broker.example"));
        EXPECT_TRUE(patch.set("mqtt.0.psk.1", "000102030405060708090a0b0c0d0e0f"));
        EXPECT_TRUE(patch.set("mqtt.0.user", "somebody"));
        set("mqtt.0.pass", "a password at the broker");
        EXPECT_TRUE(device.change_settings(patch));
        chip.uart.type("mqtt csr\r\n");
    });
    rig.boot(1s, [&secrets](Device& device, vchip::SimChip& chip) {
        const auto& settings = device.settings();
        secrets["mqtt.0.psk.0"] = bytes_of(settings.bytes("mqtt.0.psk.0"));
        secrets["mqtt.0.psk.1"] = bytes_of(std::array<std::uint8_t, 16>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15});
        secrets["ap.pass"] = settings.text("ap.pass");
        for (const std::string_view key : {"dev.key", "tls.key.0"}) {
            std::array<std::uint8_t, 128> record{};
            ASSERT_TRUE(chip.chip().key_value.get(key, record)) << key;
            secrets[std::string(key)] = bytes_of(ConstBytes(record).subspan(1, 32));
        }
    });
    return secrets;
}

void expect_all_there(const Secrets& secrets) {
    EXPECT_EQ(secrets.size(), 7U);
    for (const auto& [name, secret] : secrets) EXPECT_GE(secret.size(), 8U) << name;
}

void factory_reset(DeviceRig& rig, const Flash& flash) {
    rig.boot(1s, [](Device& device, vchip::SimChip&) { static_cast<void>(device.factory_reset(false)); });
    if (flash.powered()) rig.boot(1s);
}

TEST(Readable, a_flash_in_use_shows_no_secret) {
    MemoryStore memory(vchip::default_flash_size);
    Flash flash(memory);
    DeviceRig rig(flash);
    const auto secrets = set_up(rig);
    expect_all_there(secrets);
    std::string found;
    EXPECT_EQ(hits(memory, secrets, found), 0U) << found;
}

// The search finds what is there: a chip without the eFuses.
TEST(Readable, a_store_in_the_clear_shows_every_secret_also_after_a_reset) {
    MemoryStore memory(vchip::default_flash_size);
    Flash flash(memory);
    DeviceRig rig(flash, {.efuses = {}});
    const auto secrets = set_up(rig);
    expect_all_there(secrets);
    std::string found;
    EXPECT_EQ(hits(memory, secrets, found), secrets.size()) << found;
    factory_reset(rig, flash);
    EXPECT_GT(hits(memory, secrets, found), 0U);
}

TEST(Readable, a_factory_reset_leaves_no_secret_wherever_the_power_goes) {
    Secrets secrets;
    vchip::CutScenario scenario;
    scenario.prepare = [&] {
        MemoryStore store(vchip::default_flash_size);
        Flash flash(store);
        DeviceRig rig(flash);
        secrets = set_up(rig);
        return store;
    };
    scenario.run = [](Flash& flash) {
        DeviceRig rig(flash);
        factory_reset(rig, flash);
    };
    unsigned searched = 0;
    const auto search = [&](Flash& flash) -> vchip::Verdict {
        std::vector<std::uint8_t> bytes(flash.size());
        if (!flash.read(0, bytes)) return "the flash cannot be read";
        MemoryStore copy(flash.size());
        if (!copy.write(0, bytes)) return "no copy";
        std::string found;
        ++searched;
        return hits(copy, secrets, found) == 0 ? "" : "readable: " + found;
    };
    scenario.check = [&](Flash& flash) -> vchip::Verdict {
        if (auto verdict = search(flash); !verdict.empty()) return verdict;
        DeviceRig rig(flash);
        rig.boot(1s);
        factory_reset(rig, flash);
        return search(flash);
    };
    EXPECT_TRUE(test::survives_cuts("nothing readable", scenario, {}));
    std::cout << "[  search  ] " << searched << " searches of " << vchip::default_flash_size << " bytes for "
              << secrets.size() << " secrets, 0 hits wanted\n";
}

}  // namespace
}  // namespace esb
