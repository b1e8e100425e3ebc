// Certificates against OpenSSL's server on this machine: what must be refused, by name, and what must be accepted.
#include "esb/net/http_get.hpp"
#include "esb/net/tls_stream.hpp"
#include "tests/support/openssl_server.hpp"
#include "tests/support/pki.hpp"
#include "tests/support/tls_client.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>

namespace {

using namespace esb;
using test::now_really;
using test::Pki;
using Credentials = test::TestCredentials;
using Client = test::TlsClient;

class TlsCertificate : public ::testing::Test {
protected:
    // Once for all tests: keys take time.
    static void SetUpTestSuite() {
        pki_ = std::make_unique<Pki>();
        pki_->authority("root");
        pki_->authority("other");
        pki_->authority("middle", "root");
        pki_->server("good", "root", "DNS:server.test,DNS:*.wild.test,IP:127.0.0.1");
        pki_->server("below", "middle");
        pki_->authority("rsa_root", "", "CA:TRUE", "keyCertSign", "rsa:2048");
        pki_->server("rsa_good", "rsa_root", "DNS:server.test", "rsa:2048");
        pki_->run("cat below.pem middle.pem > below_chain.pem");
        pki_->key("device");
        pki_->certificate("device", "root", "extendedKeyUsage=clientAuth");
        pki_->key("alien");
        pki_->certificate("alien", "other", "extendedKeyUsage=clientAuth");
    }
    static void TearDownTestSuite() {
        pki_.reset();
        std::cout << "TLS attacks: " << attempts << " attempts, " << accepted << " accepted\n";
    }
    static const Pki& pki() { return *pki_; }

    Credentials credentials;
    std::vector<net::SpkiPin> pins;

    static std::string serves(const std::string& name, const std::string& chain = {}) {
        return "-key " + name + ".key -cert " + name + ".pem" + (chain.empty() ? "" : " -cert_chain " + chain);
    }
    void pin(const std::string& name) {
        const auto bytes = pki().pin(name);
        net::SpkiPin made{};
        copy(bytes, made);
        pins.push_back(made);
    }
    net::TlsConfig config(net::TlsTrust trust) {
        return {.trust = trust, .pins = pins, .credentials = &credentials};
    }
    // What comes of a connection by authority `root`, or by the pins when there are some.
    std::string outcome(const std::string& options, const std::string& host = "server.test") {
        if (credentials.trusted.empty()) credentials.trusted = pki().der("root");
        const test::OpensslServer server(pki().path(""), options);
        Client client;
        EXPECT_TRUE(client.stream.configure(config(pins.empty() ? net::TlsTrust::ca : net::TlsTrust::pin)));
        return client.connect(host, server.port());
    }
    // The same of an attack: counted.
    std::string attack(const std::string& options, const std::string& host = "server.test") {
        const auto name = outcome(options, host);
        ++attempts;
        accepted += name.empty() ? 1 : 0;
        return name;
    }

