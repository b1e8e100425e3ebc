// Man pages and completion have every command and option of the parser. The shells: tests/e2e/test_habits.py.
#include "tests/unit/cli/cli_rig.hpp"

#include "host/cli/command_table.hpp"
#include "host/cli/completion.hpp"
#include "host/cli/man_pages.hpp"
#include "host/cli/version.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

namespace esb::cli {
namespace {

using test::run_esb;
using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;

TableCommand table() {
    std::istringstream in;
    std::ostringstream out;
    std::ostringstream err;
    Shell shell{in, out, err};
    return full_table(shell);
}

const TableCommand& find(const TableCommand& in, std::string_view name) {
    const auto found =
        std::find_if(in.commands.begin(), in.commands.end(), [&](const auto& one) { return one.name == name; });
    if (found == in.commands.end()) std::abort();
    return *found;
}

void each(const TableCommand& command, const std::string& path,
          const std::function<void(const std::string&, const TableCommand&)>& visit) {
    visit(path, command);
    for (const auto& sub : command.commands) each(sub, path + ' ' + sub.name, visit);
}

std::string without_roff(std::string text) {
    for (const std::string code : {"\\fB", "\\fI", "\\fR", "\\"}) {
        for (auto at = text.find(code); at != std::string::npos; at = text.find(code, at)) text.erase(at, code.size());
    }
    return text;
}

TEST(CommandTable, has_commands_options_choices_and_variables) {
    const auto esb = table();
    const auto& init = find(find(esb, "broker"), "init");
    const auto tls = std::find_if(init.options.begin(), init.options.end(),
                                  [](const auto& option) { return option.names.front() == "--tls"; });
    ASSERT_NE(tls, init.options.end());
    EXPECT_THAT(tls->choices, testing::UnorderedElementsAre("psk", "ca", "both"));
    EXPECT_EQ(tls->fallback, "psk");
    EXPECT_THAT(find(esb, "watch").options, Contains(Field(&TableOption::variable, "ESB_BROKER")));
    // Options of a group, and positionals.
    const auto& add = find(find(esb, "broker"), "add");
    EXPECT_THAT(add.options, Contains(Field(&TableOption::names, ElementsAre("--certificate"))));
    EXPECT_THAT(add.options, Contains(Field(&TableOption::names, ElementsAre("PSK"))));
    EXPECT_THAT(find(esb, "label").options, Contains(Field(&TableOption::names, ElementsAre("--output", "-o"))));
}

TEST(ManPages, have_every_command_and_option) {
    const auto esb = table();
    std::string all;
    for (const auto& page : man_pages(esb, esb_version)) all += page.text;
    all = without_roff(all);
    each(esb, "esb", [&](const std::string& path, const TableCommand& command) {
        EXPECT_THAT(all, HasSubstr(path));
        for (const auto& option : command.options) {
            for (const auto& name : option.names) EXPECT_THAT(all, HasSubstr(name)) << path;
        }
    });
    for (const auto& variable : variables()) EXPECT_THAT(all, HasSubstr(std::string(variable.name)));
    EXPECT_THAT(all, HasSubstr("EXIT STATUS"));
}

TEST(ManPages, are_one_file_a_command_in_a_folder_that_is_made) {
    const test::Folder folder;
    const auto ran = run_esb({"man", folder / "man/man1"});
    EXPECT_EQ(ran.status, 0) << ran.err;
    for (const auto& command : table().commands)
        EXPECT_TRUE(std::filesystem::exists(folder / ("man/man1/esb-" + command.name + ".1"))) << command.name;
    EXPECT_THAT(folder.read("man/man1/esb.1"), testing::StartsWith(".TH \"ESB\" 1"));
}

TEST(Completion, has_every_command_and_option_in_each_shell) {
    const auto esb = table();
    for (const std::string shell : {"bash", "zsh", "fish"}) {
        const auto ran = run_esb({"completion", shell});
        EXPECT_EQ(ran.status, 0);
        each(esb, "esb", [&](const std::string& path, const TableCommand& command) {
            EXPECT_THAT(ran.out, HasSubstr(path)) << shell;
            for (const auto& option : command.options) {
                if (option.positional) continue;
                for (const auto& name : option.names) {
                    const auto bare = name.substr(name.find_first_not_of('-'));
                    EXPECT_THAT(ran.out, HasSubstr(shell == "fish" ? bare : name)) << shell << ' ' << path;
                }
            }
        });
    }
    EXPECT_EQ(run_esb({"completion", "csh"}).status, 2);
}

TEST(Commands, the_version_is_the_projects) {
    const auto ran = run_esb({"--version"});
    EXPECT_EQ(ran.status, 0);
    EXPECT_EQ(ran.out, "esb " + std::string(esb_version) + "\n");
}

}  // namespace
}  // namespace esb::cli
