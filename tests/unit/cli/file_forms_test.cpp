// Files that an editor or a shell has touched: byte order marks, CRLF, no line end, UTF-16.
#include "tests/unit/cli/cli_rig.hpp"

#include "host/cli/broker_accounts.hpp"
#include "host/cli/files.hpp"
#include "host/cli/signing_key.hpp"
#include "host/vchip/board_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <iostream>

namespace esb::cli {
namespace {

using test::run_esb;
using testing::HasSubstr;

const std::string mark = "\xEF\xBB\xBF";

std::string with_crlf(const std::string& text) {
    std::string made;
    for (const char c : text) made += c == '\n' ? std::string("\r\n") : std::string(1, c);
    return made;
}
std::string utf16(const std::string& text) {
    std::string made = "\xFF\xFE";
    for (const char c : text) made += {c, '\0'};
    return made;
}

struct Form {
    const char* name;
    std::function<std::string(const std::string&)> of;
};
const std::vector<Form> forms = {
    {"as it is", [](const std::string& text) { return text; }},
    {"LF", [](const std::string& text) { return text + '\n'; }},
    {"CRLF", [](const std::string& text) { return with_crlf(text + '\n'); }},
    {"BOM", [](const std::string& text) { return mark + text; }},
    {"BOM and CRLF", [](const std::string& text) { return mark + with_crlf(text + '\n'); }},
};

// Every file that the tool reads as text; each takes all forms and says what UTF-16 is.
TEST(FileForms, every_form_of_every_text_file) {
    const test::Folder folder;
    const auto pem = folder / "key.pem";
    ASSERT_EQ(run_esb({"key", "new", pem}).status, exit_ok);
    const auto kid = run_esb({"key", "show", pem}).out;
    const auto set = run_esb({"sign", "keys", "--key", pem, "--ver", "2", "--trust", pem, "--json"}).out;
    const auto jwk = folder.read("key.pem.pub.jwk");
    const auto words = SigningKey::load_pem(pem)->public_text();
    const std::string birth = "boot\nAP ssid=ESP-1 pass=k7mw3ezq9txh\nmore";
    unsigned count = 0;
    const auto file = [&](const std::string& text) {
        folder.write("file", text);
        ++count;
        return folder / "file";
    };
    for (const auto& form : forms) {
        SCOPED_TRACE(form.name);
        EXPECT_EQ(run_esb({"key", "show", file(form.of(folder.read("key.pem")))}).out, kid);
        for (const auto& text : {folder.read("key.pem"), jwk, words}) {
            EXPECT_EQ(
                run_esb({"sign", "keys", "--key", pem, "--ver", "2", "--trust", file(form.of(text)), "--json"}).out,
                set);
        }
        EXPECT_THAT(run_esb({"label", "--birth", file(form.of(birth))}).out, HasSubstr("k7mw3ezq9txh"));
        EXPECT_THAT(run_esb({"label", "--birth", "-"}, form.of(birth) + "\n").out, HasSubstr("k7mw3ezq9txh"));
        EXPECT_THAT(run_esb({"label", "ESP-1", "-"}, form.of("k7mw3ezq9txh")).out, HasSubstr("k7mw3ezq9txh"));
        EXPECT_EQ(*read_bare_text(file(form.of("a.b.c")), 8), "a.b.c");
        const auto accounts = Accounts::parse(form.of("# Accounts\nESP-1 " + std::string(test::psk) + " app/#\n\n"));
        ASSERT_TRUE(accounts) << accounts.error().line;
        EXPECT_EQ(accounts->all().at(0).topics.at(0), "app/#");
        const auto board = vchip::parse_board(form.of("{\"networks\":[{\"ssid\":\"Home\"}]}"));
        ASSERT_TRUE(board);
        EXPECT_EQ(board->air.networks.size(), 1U);
        count += 4;
    }
    std::cout << forms.size() << " forms, " << count << " files\n";
}

TEST(FileForms, utf_16_is_named) {
    const test::Folder folder;
    folder.write("birth", utf16("AP ssid=ESP-1 pass=k7mw3ezq9txh\r\n"));
    EXPECT_THAT(run_esb({"label", "--birth", folder / "birth"}).err, HasSubstr("UTF-16"));
    EXPECT_THAT(run_esb({"label", "--birth", "-"}, utf16("AP ssid=ESP-1 pass=x\r\n")).err, HasSubstr("UTF-16"));
    EXPECT_THAT(run_esb({"ota", "ESP-1", folder / "birth"}).err, HasSubstr("UTF-16"));
    EXPECT_THAT(run_esb({"sign", "keys", "--key", folder / "birth", "--ver", "2", "--trust", folder / "birth"}).err,
                HasSubstr("UTF-16"));
}

}  // namespace
}  // namespace esb::cli
