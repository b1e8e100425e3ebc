// The power goes before, inside and after every flash operation of a renewal: one certificate is in use afterwards,
// whole and with its key.
#include "esb/life/client_keys.hpp"
#include "host/vchip/key_value.hpp"
#include "host/vchip/sim_parts.hpp"
#include "support/cuts.hpp"
#include "support/fake_ca.hpp"
#include "support/nvs_key.hpp"

#include <gtest/gtest.h>

#include <array>

namespace esb::life {
namespace {

using test::FakeCa;
namespace names = settings::names;
constexpr std::size_t flash_size = 6 * vchip::erase_unit;

struct Device {
    Device(vchip::Flash& flash, std::uint64_t seed)
        : key_value(vchip::Region(flash, 0, flash_size), test::nvs_cipher()), entropy{seed} {}

    Status start() {
        ESB_TRY(key_value.mount());
        const auto loaded = store.load();
        return loaded ? Status() : fail(loaded.error());
    }
    // As device/renewal.cpp does it, up to the broker's round trip.
    Status renew(FakeCa& ca, bool confirms) {
        const auto pair = keys.spare();
        if (!pair) return fail(pair.error());
        std::array<std::uint8_t, 512> room;
        const auto request = crypto::make_request(pair->secret, "ESP-1", entropy, room);
        if (!request) return fail(request.error());
        const auto issued = ca.device(*request, UnixTime(0), UnixTime(4'000'000'000));
        const auto name = shelf.put(issued);
        if (!name) return fail(name.error());
        settings::Patch patch(schema, settings::Origin::firmware);
        ESB_TRY(patch.set_bytes(names::trusts[0].certificate, *name));
        ESB_TRY(store.stage(patch));
        return confirms ? store.confirm(settings::Stage::broker) : store.revert();
    }
    // The certificate in use, if it is whole and has its key.
    std::string working() const {
        std::array<std::uint8_t, settings::Shelf::longest> room;
        const auto der = shelf.get(store.bytes(names::trusts[0].certificate), room);
        if (!der) return "no certificate";
        const auto facts = crypto::read_certificate(*der);
        if (!facts) return "a broken certificate";
        const auto pair = keys.find(facts->key);
        return pair ? std::string(as_text(*der)) : "no key";
    }

    settings::Schema schema;
    vchip::KeyValue key_value;
    vchip::SimEntropy entropy;
    settings::Store store{key_value, schema};
    settings::Shelf shelf{key_value, store};
    ClientKeys keys{key_value, entropy, shelf};
};

void expect_survival(const char* what, bool confirms, std::uint64_t stride) {
    FakeCa ca;
    std::string first, second;
    vchip::CutScenario scenario;
    scenario.prepare = [&] {
        vchip::MemoryStore memory(flash_size);
        vchip::Flash flash(memory);
        Device device(flash, 1);
        EXPECT_TRUE(device.start());
        EXPECT_TRUE(device.renew(ca, true));
        first = device.working();
        return memory;
    };
    scenario.run = [&](vchip::Flash& flash) {
        Device device(flash, 2);
        second.clear();
        if (!device.start()) return;
        // Twice: the third key's place may not be the first's.
        if (!device.renew(ca, confirms) || !device.renew(ca, confirms)) return;
        second = device.working();
    };
    scenario.check = [&](vchip::Flash& flash) -> vchip::Verdict {
        Device device(flash, 3);
        if (const auto started = device.start(); !started) return std::string(started.error().name());
        const auto now = device.working();
        if (now.size() < 100) return now;
        if (!confirms && now != first) return "a certificate that was taken back is in use";
        if (!second.empty() && now != second) return "what was kept is lost";
        // It goes on from there.
        const auto again = device.renew(ca, true);
        if (!again) return "not renewed: " + std::string(again.error().name());
        return device.working().size() < 100 ? "after it: " + device.working() : "";
    };
    EXPECT_TRUE(test::survives_cuts(what, scenario, {.seeds = 1, .stride = stride}));
}

TEST(RenewalCuts, one_certificate_works_whenever_the_power_goes) { expect_survival("renewal", true, 1); }
TEST(RenewalCuts, what_the_broker_refuses_leaves_the_one_before) { expect_survival("refused renewal", false, 2); }

}  // namespace
}  // namespace esb::life
