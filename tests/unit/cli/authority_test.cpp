// Whether what is signed is right is for openssl to say: tests/e2e/test_ca.py.
#include "host/cli/authority.hpp"
#include "host/cli/broker_tls.hpp"
#include "host/cli/enrollment.hpp"
#include "host/cli/est_server.hpp"
#include "host/cli/free_ports.hpp"
#include "tests/unit/cli/cli_rig.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <thread>
#include <utility>

namespace esb::cli {
namespace {

using testing::HasSubstr;

constexpr Seconds day = 86400;
Seconds today = 1'800'000'000;
Seconds test_calendar() { return today; }

Outcome<Authority> make(const test::Folder& folder, unsigned days = authority_days) {
    return Authority::create(folder.path() / "ca", "", days, test_calendar);
}

crypto::P256PublicKey some_key() { return SigningKey::generate()->public_key(); }

Order device(const std::string& identity) { return {CertificateKind::device, identity, some_key()}; }

std::string why(const auto& outcome) { return outcome ? "it was not refused" : outcome.error().line; }

TEST(Authority, is_readable_by_its_owner_only) {
    const test::Folder folder;
    ASSERT_TRUE(make(folder));
    EXPECT_EQ(folder.mode("ca"), 0700U);
    EXPECT_EQ(folder.mode("ca/issued"), 0700U);
    for (const auto* file : {"ca.key", "ca.crt", "index", "crl.pem"}) {
        EXPECT_EQ(folder.mode(std::string("ca/") + file), 0600U) << file;
    }
}

TEST(Authority, is_not_made_twice_and_its_key_never_replaced) {
    const test::Folder folder;
    ASSERT_TRUE(make(folder));
    const auto key = folder.read("ca/ca.key");
    EXPECT_THAT(why(make(folder)), HasSubstr("exists already"));
    // As a loss of power before the last file leaves it.
    std::filesystem::remove(folder.path() / "ca/ca.crt");
    const auto again = make(folder);
    ASSERT_TRUE(again) << why(again);
    EXPECT_EQ(folder.read("ca/ca.key"), key);
    EXPECT_TRUE(again->begin());
}

TEST(Authority, does_not_use_a_key_that_others_can_read) {
    const test::Folder folder;
    const auto made = make(folder);
    ::chmod((folder / "ca/ca.key").c_str(), 0640);
    EXPECT_THAT(why(made->begin()), HasSubstr("can be read by others"));
}

TEST(Authority, does_not_sign_with_a_key_that_is_not_its_certificates) {
    const test::Folder folder;
    const auto made = make(folder);
    std::filesystem::remove(folder.path() / "ca/ca.key");
    ASSERT_TRUE(SigningKey::generate()->save_pem(folder / "ca/ca.key"));
    EXPECT_THAT(why(made->begin()), HasSubstr("differ"));
}

TEST(Authority, knows_a_certificate_before_it_exists) {
    const test::Folder folder;
    const auto made = make(folder);
    std::filesystem::remove(folder.path() / "ca/issued");  // so that the certificate cannot be stored
    EXPECT_FALSE(made->begin()->issue(device("dev-1")));
    ASSERT_EQ(made->index()->all().size(), 1U);
    EXPECT_EQ(made->index()->all()[0].subject, "dev-1");
}

TEST(Authority, never_uses_a_serial_number_twice_when_many_sign_at_once) {
    const test::Folder folder;
    const auto made = make(folder);
    const auto work = [&](char letter) {
        for (int i = 0; i < 8; ++i) EXPECT_TRUE(made->begin()->issue(device(letter + std::to_string(i))));
    };
    std::thread one(work, 'a');
    std::thread two(work, 'b');
    one.join();
    two.join();
    std::set<Serial> serials;
    const auto index = made->index();
    for (const auto& entry : index->all()) serials.insert(entry.serial);
    EXPECT_EQ(serials.size(), 16U);
    AuthorityIndex again = *index;
    EXPECT_THAT(why(again.add(index->all()[3], today)), HasSubstr("has been used"));
}

TEST(Authority, makes_the_list_anew_after_a_run_that_ended_between_the_index_and_the_list) {
    const test::Folder folder;
    const auto made = make(folder);
    ASSERT_TRUE(made->begin()->issue(device("dev-1")));
    const auto older = folder.read("ca/crl.pem");
    ASSERT_TRUE(made->begin()->revoke("dev-1"));
    const auto newer = folder.read("ca/crl.pem");
    EXPECT_NE(older, newer);
    for (const auto& left : {older, std::string(), newer.substr(0, 100)}) {
        folder.write("ca/crl.pem", left);
        ASSERT_TRUE(made->begin());
        EXPECT_EQ(folder.read("ca/crl.pem"), newer);
    }
}

TEST(Authority, gives_every_list_a_later_time_even_within_a_second) {
    const test::Folder folder;
    const auto made = make(folder);
    Seconds before = 0;
    for (const auto* identity : {"a", "b", "c"}) {
        auto work = made->begin();
        ASSERT_TRUE(work->issue(device(identity)));
        ASSERT_TRUE(work->revoke(identity));
        const auto time = read_list_time(folder.read("ca/crl.pem"));
        ASSERT_TRUE(time);
        EXPECT_GT(*time, before);
        EXPECT_LE(*time, today);
        before = *time;
    }
}

TEST(Authority, signs_nothing_that_outlives_it_and_nothing_outside_its_own_time) {
    const test::Folder folder;
    const auto made = make(folder, 10);
    const auto certificate = made->begin()->issue(device("dev-1"));
    ASSERT_TRUE(certificate) << why(certificate);
    EXPECT_EQ(certificate->not_after, made->certificate().not_after);
    for (const auto shift : {-2 * day, 11 * day}) {
        today += shift;
        EXPECT_THAT(why(made->begin()->issue(device("dev-2"))), HasSubstr("clock"));
        today -= shift;
    }
}

TEST(Authority, refuses_subjects_that_are_not_of_the_kind) {
    const auto key = some_key();
    const auto refused = [&](Order order) { return !check_order(order); };
    EXPECT_TRUE(refused({CertificateKind::device, "esb.operator", key}));
    EXPECT_TRUE(refused({CertificateKind::device, "", key}));
    EXPECT_TRUE(refused({CertificateKind::operator_, "ESP-1", key}));
    EXPECT_TRUE(refused({CertificateKind::authority, "x", key}));
    EXPECT_TRUE(refused({CertificateKind::server, "x", key, {}}));
    EXPECT_TRUE(refused({CertificateKind::server, "x", key, {"*.example"}}));
    EXPECT_TRUE(refused({CertificateKind::server, "x", key, {"a b"}}));
    EXPECT_TRUE(refused({CertificateKind::server, "x", key, std::vector<std::string>(9, "a")}));
    EXPECT_TRUE(refused({CertificateKind::device, "ESP-1", key, {}, 0}));
    EXPECT_TRUE(refused({CertificateKind::device, "ESP-1", key, {}, 7301}));
    EXPECT_FALSE(refused({CertificateKind::server, "x", key, {"broker.local", "192.168.1.5", "fd00::1"}}));
}

TEST(AuthorityIndex, names_the_line_that_is_damaged) {
    const test::Folder folder;
    const auto made = make(folder);
    ASSERT_TRUE(made->begin()->issue(device("dev-1")));
    const auto text = made->index()->text();
    EXPECT_EQ(AuthorityIndex::parse(text)->text(), text);
    for (const auto* line :
         {"x", "crl 0 1", "crl 1", "00 good 1 device x", "zz good 1 device x",
          "00112233445566778899aabbccddeeff good 1 authority x",
          "00112233445566778899aabbccddeeff revoked:x 1 device x", "00112233445566778899aabbccddeeff good -1 device x",
          "00112233445566778899aabbccddeeff good 1 device"}) {
        EXPECT_THAT(why(AuthorityIndex::parse(text + line + "\n")), HasSubstr("index, line 4")) << line;
    }
}

TEST(Invitations, give_one_key_a_certificate_and_the_same_again_when_the_answer_was_lost) {
    const test::Folder folder;
    const auto made = make(folder);
    const auto secret = invite(*made, "dev-1");
    ASSERT_TRUE(secret);
    EXPECT_THAT(folder.read("ca/invitations"), Not(HasSubstr(*secret)));
    EXPECT_EQ(folder.mode("ca/invitations"), 0600U);
    const CertificateRequest request{"dev-1", some_key()};
    EXPECT_THAT(why(enroll_invited(*made, "dev-1", "wrong", request)), HasSubstr("no such invitation"));
    EXPECT_THAT(why(enroll_invited(*made, "dev-2", *secret, request)), HasSubstr("no such invitation"));
    EXPECT_THAT(why(enroll_invited(*made, "dev-1", *secret, {"dev-2", request.key})), HasSubstr("another subject"));
    const auto first = enroll_invited(*made, "dev-1", *secret, request);
    const auto second = enroll_invited(*made, "dev-1", *secret, request);
    ASSERT_TRUE(first && second);
    EXPECT_EQ(first->der, second->der);
    EXPECT_THAT(why(enroll_invited(*made, "dev-1", *secret, {"dev-1", some_key()})), HasSubstr("another key"));
    today += 8 * day;
    EXPECT_THAT(why(enroll_invited(*made, "dev-1", *secret, request)), HasSubstr("no such invitation"));
    today -= 8 * day;
}

TEST(Invitations, end_with_the_next_for_the_same_device) {
    const test::Folder folder;
    const auto made = make(folder);
    const auto first = invite(*made, "dev-1");
    ASSERT_TRUE(invite(*made, "dev-1"));
    EXPECT_THAT(why(enroll_invited(*made, "dev-1", *first, {"dev-1", some_key()})), HasSubstr("no such invitation"));
}

TEST(Renewal, is_for_the_same_device_with_a_good_certificate) {
    const test::Folder folder;
    const auto made = make(folder);
    const auto old = made->begin()->issue(device("dev-1"));
    const auto server = made->begin()->issue({CertificateKind::server, "b", some_key(), {"b"}});
    today += 300 * day;
    EXPECT_THAT(why(enroll_again(*made, *old, {"dev-2", some_key()})), HasSubstr("another subject"));
    EXPECT_THAT(why(enroll_again(*made, *server, {"b", some_key()})), HasSubstr("not of this authority"));
    const auto renewed = enroll_again(*made, *old, {"dev-1", some_key()});
    ASSERT_TRUE(renewed) << why(renewed);
    EXPECT_EQ(renewed->not_after, today + 365 * day);
    EXPECT_TRUE(made->index()->find(old->serial)->good_at(today)) << "both work until the old one ends";
    ASSERT_TRUE(made->begin()->revoke(serial_text(old->serial)));
    EXPECT_THAT(why(enroll_again(*made, *old, {"dev-1", some_key()})), HasSubstr("revoked"));
    EXPECT_TRUE(enroll_again(*made, *renewed, {"dev-1", some_key()}));
    today += 366 * day;
    EXPECT_THAT(why(enroll_again(*made, *renewed, {"dev-1", some_key()})), HasSubstr("expired"));
    today -= 666 * day;
}

TEST(Renewal, brings_a_broker_its_next_certificate_in_time) {
    const test::Folder folder;
    const auto before = std::exchange(today, calendar_now());  // what make_broker_tls() goes by
    const auto made = make(folder);
    std::filesystem::create_directory(folder.path() / "broker");
    BrokerTls tls;
    tls.certificates = true;
    tls.authority = folder / "ca";
    tls.hosts = {"broker.local", "192.168.1.5"};
    ASSERT_TRUE(make_broker_tls(folder.path() / "broker", tls));
    const auto first = read_certificate(folder.read("broker/tls/server.crt"));
    ASSERT_TRUE(first);
    today = first->renewal() - 1;
    EXPECT_TRUE(renew_brokers(*made).empty());
    today = first->renewal();
    EXPECT_THAT(renew_brokers(*made), testing::ElementsAre(HasSubstr("renewed the certificate of")));
    const auto second = read_certificate(folder.read("broker/tls/server.crt"));
    ASSERT_TRUE(second);
    EXPECT_EQ(second->key, first->key);
    EXPECT_EQ(second->not_after, today + server_days * day);
    EXPECT_EQ(made->index()->find(second->serial)->hosts, tls.hosts);
    EXPECT_TRUE(renew_brokers(*made).empty());
    today = before;
}

TEST(Renewal, of_a_broker_waits_for_nobody_to_come) {
    const test::Folder folder;
    const auto before = std::exchange(today, calendar_now());
    const auto made = make(folder);
    std::filesystem::create_directory(folder.path() / "broker");
    BrokerTls tls;
    tls.certificates = true;
    tls.authority = folder / "ca";
    tls.hosts = {"broker.local"};
    ASSERT_TRUE(make_broker_tls(folder.path() / "broker", tls));
    EstOptions options;
    options.port = free_ports(1).value().front();
    options.hosts = {"localhost"};
    std::string told;
    int turns = 0;
    const auto stop = [&] {
        if (++turns == 2) today = read_certificate(folder.read("broker/tls/server.crt"))->renewal();
        return turns == 4;
    };
    EXPECT_TRUE(serve_est(*made, options, stop, [&](const std::string& line) { told += line + '\n'; }));
    EXPECT_THAT(told, HasSubstr("renewed the certificate of"));
    today = before;
}

// Nothing it signs would ever count.
TEST(Authority, is_not_made_while_the_clock_is_of_before_its_time) {
    const test::Folder folder;
    for (const Seconds early : {Seconds{0}, Seconds{5000}, Seconds{1'577'836'799}}) {
        const auto before = std::exchange(today, early);
        EXPECT_THAT(why(make(folder)), HasSubstr("clock"));
        today = before;
    }
    EXPECT_TRUE(make(folder));
}

TEST(Renewal, is_given_eight_times_a_day_at_most) {
    const test::Folder folder;
    const auto made = make(folder);
    const auto old = made->begin()->issue(device("dev-1"));
    for (int i = 0; i < 7; ++i) EXPECT_TRUE(enroll_again(*made, *old, {"dev-1", some_key()}));
    EXPECT_THAT(why(enroll_again(*made, *old, {"dev-1", some_key()})), HasSubstr("8 certificates today"));
    today += 2 * day;
    EXPECT_TRUE(enroll_again(*made, *old, {"dev-1", some_key()}));
    today -= 2 * day;
}

}  // namespace
}  // namespace esb::cli
