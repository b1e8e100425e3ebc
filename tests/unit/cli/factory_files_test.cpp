// What goes into a factory and what comes out of it, as files.
#include "host/cli/accounts_csv.hpp"
#include "host/cli/label_sheet.hpp"
#include "host/cli/mac_list.hpp"
#include "tests/unit/cli/factory_rig.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace esb::cli {
namespace {

using test::Flash;
using test::Folder;
using test::make;
using test::order;
using test::run_esb;
using testing::HasSubstr;

TEST(Factory, of_macs_makes_the_identities_that_the_chips_make_themselves) {
    const Folder folder;
    folder.write("macs", "# reel 7\nC4:4F:33:0A:9C:35\r\nc44f330a9c36\n");
    const std::vector<std::string> line{"factory", "--out", folder / "line", "--macs", folder / "macs"};
    const auto made = run_esb(line);
    ASSERT_EQ(made.status, 0) << made.err;
    EXPECT_THAT(made.out, HasSubstr("2 new, 0 as before"));
    EXPECT_THAT(made.out, HasSubstr("esptool.py write_flash 0xc000 " + (folder / "line/1/ESP-C44F330A9C35.nvs.bin")));
    const Flash flash(folder.read("line/1/ESP-C44F330A9C36.nvs.bin"));
    EXPECT_EQ(flash.store.values.count("identity"), 0U) << "any firmware knows it";
    // One more, as a jig does that reads each chip's MAC.
    const auto more = run_esb({"factory", "--out", folder / "line", "--mac", "C4:4F:33:0A:9C:37"});
    EXPECT_THAT(more.out, HasSubstr("3 devices")) << more.err;
    const auto twice = run_esb({"factory", "--out", folder / "line", "--batch", "b", "--mac", "C4:4F:33:0A:9C:37"});
    EXPECT_EQ(twice.status, 1);
    EXPECT_THAT(twice.err, HasSubstr("was issued with the batch '1'"));
}

TEST(Factory, says_where_encrypted_images_go) {
    const Folder folder;
    const auto flash =
        run_esb({"factory", "--out", folder / "a", "--count", "1", "--prefix", "A", "--encrypt", "flash"});
    EXPECT_THAT(flash.out, HasSubstr("write_flash 0xb000 " + (folder / "a/1/A-000001.nvs_keys.bin") + " 0xc000 "))
        << flash.err;
    const auto hmac = run_esb({"factory", "--out", folder / "b", "--count", "1", "--prefix", "A", "--encrypt", "hmac"});
    EXPECT_THAT(hmac.out, HasSubstr("burn_key BLOCK_KEY0 " + (folder / "b/1/A-000001.hmac_key.bin") + " HMAC_UP"));
    folder.write("table.csv", "otadata,data,ota,0x9000,8K\nota_0,app,ota_0,0x20000,1M\nota_1,app,ota_1,,1M\n");
    const auto none = run_esb(
        {"factory", "--out", folder / "c", "--count", "1", "--prefix", "A", "--partitions", folder / "table.csv"});
    EXPECT_EQ(none.status, 1);
    EXPECT_THAT(none.err, HasSubstr("no partition of type data, nvs"));
}

TEST(Factory, wants_to_know_whose_identities) {
    const Folder folder;
    EXPECT_EQ(run_esb({"factory", "--out", folder / "line"}).status, 2);
    EXPECT_EQ(run_esb({"factory", "--out", folder / "line", "--count", "3"}).status, 2);
    EXPECT_EQ(
        run_esb({"factory", "--out", folder / "line", "--count", "3", "--prefix", "A", "--mac", "C4:4F:33:0A:9C:37"})
            .status,
        2);
    EXPECT_FALSE(std::filesystem::exists(folder / "line"));
}

TEST(Factory, its_accounts_go_to_the_broker_once) {
    const Folder folder;
    ASSERT_TRUE(make(order(folder, 3)));
    ASSERT_EQ(run_esb({"broker", "init", folder / "broker"}).status, 0);
    const std::vector<std::string> add{"broker", "add", folder / "broker", "--csv", folder / "line/1/accounts.csv"};
    const auto first = run_esb(add);
    EXPECT_THAT(first.out, HasSubstr("added 3, 0 had")) << first.err;
    EXPECT_THAT(run_esb(add).out, HasSubstr("added 0, 3 had"));
    const auto before = folder.read("broker/accounts");
    const auto clash =
        run_esb({"broker", "add", folder / "broker", "--csv", "-"},
                "ident,psk\nNEW-1," + std::string(32, 'a') + "\nGH-000002," + std::string(32, 'a') + "\n");
    EXPECT_EQ(clash.status, 1);
    EXPECT_THAT(clash.err, HasSubstr("GH-000002 has an account with another key"));
    EXPECT_EQ(folder.read("broker/accounts"), before) << "all or none";
    std::filesystem::permissions(folder / "line/1/accounts.csv", std::filesystem::perms(0644));
    EXPECT_THAT(run_esb(add).err, HasSubstr("can be read by others"));
    EXPECT_EQ(run_esb({"broker", "add", folder / "broker", "GH-9", "--csv", "-"}).status, 2);
}

TEST(AccountsCsv, names_the_line_of_what_is_wrong) {
    const std::string key(32, '0');
    const auto line_of = [](const std::string& text) { return parse_accounts_csv(text).error().line; };
    EXPECT_EQ(parse_accounts_csv("\xEF\xBB\xBFmac,\"psk\",ident\r\nx,\"" + key + "\",A-1\r\n").value()[0].identity,
              "A-1");
    EXPECT_THAT(line_of(""), HasSubstr("no line with the columns"));
    EXPECT_THAT(line_of("ident,key\n"), HasSubstr("line 1: the columns"));
    EXPECT_THAT(line_of("ident,psk,psk\n"), HasSubstr("line 1: the columns"));
    EXPECT_THAT(line_of("ident,psk\nA-1\n"), HasSubstr("line 2: 2 values"));
    EXPECT_THAT(line_of("ident,psk\nA--1," + key + "\n"), HasSubstr("line 2: 'A--1' is not an identity"));
    EXPECT_THAT(line_of("ident,psk\n\nA-1,00\n"), HasSubstr("line 3: the PSK"));
    EXPECT_THAT(line_of("ident,psk\nA-1," + key + "\nA-1," + key + "\n"), HasSubstr("line 3: A-1 comes twice"));
}

TEST(MacList, takes_the_forms_that_tools_print_and_names_the_line_of_others) {
    const auto line_of = [](std::string_view text) { return parse_mac_list(text).error().line; };
    EXPECT_EQ(parse_mac_list("C4-4F-33-0A-9C-35\n").value()[0], (chip::Mac{0xC4, 0x4F, 0x33, 0x0A, 0x9C, 0x35}));
    EXPECT_THAT(line_of("# nothing\n\n"), HasSubstr("no MAC"));
    EXPECT_THAT(line_of("C44F330A9C35\nC4:4F-33:0A:9C:36\n"), HasSubstr("line 2: "));
    EXPECT_THAT(line_of("C44F330A9C35\nc4:4f:33:0a:9c:35\n"), HasSubstr("line 2: c4:4f:33:0a:9c:35 comes twice"));
    EXPECT_THAT(line_of("01005E000001\n"), HasSubstr("not a station's"));
    EXPECT_THAT(line_of("000000000000\n"), HasSubstr("not a station's"));
}

TEST(LabelSheets, hold_24_labels_and_are_the_same_each_time) {
    std::vector<FactoryDevice> devices;
    for (int i = 0; i < 25; ++i)
        devices.push_back(
            {"GH-" + std::to_string(100 + i), {}, "abcdefgh" + std::to_string(2000 + i), "(back\\slash)", {}, {}});
    const auto pdf = label_sheets(devices).value();
    EXPECT_THAT(pdf, HasSubstr("/Count 2 "));
    EXPECT_THAT(pdf, HasSubstr("(GH-124) Tj"));
    EXPECT_THAT(pdf, HasSubstr("(\\(back\\\\slash\\)) Tj"));
    EXPECT_EQ(pdf, label_sheets(devices).value());
    EXPECT_EQ(sheets_for(24), 1U);
}

TEST(NvsImport, puts_a_factorys_values_into_a_virtual_chip) {
    const Folder folder;
    ASSERT_TRUE(make(order(folder, 1)));
    const auto image = folder / "line/1/GH-000001.nvs.bin";
    const auto done = run_esb({"vchip", "nvs", "--flash", folder / "chip", "--image", image});
    EXPECT_EQ(done.status, 0) << done.err;
    EXPECT_THAT(done.out, HasSubstr(" values of "));
    auto broken = folder.read("line/1/GH-000001.nvs.bin");
    broken[70] = static_cast<char>(broken[70] ^ 1);
    folder.write("broken", broken);
    const auto before = folder.read("chip");
    const auto refused = run_esb({"vchip", "nvs", "--flash", folder / "chip", "--image", folder / "broken"});
    EXPECT_EQ(refused.status, 1);
    EXPECT_THAT(refused.err, HasSubstr("nvs.entry"));
    EXPECT_EQ(folder.read("chip"), before);
    EXPECT_THAT(run_esb({"vchip", "nvs", "--flash", folder / "chip", "--image", image, "--keys", image}).err,
                HasSubstr("larger than allowed"));
}

}  // namespace
}  // namespace esb::cli