    static int attempts, accepted;

private:
    static std::unique_ptr<Pki> pki_;
};
int TlsCertificate::attempts = 0;
int TlsCertificate::accepted = 0;
std::unique_ptr<Pki> TlsCertificate::pki_;

TEST_F(TlsCertificate, a_good_server_is_accepted) {
    EXPECT_EQ(outcome(serves("good")), "");
    EXPECT_EQ(outcome(serves("below", "middle.pem")), "");
    credentials.trusted = pki().der("rsa_root");
    EXPECT_EQ(outcome(serves("rsa_good")), "");
}

TEST_F(TlsCertificate, two_authorities_may_be_trusted) {
    credentials.trusted = pki().der("other");
    const auto root = pki().der("root");
    credentials.trusted.insert(credentials.trusted.end(), root.begin(), root.end());
    EXPECT_EQ(outcome(serves("good")), "");
}

TEST_F(TlsCertificate, an_authority_in_the_middle_may_be_the_trusted_one) {
    credentials.trusted = pki().der("middle");
    EXPECT_EQ(outcome(serves("below")), "");
}

TEST_F(TlsCertificate, either_pin_is_enough_and_asks_for_no_authority) {
    pki().server("selfmade", "");
    pin("other");
    pin("selfmade");
    EXPECT_EQ(outcome(serves("selfmade")), "");
}

TEST_F(TlsCertificate, a_wrong_authority_is_refused) {
    pki().server("foreign", "other");
    EXPECT_EQ(attack(serves("foreign")), "tls.unknown_authority");
    EXPECT_EQ(attack(serves("foreign", "other.pem")), "tls.unknown_authority");
    pki().server("lonely", "");
    EXPECT_EQ(attack(serves("lonely")), "tls.unknown_authority");
    // An authority of the same name and another key.
    pki().run("mkdir -p twin && cp root.cnf twin/");
    pki().key("twin");
    pki().certificate("twin", "", "basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign", "sha256", "root");
    pki().server("of_twin", "twin");
    EXPECT_EQ(attack(serves("of_twin", "twin.pem")), "tls.unknown_authority");
}

TEST_F(TlsCertificate, only_the_names_in_subject_alt_name_count) {
    pki().key("common");
    pki().certificate("common", "root", "extendedKeyUsage=serverAuth", "sha256", "server.test");
    EXPECT_EQ(attack(serves("common")), "tls.wrong_name");
    pki().certificate("common", "root", Pki::server_extensions("DNS:else.test"), "sha256", "server.test");
    EXPECT_EQ(attack(serves("common")), "tls.wrong_name");
    pki().certificate("common", "root", Pki::server_extensions("email:server.test,URI:https://server.test"), "sha256",
                      "server.test");
    EXPECT_EQ(attack(serves("common")), "tls.wrong_name");
    for (const std::string host : {"other.test", "aserver.test", "server.test.evil.test", "a.server.test", "test"}) {
        EXPECT_EQ(attack(serves("good"), host), "tls.wrong_name") << host;
    }
}

TEST_F(TlsCertificate, a_host_name_s_case_and_last_dot_do_not_matter) {
    EXPECT_EQ(outcome(serves("good"), "SERVER.test"), "");
    EXPECT_EQ(outcome(serves("good"), "server.test."), "");
}

TEST_F(TlsCertificate, a_wildcard_is_one_label_and_has_two_behind_it) {
    EXPECT_EQ(outcome(serves("good"), "a.wild.test"), "");
    for (const std::string host : {"wild.test", "a.b.wild.test", ".wild.test", "awild.test"}) {
        EXPECT_EQ(attack(serves("good"), host), "tls.wrong_name") << host;
    }
    const std::pair<std::string, std::string> bad[] = {
        {"DNS:*.test", "server.test"},   {"DNS:*", "server.test"},           {"DNS:s*.wild.test", "server.wild.test"},
        {"DNS:*er.test", "server.test"}, {"DNS:a.*.test", "a.server.test"},  {"DNS:*.*.test", "a.server.test"},
        {"DNS:**.wild.test", "a.wild.test"}};
    pki().key("wild");
    for (const auto& [name, host] : bad) {
        pki().certificate("wild", "root", Pki::server_extensions(name));
        EXPECT_EQ(attack(serves("wild"), host), "tls.wrong_name") << name;
    }
}

TEST_F(TlsCertificate, an_address_has_to_stand_there_as_an_address) {
    EXPECT_EQ(outcome(serves("good"), "127.0.0.1"), "");
    pki().key("numbers");
    for (const std::string names : {"DNS:127.0.0.1", "DNS:server.test", "IP:127.0.0.2", "IP:::1", "DNS:*.0.0.1"}) {
        pki().certificate("numbers", "root", Pki::server_extensions(names));
        EXPECT_EQ(attack(serves("numbers"), "127.0.0.1"), "tls.wrong_name") << names;
    }
}

TEST_F(TlsCertificate, dates_are_checked_by_the_clock_that_is_handed_in) {
    const auto real = now_really();
    credentials.clock = {real + std::chrono::days(99), true};
    EXPECT_EQ(outcome(serves("good")), "");
    credentials.clock = {real + std::chrono::days(101), true};
    EXPECT_EQ(attack(serves("good")), "tls.expired");
    credentials.clock = {real - std::chrono::days(2), true};
    EXPECT_EQ(attack(serves("good")), "tls.not_yet_valid");
}

TEST_F(TlsCertificate, a_floor_can_tell_that_a_certificate_has_expired_but_not_that_it_is_too_early) {
    const auto real = now_really();
    credentials.clock = {real - std::chrono::days(1000), false};
    EXPECT_EQ(outcome(serves("good")), "");
    credentials.clock = {real + std::chrono::days(101), false};
    EXPECT_EQ(attack(serves("good")), "tls.expired");
}

TEST_F(TlsCertificate, an_expired_authority_signs_nothing) {
    pki().key("old");
    pki().certificate("old", "", "basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign", "sha256", "", 10);
    pki().server("of_old", "old");
    credentials.trusted = pki().der("old");
    EXPECT_EQ(outcome(serves("of_old")), "");
    credentials.clock = {now_really() + std::chrono::days(11), true};
    EXPECT_EQ(attack(serves("of_old")), "tls.expired");
}

TEST_F(TlsCertificate, the_path_s_length_and_who_may_sign_are_kept) {
    pki().authority("zero", "root", "CA:TRUE,pathlen:0");
    pki().authority("deep", "zero");
    pki().server("too_deep", "deep");
    pki().run("cat deep.pem zero.pem > deep_chain");
    EXPECT_EQ(attack(serves("too_deep", "deep_chain")), "tls.unknown_authority");
    // A device's or a server's certificate is no authority.
    pki().server("by_server", "good");
    EXPECT_EQ(attack(serves("by_server", "good.pem")), "tls.unknown_authority");
    pki().authority("no_signer", "root", "CA:TRUE", "digitalSignature");
    pki().server("by_no_signer", "no_signer");
    EXPECT_EQ(attack(serves("by_no_signer", "no_signer.pem")), "tls.unknown_authority");
}

TEST_F(TlsCertificate, what_is_not_for_a_server_is_none) {
    EXPECT_EQ(attack(serves("device"), "device"), "tls.wrong_name");
    pki().key("use");
    for (const std::string use : {"extendedKeyUsage=clientAuth", "extendedKeyUsage=codeSigning"}) {
        pki().certificate("use", "root", "subjectAltName=DNS:server.test\n" + use);
        EXPECT_EQ(attack(serves("use")), "tls.key_usage") << use;
    }
    // OpenSSL does not even sign with such a key on P-256; with RSA it does.
    pki().key("use", "rsa:2048");
    for (const std::string use : {"keyUsage=critical,keyCertSign", "keyUsage=critical,keyAgreement"}) {
        pki().certificate("use", "root", "subjectAltName=DNS:server.test\n" + use);
        const auto name = attack(serves("use"));
        EXPECT_TRUE(name == "tls.key_usage" || name == "tls.no_common_suite") << use << " " << name;
    }
}

TEST_F(TlsCertificate, weak_keys_and_signatures_are_refused) {
    const std::string all = " -cipher ALL:@SECLEVEL=0";
    pki().key("sha1");
    pki().certificate("sha1", "root", Pki::server_extensions("DNS:server.test"), "sha1");
    EXPECT_EQ(attack(serves("sha1") + all), "tls.weak");
    pki().server("rsa1024", "root", "DNS:server.test", "rsa:1024");
    EXPECT_EQ(attack(serves("rsa1024") + all), "tls.weak");
    // Not even a common curve is left for a server's own key.
    for (const std::string curve : {"P-192", "P-224", "P-521", "secp256k1"}) {
        pki().server("curve", "root", "DNS:server.test", curve);
        const auto name = attack(serves("curve") + all);
        EXPECT_TRUE(name == "tls.no_common_suite" || name == "tls.weak") << curve << " " << name;
    }
    pki().authority("rsa_weak", "", "CA:TRUE", "keyCertSign", "rsa:1024");
    pki().server("of_weak", "rsa_weak");
    credentials.trusted = pki().der("rsa_weak");
    EXPECT_EQ(attack(serves("of_weak") + all), "tls.weak");
}

TEST_F(TlsCertificate, a_pinned_key_has_the_other_rules_too) {
    pki().server("pinned", "");
    pin("pinned");
    EXPECT_EQ(outcome(serves("pinned")), "");
    EXPECT_EQ(attack(serves("good")), "tls.pin_mismatch");
    EXPECT_EQ(attack(serves("pinned"), "else.test"), "tls.wrong_name");
    credentials.clock = {now_really() + std::chrono::days(101), true};
    EXPECT_EQ(attack(serves("pinned")), "tls.expired");
    credentials.clock = {now_really(), true};
    pki().certificate("pinned", "", "subjectAltName=DNS:server.test\nextendedKeyUsage=clientAuth");
    EXPECT_EQ(attack(serves("pinned")), "tls.key_usage");
}

// The pinned certificate is shown by somebody who has not got its key, behind one of their own.
TEST_F(TlsCertificate, a_pin_is_for_the_key_that_signs_the_handshake) {
    pin("good");
    pki().server("thief", "other");
    EXPECT_EQ(attack(serves("thief", "good.pem")), "tls.pin_mismatch");
}

TEST_F(TlsCertificate, chains_that_are_cut_or_far_too_long_are_refused) {
    EXPECT_EQ(attack(serves("below")), "tls.unknown_authority");
    pki().run("for i in $(seq 30); do cat good.pem; done > many");
    pki().run("for i in $(seq 9); do cat good.pem; done > some");
    EXPECT_EQ(attack(serves("good", "some")), "tls.chain_too_long");
    // More than 16 KB do not even fit a message.
    pki().run("for i in 1 2; do cat many; done > heap");
    EXPECT_NE(attack(serves("good", "heap")), "");
    EXPECT_NE(attack(serves("good", "many")), "");
}

TEST_F(TlsCertificate, no_older_version_and_no_other_way_of_trust_is_offered) {
    const std::string all = " -cipher ALL:@SECLEVEL=0";
    for (const std::string version : {"-tls1", "-tls1_1", "-tls1_3"}) {
        const auto name = attack(serves("good") + all + " " + version);
        EXPECT_TRUE(name == "tls.alert" || name == "tls.no_common_suite" || name == "tls.protocol") << version << name;
    }
    EXPECT_EQ(attack("-nocert -psk 0102030405060708090a0b0c0d0e0f10 -tls1_2"), "tls.no_common_suite");
    EXPECT_EQ(attack("-nocert -cipher aNULL:@SECLEVEL=0 -tls1_2"), "tls.no_common_suite");
    // Suites without forward secrecy, without AEAD.
    for (const std::string cipher : {"AES128-GCM-SHA256", "ECDHE-RSA-AES128-SHA256", "DHE-RSA-AES128-GCM-SHA256"}) {
        credentials.trusted = pki().der("rsa_root");
        EXPECT_EQ(attack(serves("rsa_good") + " -tls1_2 -cipher " + cipher), "tls.no_common_suite") << cipher;
    }
    credentials.trusted = pki().der("root");
    for (const std::string hash : {"ECDSA+SHA1", "ECDSA+SHA224"}) {
        const auto name = attack(serves("good") + all + " -tls1_2 -sigalgs " + hash);
        EXPECT_NE(name, "") << hash;
    }
}

TEST_F(TlsCertificate, there_is_no_renegotiation) {
    credentials.trusted = pki().der("root");
    test::OpensslServer server(pki().path(""), serves("good") + " -tls1_2");
    Client client;
    ASSERT_TRUE(client.stream.configure(config(net::TlsTrust::ca)));
    ASSERT_EQ(client.connect("server.test", server.port()), "");
    server.say("R\n");
    client.run_until([&] { return client.handler.over(); }, std::chrono::seconds(1));
    const auto log = server.log();
    const auto first = log.find("CIPHER is");
    ++attempts;
    accepted += log.find("CIPHER is", first + 1) == std::string::npos ? 0 : 1;
    EXPECT_NE(first, std::string::npos);
    EXPECT_EQ(log.find("CIPHER is", first + 1), std::string::npos) << log;
}

TEST_F(TlsCertificate, the_own_certificate_is_shown_and_its_refusal_named) {
    const auto wants = serves("good") + " -tls1_2 -Verify 2 -verify_return_error -CAfile root.pem";
    EXPECT_EQ(attack(wants), "tls.client_refused") << "none";
    credentials.own = pki().der("device");
    credentials.key = pki().scalar("device");
    EXPECT_EQ(outcome(wants), "");
    credentials.own = pki().der("alien");
    credentials.key = pki().scalar("alien");
    EXPECT_EQ(attack(wants), "tls.client_refused") << "another authority";
    credentials.own = pki().der("device");
    EXPECT_EQ(attack(wants), "tls.client_refused") << "another device's certificate";
}

TEST_F(TlsCertificate, what_is_set_here_and_cannot_be_used_is_named) {
    credentials.trusted = {0x30, 0x82, 0x01, 0x00};
    EXPECT_EQ(outcome(serves("good")), "tls.credentials");
    credentials.trusted = pki().der("root");
    credentials.trusted.push_back(0);
    EXPECT_EQ(outcome(serves("good")), "tls.credentials");
    credentials.trusted = pki().der("root");
    credentials.own = pki().der("device");
    EXPECT_EQ(outcome(serves("good")), "tls.credentials") << "without its key";
}

TEST_F(TlsCertificate, a_configuration_has_all_that_it_needs) {
    Client client;
    net::TlsConfig wanting{.trust = net::TlsTrust::ca};
    EXPECT_EQ(client.stream.configure(wanting).error(), errors::invalid_argument);
    EXPECT_EQ(client.stream.configure(config(net::TlsTrust::pin)).error(), errors::too_short);
    pins.resize(net::max_pins + 1);
    EXPECT_EQ(client.stream.configure(config(net::TlsTrust::pin)).error(), errors::too_long);
}

TEST_F(TlsCertificate, alpn_is_asked_for) {
    static constexpr const char* protocols[] = {"mqtt"};
    credentials.trusted = pki().der("root");
    test::OpensslServer server(pki().path(""), serves("good") + " -tls1_2 -alpn mqtt");
    Client client;
    auto chosen = config(net::TlsTrust::ca);
    chosen.alpn = protocols;
    ASSERT_TRUE(client.stream.configure(chosen));
    EXPECT_EQ(client.connect("server.test", server.port()), "");
    const auto selected = [&] { return server.log().find("ALPN protocols selected: mqtt") != std::string::npos; };
    EXPECT_TRUE(client.run_until(selected)) << server.log();
}

struct Download final : net::HttpHandler {
    std::string body, outcome = "nothing";
    Status on_host(std::string_view) override { return {}; }
    Status on_head(const net::HttpHead&) override { return {}; }
    Status on_body(ConstBytes piece) override {
        body += as_text(piece);
        return {};
    }
    void on_done(Status done) override { outcome = done ? "" : std::string(done.error().name()); }
};

class Https : public TlsCertificate {
protected:
    // What `url` brings; its port stands for %.
    std::string fetch(std::string url, bool trusted = true) {
        credentials.trusted = pki().der("root");
        const test::OpensslServer server(pki().path(""), serves("good") + " -HTTP");
        url.replace(url.find('%'), 1, std::to_string(server.port()));
        Client client;
        net::HttpGet get{client.reactor, client.names};
        if (trusted) get.use_trust(&credentials, client.entropy);
        Download download;
        if (const auto started = get.start(url, 0, download); !started) return std::string(started.error().name());
        EXPECT_TRUE(client.run_until([&] { return download.outcome != "nothing"; }));
        return download.outcome.empty() ? download.body : download.outcome;
    }
    void pin_web(const std::string& name) {
        net::SpkiPin made{};
        copy(pki().pin(name), made);
        static_cast<void>(credentials.web_pins.push_back(made));
    }
    // A file whose text is a whole answer.
    void answer(const std::string& name, const std::string& text) { std::ofstream(pki().path(name)) << text; }
};

TEST_F(Https, a_file_comes_from_a_server_that_is_trusted) {
    answer("file", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    EXPECT_EQ(fetch("https://server.test:%/file"), "hello");
    EXPECT_EQ(fetch("https://server.test:%/file", false), "http.https");
    EXPECT_EQ(fetch("https://else.test:%/file"), "tls.wrong_name");
}

TEST_F(Https, a_pinned_key_stands_in_for_the_authority) {
    answer("file", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    pin_web("other");
    EXPECT_EQ(fetch("https://server.test:%/file"), "tls.pin_mismatch");
    pin_web("good");
    EXPECT_EQ(fetch("https://server.test:%/file"), "hello");
    EXPECT_EQ(fetch("https://else.test:%/file"), "tls.wrong_name");
}

TEST_F(Https, a_redirect_stays_within_it) {
    answer("down", "HTTP/1.1 302 Found\r\nLocation: http://server.test/file\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(fetch("https://server.test:%/down"), "http.downgrade");
    answer("file", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    answer("on", "HTTP/1.1 302 Found\r\nLocation: /file\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(fetch("https://server.test:%/on"), "hello");
}

}  // namespace
