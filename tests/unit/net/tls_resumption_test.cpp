// Sessions that a later handshake goes on with (RFC 5077), against OpenSSL's server: when, and above all when not.
#include "tests/support/openssl_server.hpp"
#include "tests/support/tls_client.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace esb;
using test::OpensslServer;
using test::Pki;
using test::TlsClient;

class TlsResumption : public ::testing::Test {
protected:
    static void SetUpTestSuite() {
        pki_ = std::make_unique<Pki>();
        pki_->authority("root");
        pki_->authority("other");
        pki_->server("good", "root", "DNS:server.test,DNS:second.test");
        pki_->key("device");
        pki_->certificate("device", "root", "extendedKeyUsage=clientAuth");
    }
    static void TearDownTestSuite() { pki_.reset(); }
    static Pki& pki() { return *pki_; }

    void SetUp() override {
        credentials.trusted = pki().der("root");
        credentials.room.resize(3072);
        serve();
    }
    void serve(const std::string& more = {}) {
        server.emplace(pki().path(""), "-key good.key -cert good.pem -tls1_2 " + more);
    }
    void show_own_certificate() {
        credentials.own = pki().der("device");
        credentials.key = pki().scalar("device");
    }

    struct Outcome {
        std::string error;
        bool resumed = false;
        bool unproven = false;
    };
    // A connection of its own, as after a sleep. `proven`: keep_session() is called.
    Outcome connect(const std::string& host = "server.test", bool proven = true) {
        TlsClient client;
        EXPECT_TRUE(client.stream.configure({.trust = pins.empty() ? net::TlsTrust::ca : net::TlsTrust::pin,
                                             .pins = pins,
                                             .credentials = &credentials}));
        Outcome outcome{.error = client.connect(host, server->port())};
        outcome.resumed = client.stream.resumed();
        outcome.unproven = client.stream.session_unproven();
        if (proven) client.stream.keep_session();
        return outcome;
    }
    // One full connection, then what is to be seen with `change`.
    template <typename Change>
    Outcome connect_after(Change change, const std::string& host = "server.test") {
        EXPECT_FALSE(connect().resumed);
        change();
        return connect(host);
    }

    test::TestCredentials credentials;
    std::vector<net::SpkiPin> pins;
    std::optional<OpensslServer> server;

private:
    static std::unique_ptr<Pki> pki_;
};
std::unique_ptr<Pki> TlsResumption::pki_;

TEST_F(TlsResumption, a_second_connection_goes_on_with_the_session_of_the_first) {
    EXPECT_FALSE(connect().resumed);
    for (int i = 0; i < 3; ++i) {
        const auto again = connect();
        EXPECT_EQ(again.error, "");
        EXPECT_TRUE(again.resumed);
        EXPECT_TRUE(again.unproven);
    }
    EXPECT_NE(server->log().find("Reused session-id"), std::string::npos) << server->log();
}

TEST_F(TlsResumption, with_certificates_on_both_sides_too) {
    show_own_certificate();
    serve("-Verify 1 -CAfile root.pem");
    EXPECT_FALSE(connect().resumed);
    EXPECT_TRUE(connect().resumed);
}

TEST_F(TlsResumption, with_a_pinned_key_too) {
    net::SpkiPin pin{};
    copy(pki().pin("good"), pin);
    pins.push_back(pin);
    EXPECT_FALSE(connect().resumed);
    EXPECT_TRUE(connect().resumed);
    pins.push_back(net::SpkiPin{});
    EXPECT_FALSE(connect().resumed) << "other pins are another trust";
}

TEST_F(TlsResumption, a_session_that_was_not_proven_is_not_offered) {
    EXPECT_FALSE(connect("server.test", false).resumed);
    EXPECT_FALSE(connect().resumed);
    EXPECT_TRUE(connect("server.test", false).resumed);
    EXPECT_FALSE(connect().resumed) << "offered once, not kept anew";
}

TEST_F(TlsResumption, another_name_is_checked_anew) {
    const auto other = connect_after([] {}, "second.test");
    EXPECT_EQ(other.error, "");
    EXPECT_FALSE(other.resumed);
    EXPECT_EQ(connect_after([] {}, "third.test").error, "tls.wrong_name");
}

