#include "host/cli/factory.hpp"

#include "esb/crypto/password.hpp"
#include "esb/life/birth.hpp"
#include "esb/life/given_identity.hpp"
#include "host/cli/image_file.hpp"
#include "tests/unit/cli/factory_rig.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>

namespace esb::cli {
namespace {

using test::Flash;
using test::Folder;
using test::make;
using test::order;
using testing::HasSubstr;

// Every file of a batch but the folder's lock.
std::map<std::string, std::string> contents(const std::filesystem::path& folder) {
    std::map<std::string, std::string> all;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        std::ifstream file(entry.path(), std::ios::binary);
        all[entry.path().filename()] = std::string(std::istreambuf_iterator<char>(file), {});
    }
    return all;
}

class NoEntropy final : public chip::Entropy {
public:
    Status fill(MutBytes) override { return fail(errors::no_entropy); }
};

struct Lines final : life::BirthLines {
    void show(std::string_view line) override { all.emplace_back(line); }
    bool all_seen() override { return true; }
    std::vector<std::string> all;
};

TEST(Factory, gives_each_device_an_identity_and_secrets_of_its_own) {
    const Folder folder;
    auto wanted = order(folder, 5);
    wanted.batch.kind.lock = true;
    wanted.batch.kind.encryption = NvsEncryption::flash;
    const auto made = make(wanted);
    ASSERT_TRUE(made) << made.error().line;
    EXPECT_EQ(made->fresh, 5U);
    EXPECT_EQ(made->identities.front(), "GH-000001");
    EXPECT_EQ(made->identities.back(), "GH-000005");
    const auto ledger = parse_ledger(folder.read("line/ledger"));
    ASSERT_TRUE(ledger) << ledger.error().line;
    std::set<std::string> secrets;
    for (const auto& [batch, device] : ledger->devices) {
        secrets.insert({device.psk, device.ap_password, device.console_password, device.salt, device.nvs_key});
        EXPECT_THAT(device.psk, testing::MatchesRegex("[0-9a-f]{32}"));
        EXPECT_THAT(device.ap_password, testing::MatchesRegex("[a-z2-9]{12}"));
        EXPECT_THAT(device.console_password, testing::MatchesRegex("[a-z2-9]{12}"));
    }
    EXPECT_EQ(secrets.size(), 25U);
}

TEST(Factory, writes_files_that_only_their_owner_can_read) {
    const Folder folder;
    auto wanted = order(folder, 2);
    wanted.batch.kind.encryption = NvsEncryption::hmac;
    ASSERT_TRUE(make(wanted));
    EXPECT_EQ(folder.mode("line"), 0700U);
    EXPECT_EQ(folder.mode("line/1"), 0700U);
    for (const auto* file :
         {"ledger", "1/GH-000001.nvs.bin", "1/GH-000002.hmac_key.bin", "1/accounts.csv", "1/labels.pdf"})
        EXPECT_EQ(folder.mode(std::string("line/") + file), 0600U) << file;
}

TEST(Factory, the_same_order_again_issues_nothing_and_mends_what_is_missing) {
    const Folder folder;
    ASSERT_TRUE(make(order(folder, 3)));
    const auto ledger = folder.read("line/ledger");
    const auto first = contents(folder / "line/1");
    std::filesystem::remove(folder / "line/1/GH-000002.nvs.bin");
    folder.write("line/1/GH-000003.nvs.bin", "half");
    std::filesystem::remove(folder / "line/1/labels.pdf");
    const auto again = make(order(folder, 3));
    ASSERT_TRUE(again) << again.error().line;
    EXPECT_EQ(again->fresh, 0U);
    EXPECT_EQ(folder.read("line/ledger"), ledger);
    EXPECT_EQ(contents(folder / "line/1"), first) << "byte for byte";
}

TEST(Factory, a_batch_grows_and_another_one_goes_on_counting) {
    const Folder folder;
    ASSERT_TRUE(make(order(folder, 2)));
    const auto more = make(order(folder, 3));
    ASSERT_TRUE(more) << more.error().line;
    EXPECT_EQ(more->fresh, 1U);
    auto second = order(folder, 2);
    second.batch.name = "2";
    EXPECT_THAT(make(second)->identities, testing::ElementsAre("GH-000004", "GH-000005"));
    EXPECT_THAT(make(order(folder, 2)).error().line, HasSubstr("3 devices already"));
}

// A kill can come within the writing of any line, and at any time after it.
TEST(Factory, a_run_that_was_killed_at_any_byte_of_its_ledger_is_gone_on_with) {
    const Folder folder;
    ASSERT_TRUE(make(order(folder, 2)));
    const auto whole = folder.read("line/ledger");
    const auto before = parse_ledger(whole)->devices;
    for (std::size_t cut = ledger_head.size(); cut < whole.size(); cut += 11) {
        std::filesystem::remove_all(folder / "line/1");
        folder.write("line/ledger", whole.substr(0, cut));
        const auto kept = parse_ledger(whole.substr(0, cut))->devices;
        const auto made = make(order(folder, 2));
        ASSERT_TRUE(made) << cut << ": " << made.error().line;
        const auto after = parse_ledger(folder.read("line/ledger"))->devices;
        ASSERT_EQ(after.size(), 2U);
        for (std::size_t i = 0; i < 2; ++i) {
            EXPECT_EQ(after[i].device.identity, before[i].device.identity);
            EXPECT_EQ(after[i].device.psk == before[i].device.psk, i < kept.size()) << cut;
            EXPECT_EQ(Flash(folder.read("line/1/" + nvs_file(after[i].device.identity))).store.values.count("cfg.a"),
                      1U);
        }
    }
}

TEST(Factory, refuses_a_ledger_that_is_damaged_or_that_others_can_read) {
    const Folder folder;
    ASSERT_TRUE(make(order(folder, 2)));
    const auto whole = folder.read("line/ledger");
    auto damaged = whole;
    damaged[whole.find("GH-000001") + 8] = '7';
    folder.write("line/ledger", damaged);
    EXPECT_THAT(make(order(folder, 3)).error().line, HasSubstr("line 3 is damaged"));
    EXPECT_EQ(folder.read("line/ledger"), damaged);
    folder.write("line/ledger", whole);
    std::filesystem::permissions(folder / "line/ledger", std::filesystem::perms(0640));
    EXPECT_THAT(make(order(folder, 3)).error().line, HasSubstr("can be read by others"));
    EXPECT_EQ(folder.read("line/ledger"), whole);
}

TEST(Factory, refuses_a_batch_with_other_options) {
    const Folder folder;
    ASSERT_TRUE(make(order(folder, 1)));
    auto other = order(folder, 2);
    other.batch.kind.lock = true;
    EXPECT_THAT(make(other).error().line, HasSubstr("was begun with other options"));
    other = order(folder, 2);
    other.batch.prefix = "ZZ";
    EXPECT_THAT(make(other).error().line, HasSubstr("was begun with other options"));
}

TEST(Factory, begins_no_batch_with_settings_that_a_device_refuses) {
    const Folder folder;
    auto wanted = order(folder, 1);
    wanted.batch.kind.settings = {{"mqtt.0.port", "70000", false, false}};
    EXPECT_THAT(make(wanted).error().line, HasSubstr("mqtt.0.port"));
    wanted.batch.kind.settings = {{"no.such", "1", false, false}};
    EXPECT_THAT(make(wanted).error().line, HasSubstr("setting."));
    EXPECT_EQ(folder.read("line/ledger"), ledger_head);
    EXPECT_TRUE(make(order(folder, 1)));
}

TEST(Factory, does_not_issue_what_a_broker_would_refuse) {
    const Folder folder;
    auto wanted = order(folder, 1);
    wanted.batch.prefix = "homeassistant";
    EXPECT_THAT(make(wanted).error().line, HasSubstr("homeassistant"));
    wanted.batch.prefix = std::string(30, 'x');
    EXPECT_THAT(make(wanted).error().line, HasSubstr("at most 32"));
}

TEST(Factory, stops_when_random_numbers_repeat) {
    class Stuck final : public chip::Entropy {
    public:
        Status fill(MutBytes out) override {
            for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::uint8_t>(i);
            return {};
        }
    } entropy;
    const Folder folder;
    const auto made = run_factory(order(folder, 2), entropy, [](std::size_t, std::size_t) {});
    ASSERT_FALSE(made);
    EXPECT_THAT(made.error().line, HasSubstr("came twice"));
    EXPECT_EQ(parse_ledger(folder.read("line/ledger"))->devices.size(), 1U);
    NoEntropy none;
    auto other = order(folder, 2);
    other.batch.name = "2";
    EXPECT_THAT(run_factory(other, none, [](std::size_t, std::size_t) {}).error().line, HasSubstr("no_entropy"));
}

// The device's own code finds nothing left to make, and nothing to show.
TEST(Factory, a_flashed_device_is_born_already) {
    const Folder folder;
    auto wanted = order(folder, 1);
    wanted.batch.kind.lock = true;
    wanted.batch.kind.settings = {{"mqtt.0.host", "broker.example", false, false}};
    ASSERT_TRUE(make(wanted));
    const auto device = parse_ledger(folder.read("line/ledger"))->devices[0].device;
    Flash flash(folder.read("line/1/GH-000001.nvs.bin"));
    EXPECT_EQ(life::given_identity(flash.store).value()->view(), "GH-000001");
    const settings::Schema schema;
    settings::Store store(flash.store, schema);
    EXPECT_EQ(store.load().value(), settings::Loaded::stored);
    EXPECT_EQ(hex_text(store.bytes(settings::names::mqtt_psk)), device.psk);
    EXPECT_EQ(store.text(settings::names::mqtt_ident), "GH-000001");
    EXPECT_EQ(store.text(settings::names::ap_pass), device.ap_password);
    EXPECT_EQ(store.text(settings::names::mqtt_host), "broker.example");
    EXPECT_TRUE(crypto::check_password(store.bytes(settings::names::console_password), device.console_password));
    NoEntropy none;
    Lines lines;
    const auto writes = flash.store.writes();
    ASSERT_TRUE(life::be_born({store, schema, flash.store, none, lines}, *make_identity("GH-000001"), false));
    EXPECT_THAT(lines.all, testing::ElementsAre("MQTT ident=GH-000001"));
    EXPECT_EQ(flash.store.writes(), writes);
}

TEST(Factory, an_encrypted_image_opens_with_its_device_s_key_only) {
    const Folder folder;
    auto wanted = order(folder, 2);
    wanted.batch.kind.encryption = NvsEncryption::flash;
    ASSERT_TRUE(make(wanted));
    const auto image = folder.read("line/1/GH-000001.nvs.bin");
    const auto cipher_of = [&](const std::string& file) {
        return std::move(*nvs::Cipher::make(nvs::read_keys_partition(as_bytes(folder.read("line/1/" + file))).value()));
    };
    const auto own = cipher_of("GH-000001.nvs_keys.bin");
    EXPECT_EQ(Flash(image, &own).store.values.count("cfg.a"), 1U);
    const auto other = cipher_of("GH-000002.nvs_keys.bin");
    EXPECT_FALSE(nvs::read_image(as_bytes(image), &other));
    const auto device = parse_ledger(folder.read("line/ledger"))->devices[0].device;
    EXPECT_EQ(image.find(device.ap_password), std::string::npos);
}

}  // namespace
}  // namespace esb::cli
