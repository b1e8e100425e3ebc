#include "esb/portal/probes.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>
#include <string>

namespace {

using namespace esb;

constexpr auto address = chip::IpAddress::v4(4, 3, 2, 1);

net::HttpRequest request(std::string_view host, std::string_view path) {
    net::HttpRequest made;
    made.host = host;
    made.path = path;
    return made;
}

std::string table_row(const portal::Probe& probe) {
    std::string row = "| ";
    row.append(probe.system).append(" | `").append(probe.host).append(probe.path).append("` | ");
    row += std::to_string(probe.online_status);
    if (!probe.online_body.empty()) row.append(" `").append(probe.online_body).append("`");
    return row + " | " + (probe.closes_window ? "yes" : "no") + " |";
}

void expect_redirect(const net::HttpReply& reply) {
    EXPECT_EQ(reply.status, 302U);
    EXPECT_EQ(reply.location, "http://4.3.2.1/");
    EXPECT_EQ(reply.content_type, "text/html; charset=utf-8");
    EXPECT_EQ(as_text(reply.body),
              "<!DOCTYPE html><title>Set-up</title><p>Set up this device: "
              "<a href=\"http://4.3.2.1/\">http://4.3.2.1/</a>");
    EXPECT_FALSE(reply.gzip || reply.generated);
}

TEST(Probes, before_success_every_one_sees_a_portal) {
    const portal::ProbeAnswers answers(address);
    for (const auto& probe : portal::probes()) {
        SCOPED_TRACE(probe.host);
        const auto reply = answers.answer(request(probe.host, probe.path), false);
        expect_redirect(reply);
        EXPECT_NE(reply.status, probe.online_status);
    }
}

TEST(Probes, after_success_only_apples_window_is_told) {
    const portal::ProbeAnswers answers(address);
    int told = 0;
    for (const auto& probe : portal::probes()) {
        SCOPED_TRACE(probe.host);
        const auto reply = answers.answer(request(probe.host, probe.path), true);
        if (!probe.closes_window) {
            expect_redirect(reply);
            continue;
        }
        ++told;
        EXPECT_EQ(reply.status, 200U);
        EXPECT_EQ(as_text(reply.body), "<HTML><HEAD><TITLE>Success</TITLE></HEAD><BODY>Success</BODY></HTML>");
        EXPECT_TRUE(probe.host.ends_with(".apple.com"));
    }
    EXPECT_EQ(told, 2);
}

TEST(Probes, other_names_and_paths_are_redirected_before_and_after) {
    const portal::ProbeAnswers answers(address);
    for (const bool success : {false, true}) {
        expect_redirect(answers.answer(request("example.com", "/"), success));
        expect_redirect(answers.answer(request("captive.apple.com", "/"), success));
        expect_redirect(answers.answer(request("example.com", "/hotspot-detect.html"), success));
    }
}

TEST(Probes, the_longest_address_fits) {
    const portal::ProbeAnswers answers(chip::IpAddress::v4(255, 255, 255, 255));
    EXPECT_EQ(answers.home(), "http://255.255.255.255/");
    EXPECT_TRUE(as_text(answers.answer(request("a", "/"), false).body).ends_with("</a>"));
}

TEST(Probes, the_documentation_shows_this_table) {
    std::ifstream file(ESB_SOURCE_DIR "/docs/captive-portal.md");
    ASSERT_TRUE(file);
    std::multiset<std::string> shown;
    bool in_table = false;
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("| system |")) {
            in_table = true;
            std::getline(file, line);  // the rule below the titles
            continue;
        }
        in_table = in_table && line.starts_with('|');
        if (in_table) shown.insert(line);
    }
    std::multiset<std::string> ours;
    for (const auto& probe : portal::probes()) ours.insert(table_row(probe));
    EXPECT_EQ(shown, ours);
    EXPECT_GE(ours.size(), 11U);
}

}  // namespace
