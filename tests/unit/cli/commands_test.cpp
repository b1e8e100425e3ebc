// The command line as a person or a program meets it: words, exit statuses, one line for each mistake.
#include "tests/unit/cli/cli_rig.hpp"

#include "esb/base/json.hpp"
#include "esb/ota/envelope.hpp"
#include "host/cli/signing_key.hpp"
#include "tests/support/vchip_image.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

namespace esb::cli {
namespace {

using test::run_esb;
using testing::HasSubstr;
using testing::Not;

bool is_one_line(const std::string& text) {
    return text.starts_with("esb: ") && std::count(text.begin(), text.end(), '\n') == 1 && text.back() == '\n';
}

void write_image(const test::Folder& folder, std::string_view name, const esb::test::ImageSpec& spec = {}) {
    const auto bytes = esb::test::make_image(spec);
    folder.write(name, std::string(bytes.begin(), bytes.end()));
}

TEST(Commands, each_has_help) {
    const std::vector<std::vector<std::string>> all{{},
                                                    {"key"},
                                                    {"key", "new"},
                                                    {"key", "show"},
                                                    {"sign"},
                                                    {"sign", "command"},
                                                    {"sign", "keys"},
                                                    {"broker"},
                                                    {"broker", "init"},
                                                    {"broker", "add"},
                                                    {"broker", "remove"},
                                                    {"broker", "list"},
                                                    {"label"},
                                                    {"watch"},
                                                    {"devices"},
                                                    {"ota"},
                                                    {"vchip"},
                                                    {"vchip", "run"},
                                                    {"vchip", "flash"},
                                                    {"vchip", "erase"},
                                                    {"vchip", "info"}};
    for (auto words : all) {
        words.emplace_back("--help");
        const auto ran = run_esb(words);
        EXPECT_EQ(ran.status, 0);
        EXPECT_THAT(ran.out, HasSubstr("--help"));
        EXPECT_EQ(ran.err, "");
    }
}

TEST(Commands, a_wrong_command_line_is_one_line_and_status_2) {
    const std::vector<std::vector<std::string>> wrong{
        {},
        {"nonsense"},
        {"key"},
        {"key", "new"},
        {"key", "new", "a", "b"},
        {"broker", "init"},
        {"broker", "add", "d", "i"},
        {"broker", "init", "d", "--port", "0"},
        {"broker", "init", "d", "--port", "65536"},
        {"sign", "--key", "k"},
        {"sign", "--key", "k", "--image", "i"},
        {"sign", "command", "--key", "k", "--cmd", "dance", "--dev", "a", "--ctr", "1"},
        {"sign", "command", "--key", "k", "--cmd", "cancel", "--dev", "a", "--ctr", "-1"},
        {"ota", "a/b", "f"},
        {"ota", "a"},
        {"watch", "a/b"},
        {"watch", "a\nb"},
        {"watch", "--for", "-1"},
        {"devices", "--broker", "h:0"},
        {"vchip", "run"},
        {"vchip", "run", "--flash", "f", "--mac", "x"},
        {"vchip", "run", "--flash", "f", "--port", "x"},
        {"vchip", "run", "--flash", "f", "--cut", "1:gently"},
        {"vchip", "run", "--flash", "f", "--fail", "x"},
        {"vchip", "flash", "--flash", "f", "--image", "i", "--slot", "c"}};
    for (const auto& words : wrong) {
        const auto ran = run_esb(words);
        EXPECT_EQ(ran.status, 2) << testing::PrintToString(words);
        EXPECT_TRUE(is_one_line(ran.err)) << ran.err;
        EXPECT_EQ(ran.out, "");
    }
}

TEST(Commands, what_cannot_be_done_is_one_line_and_status_1) {
    const test::Folder folder;
    const auto nothing = folder / "nothing";
    const std::vector<std::vector<std::string>> failing{
        {"key", "show", nothing},
        {"key", "new", nothing + "/key.pem"},
        {"broker", "list", nothing},
        {"broker", "list", nothing + "\nelsewhere"},
        {"broker", "add", nothing, "a", test::psk},
        {"broker", "remove", nothing, "a"},
        {"sign", "--key", nothing, "--image", nothing, "--url", "http://h/"},
        {"ota", "a", nothing},
        {"vchip", "info", "--flash", nothing},
        {"vchip", "erase", "--flash", nothing},
        {"vchip", "flash", "--flash", folder / "f", "--image", nothing},
        {"watch", "--broker", "127.0.0.1:1"},
        {"devices", "--broker", "127.0.0.1:1"}};
    for (const auto& words : failing) {
        const auto ran = run_esb(words);
        EXPECT_EQ(ran.status, 1) << testing::PrintToString(words);
        EXPECT_TRUE(is_one_line(ran.err)) << ran.err;
    }
}

TEST(KeyCommands, new_writes_a_private_file_and_a_public_one_and_never_overwrites) {
    const test::Folder folder;
    const auto ran = run_esb({"key", "new", folder / "key.pem"});
    ASSERT_EQ(ran.status, 0) << ran.err;
    EXPECT_EQ(folder.mode("key.pem"), 0600U);
    const auto key = SigningKey::load_pem(folder / "key.pem");
    ASSERT_TRUE(key);
    EXPECT_THAT(ran.out, HasSubstr(std::string(key->kid())));
    EXPECT_THAT(ran.out, HasSubstr(std::string(key->public_text())));
    EXPECT_THAT(folder.read("key.pem.pub.jwk"), HasSubstr("\"P-256\""));
    EXPECT_THAT(folder.read("key.pem.pub.jwk"), Not(HasSubstr("\"d\"")));

    const auto before = folder.read("key.pem");
    EXPECT_EQ(run_esb({"key", "new", folder / "key.pem"}).status, 1);
    std::filesystem::remove(folder / "key.pem");
    EXPECT_EQ(run_esb({"key", "new", folder / "key.pem"}).status, 1);  // the public file of another key is still there
    EXPECT_NE(before, "");
}

TEST(KeyCommands, show_says_what_new_said) {
    const test::Folder folder;
    const auto made = run_esb({"key", "new", folder / "k", "--json"});
    const auto shown = run_esb({"key", "show", folder / "k", "--json"});
    EXPECT_EQ(shown.status, 0);
    EXPECT_EQ(shown.out, made.out);
    EXPECT_TRUE(JsonDocument::parse(as_bytes(shown.out.substr(0, shown.out.size() - 1))));
}

TEST(SignCommands, an_update_is_verified_by_the_devices_code) {
    const test::Folder folder;
    ASSERT_EQ(run_esb({"key", "new", folder / "k"}).status, 0);
    write_image(folder, "app.img", {.seq = 2, .ver = "1.1.0"});
    const auto ran = run_esb({"sign", "--key", folder / "k", "--image", folder / "app.img", "--url", "http://h/app.img",
                              "--dev", "pump", "lamp", "--expires", "+1d", "-o", folder / "out.jws"});
    ASSERT_EQ(ran.status, 0) << ran.err;

    ota::Keyring ring;
    ASSERT_TRUE(ring.add(*ota::parse_key(SigningKey::load_pem(folder / "k")->public_text())));
    auto envelope = folder.read("out.jws");
    envelope.pop_back();  // the newline
    std::vector<std::uint8_t> buffer(ota::envelope_max);
    const auto opened = ota::open_envelope(envelope, ring, buffer);
    ASSERT_TRUE(opened) << opened.error().name();
    EXPECT_EQ(opened->type, ota::EnvelopeType::update);
    EXPECT_THAT(std::string(as_text(opened->payload)), HasSubstr(R"("dev":["pump","lamp"])"));
}

TEST(SignCommands, a_bundle_is_the_envelope_and_the_image_it_speaks_of) {
    const test::Folder folder;
    ASSERT_EQ(run_esb({"key", "new", folder / "k"}).status, 0);
    write_image(folder, "app.img", {.seq = 2, .ver = "1.1.0"});
    const auto ran = run_esb({"sign", "--key", folder / "k", "--image", folder / "app.img", "--url", "http://h/app.img",
                              "--bundle", folder / "app.esb", "-o", folder / "out.jws"});
    ASSERT_EQ(ran.status, 0) << ran.err;
    EXPECT_EQ(folder.read("app.esb"), folder.read("out.jws") + folder.read("app.img"));
    const auto alone = run_esb({"sign", "--key", folder / "k", "--image", folder / "app.img", "--url",
                                "http://h/app.img", "--bundle", folder / "app.esb"});
    EXPECT_THAT(alone.out, HasSubstr("app.esb: for the upload"));
    EXPECT_EQ(std::count(alone.out.begin(), alone.out.end(), '\n'), 1) << "the envelope is not printed as well";
    const auto nowhere = run_esb({"sign", "--key", folder / "k", "--image", folder / "app.img", "--url",
                                  "http://h/app.img", "--bundle", folder / "no/such/folder"});
    EXPECT_EQ(nowhere.status, 1);
}

TEST(SignCommands, without_a_file_the_envelope_is_the_output) {
    const test::Folder folder;
    ASSERT_EQ(run_esb({"key", "new", folder / "k"}).status, 0);
    const auto ran =
        run_esb({"sign", "command", "--key", folder / "k", "--cmd", "rollback", "--dev", "pump", "--ctr", "7"});
    ASSERT_EQ(ran.status, 0) << ran.err;
    EXPECT_EQ(std::count(ran.out.begin(), ran.out.end(), '.'), 2);
    const auto json = run_esb(
        {"sign", "command", "--key", folder / "k", "--cmd", "rollback", "--dev", "pump", "--ctr", "7", "--json"});
    EXPECT_THAT(json.out, HasSubstr(R"("typ":"esb-command")"));
}

TEST(SignCommands, a_key_set_takes_texts_and_files) {
    const test::Folder folder;
    ASSERT_EQ(run_esb({"key", "new", folder / "old"}).status, 0);
    ASSERT_EQ(run_esb({"key", "new", folder / "new"}).status, 0);
    const auto text = SigningKey::load_pem(folder / "old")->public_text();
    const auto ran = run_esb({"sign", "keys", "--key", folder / "old", "--ver", "2", "--trust", folder / "new",
                              std::string(text), "--json"});
    ASSERT_EQ(ran.status, 0) << ran.err;
    EXPECT_THAT(ran.out, HasSubstr("esb-keys"));
}

TEST(SignCommands, an_envelope_too_large_for_a_device_is_not_made) {
    const test::Folder folder;
    ASSERT_EQ(run_esb({"key", "new", folder / "k"}).status, 0);
    write_image(folder, "app.img");
    std::vector<std::string> words{"sign", "--key", folder / "k", "--image", folder / "app.img"};
    for (int i = 0; i < 4; ++i) words.insert(words.end(), {"--url", "http://h/" + std::string(240, 'a')});
    for (int i = 10; i < 42; ++i) words.insert(words.end(), {"--dev", std::string(38, 'd') + std::to_string(i)});
    const auto ran = run_esb(words);
    EXPECT_EQ(ran.status, 1);
    EXPECT_THAT(ran.err, HasSubstr("devices accept"));
}

TEST(BrokerCommands, add_remove_and_list_without_showing_keys) {
    const test::Folder folder;
    const auto broker = folder / "broker";
    ::setenv("ESB_MOSQUITTO", "/bin/true", 1);
    EXPECT_THAT(run_esb({"broker", "init", broker}).out, HasSubstr("start it with: /bin/true -c "));
    ::unsetenv("ESB_MOSQUITTO");
    EXPECT_EQ(run_esb({"broker", "add", broker, "pump", "-"}, std::string(test::psk) + "\r\n").status, 0);
    EXPECT_EQ(run_esb({"broker", "add", broker, "lamp", test::psk, "--topics", "light", "read:set", "--json"}).out,
              "{\"ident\":\"lamp\",\"change\":\"added\",\"reloaded\":false}\n");
    EXPECT_EQ(run_esb({"broker", "list", broker}).out, "lamp  light  read:set\npump  app/#\n");
    EXPECT_EQ(
        run_esb({"broker", "list", broker, "--json"}).out,
        "[{\"ident\":\"lamp\",\"topics\":[\"light\",\"read:set\"]},{\"ident\":\"pump\",\"topics\":[\"app/#\"]}]\n");
    EXPECT_THAT(run_esb({"broker", "remove", broker, "pump"}).out, HasSubstr("not running"));
    EXPECT_EQ(run_esb({"broker", "remove", broker, "pump"}).status, 1);
    EXPECT_EQ(run_esb({"broker", "add", broker, "empty", "-"}).status, 1);
}

TEST(VchipCommands, take_nobodys_file_for_a_flash) {
    const test::Folder folder;
    write_image(folder, "app.img", {.seq = 3, .ver = "1.2.0"});
    folder.write("key", "-----BEGIN");
    folder.write("disk", std::string(4 << 20, '\0'));
    for (const auto* name : {"app.img", "key", "disk"}) {
        const auto before = folder.read(name);
        for (const auto& words : std::vector<std::vector<std::string>>{
                 {"vchip", "erase", "--flash", folder / name},
                 {"vchip", "flash", "--flash", folder / name, "--image", folder / "app.img"}}) {
            EXPECT_EQ(run_esb(words).status, exit_failed) << name;
            EXPECT_TRUE(folder.read(name) == before) << name;
        }
    }
}

TEST(VchipCommands, flash_erase_and_info) {
    const test::Folder folder;
    write_image(folder, "app.img", {.seq = 3, .ver = "1.2.0"});
    ASSERT_EQ(run_esb({"vchip", "flash", "--flash", folder / "f", "--image", folder / "app.img", "--slot", "b"}).status,
              0);
    const auto info = run_esb({"vchip", "info", "--flash", folder / "f"});
    EXPECT_THAT(info.out, HasSubstr("slot a  no complete image\nslot b  basic 1.2.0 (seq 3)"));
    EXPECT_THAT(run_esb({"vchip", "info", "--flash", folder / "f", "--json"}).out,
                HasSubstr(R"("ver":"1.2.0","seq":3)"));
    ASSERT_EQ(run_esb({"vchip", "erase", "--flash", folder / "f"}).status, 0);
    const auto bytes = folder.read("f");
    EXPECT_TRUE(std::all_of(bytes.begin(), bytes.end(), [](char c) { return c == '\xFF'; }));
    EXPECT_THAT(run_esb({"vchip", "info", "--flash", folder / "f"}).out, Not(HasSubstr("basic")));
}

}  // namespace
}  // namespace esb::cli
