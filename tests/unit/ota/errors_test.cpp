// The list of this room's errors against its headers.
#include "esb/ota/errors.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace esb::ota {
namespace {

constexpr auto definition = "constexpr ErrorKind ";

std::vector<std::string> defined_in(const std::filesystem::path& file) {
    std::ifstream in(file);
    std::ostringstream text;
    text << in.rdbuf();
    const auto source = text.str();
    std::vector<std::string> names;
    for (auto at = source.find(definition); at != std::string::npos; at = source.find(definition, at + 1)) {
        const auto begin = source.find('"', at) + 1;
        names.push_back(source.substr(begin, source.find('"', begin) - begin));
    }
    return names;
}

TEST(UpdateErrors, are_all_in_the_list_in_the_order_of_their_definition) {
    std::vector<std::string> listed;
    for (const auto* kind : all_errors) listed.emplace_back(kind->name);
    EXPECT_EQ(listed, defined_in(ESB_DOCS "/../src/esb/ota/errors.hpp"));
}

TEST(UpdateErrors, are_defined_in_one_place) {
    for (const auto& entry : std::filesystem::directory_iterator(ESB_DOCS "/../src/esb/ota")) {
        if (entry.path().filename() == "errors.hpp") continue;
        EXPECT_TRUE(defined_in(entry.path()).empty()) << entry.path();
    }
}

}  // namespace
}  // namespace esb::ota