TEST_F(TlsResumption, another_authority_is_asked_anew) {
    const auto refused = connect_after([this] { credentials.trusted = pki().der("other"); });
    EXPECT_EQ(refused.error, "tls.unknown_authority");
}

TEST_F(TlsResumption, another_own_certificate_needs_a_handshake_of_its_own) {
    EXPECT_FALSE(connect_after([this] { show_own_certificate(); }).resumed);
}

TEST_F(TlsResumption, another_port_is_another_server) {
    EXPECT_FALSE(connect_after([this] { serve(); }).resumed);
}

TEST_F(TlsResumption, a_server_that_does_not_know_the_session_gets_a_full_handshake) {
    EXPECT_FALSE(connect().resumed);
    // The same port, other ticket keys: as after a restart.
    const auto port = server->port();
    server.reset();
    server.emplace(pki().path(""), "-key good.key -cert good.pem -tls1_2", "server.log", port);
    const auto again = connect();
    EXPECT_EQ(again.error, "");
    EXPECT_FALSE(again.resumed);
    EXPECT_TRUE(connect().resumed);
}

TEST_F(TlsResumption, an_impostor_is_not_believed_for_the_session_that_it_is_offered) {
    EXPECT_FALSE(connect().resumed);
    pki().server("foreign", "other");
    const auto port = server->port();
    server.reset();
    server.emplace(pki().path(""), "-key foreign.key -cert foreign.pem -tls1_2", "server.log", port);
    EXPECT_EQ(connect().error, "tls.unknown_authority");
}

TEST_F(TlsResumption, a_server_without_tickets_is_met_in_full_every_time) {
    serve("-no_ticket -no_cache");
    EXPECT_FALSE(connect().resumed);
    const auto again = connect();
    EXPECT_EQ(again.error, "");
    EXPECT_FALSE(again.resumed);
}

TEST_F(TlsResumption, a_session_ends_with_what_the_server_promised) {
    // OpenSSL's server promises two hours.
    const auto start = credentials.clock.time;
    credentials.clock.time = start;
    EXPECT_FALSE(connect().resumed);
    credentials.clock.time = start + std::chrono::minutes(119);
    EXPECT_TRUE(connect().resumed);
    credentials.clock.time = start + std::chrono::minutes(121);
    EXPECT_FALSE(connect().resumed) << "going on with it does not make it longer";
}

TEST_F(TlsResumption, a_session_ends_with_the_certificate) {
    credentials.clock.time = pki().ends("good") - std::chrono::minutes(10);
    EXPECT_FALSE(connect().resumed);
    credentials.clock.time += std::chrono::minutes(9);
    EXPECT_TRUE(connect().resumed);
    credentials.clock.time += std::chrono::minutes(2);
    EXPECT_EQ(connect().error, "tls.expired");
}

TEST_F(TlsResumption, without_a_clock_there_are_no_sessions) {
    credentials.clock.exact = false;
    EXPECT_FALSE(connect().resumed);
    EXPECT_FALSE(connect().resumed);
    credentials.clock.exact = true;
    EXPECT_FALSE(connect().resumed);
    credentials.clock.exact = false;
    EXPECT_FALSE(connect().resumed);
}

TEST_F(TlsResumption, without_room_there_are_no_sessions) {
    for (const std::size_t size : {0U, 40U, 300U}) {
        credentials.room.assign(size, 0xA5);
        EXPECT_FALSE(connect().resumed);
        const auto again = connect();
        EXPECT_EQ(again.error, "");
        EXPECT_FALSE(again.resumed);
    }
}

TEST_F(TlsResumption, noise_in_the_memory_is_no_session) {
    for (std::size_t i = 0; i < credentials.room.size(); ++i) credentials.room[i] = static_cast<std::uint8_t>(i * 37);
    const auto outcome = connect();
    EXPECT_EQ(outcome.error, "");
    EXPECT_FALSE(outcome.resumed);
}

}  // namespace
