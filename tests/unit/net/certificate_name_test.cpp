#include "esb/net/certificate_name.hpp"

#include <gtest/gtest.h>

#include <string>

namespace esb::net {
namespace {

TEST(CertificateName, a_name_is_compared_without_case_and_last_dot) {
    EXPECT_TRUE(is_name_of("Broker.Example.org", "broker.example.ORG."));
    EXPECT_TRUE(is_name_of("localhost", "localhost"));
    for (const std::string_view other : {"", ".", "example.org", "a.broker.example.org", "broker.example.org.org"}) {
        EXPECT_FALSE(is_name_of("broker.example.org", other)) << other;
    }
    EXPECT_FALSE(is_name_of("", "a"));
    EXPECT_FALSE(is_name_of("broker.example.org.", "broker.example.org")) << "no dNSName ends in a dot";
}

TEST(CertificateName, a_name_with_something_behind_a_nul_is_another_one) {
    EXPECT_FALSE(is_name_of(std::string_view("a.example\0.evil.org", 19), "a.example"));
    EXPECT_FALSE(is_name_of("a.example", std::string_view("a.example\0", 10)));
}

TEST(CertificateName, a_wildcard_is_the_whole_first_label_and_stands_for_one) {
    EXPECT_TRUE(is_name_of("*.example.org", "a.example.org"));
    EXPECT_TRUE(is_name_of("*.EXAMPLE.org", "a.example.ORG."));
    for (const std::string_view host : {"example.org", ".example.org", "a.b.example.org", "aexample.org", "org"}) {
        EXPECT_FALSE(is_name_of("*.example.org", host)) << host;
    }
    for (const std::string_view name :
         {"*", "*.", "*.org", "*.org.", "a*.example.org", "*a.example.org", "a.*.org", "*.*.org", "**.example.org",
          "*.example.*"}) {
        EXPECT_FALSE(is_name_of(name, "a.example.org")) << name;
        EXPECT_FALSE(is_name_of(name, "ab.example.org")) << name;
    }
}

TEST(CertificateName, names_never_stand_for_addresses) {
    EXPECT_FALSE(is_name_of("192.0.2.1", "192.0.2.1"));
    EXPECT_FALSE(is_name_of("*.0.2.1", "192.0.2.1"));
    const auto address = chip::IpAddress::v4(192, 0, 2, 1);
    EXPECT_TRUE(is_address_of(ConstBytes(address.bytes).first(4), address));
    EXPECT_FALSE(is_address_of(ConstBytes(address.bytes).first(3), address));
    EXPECT_FALSE(is_address_of(address.bytes, address)) << "an IPv6 address that begins so";
    EXPECT_FALSE(is_address_of(as_bytes("192.0.2.1"), address));
    EXPECT_FALSE(is_address_of({}, chip::IpAddress()));
}

}  // namespace
}  // namespace esb::net
