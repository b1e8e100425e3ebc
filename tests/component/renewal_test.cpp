// A device whose broker and whose authority know it by its certificate, over more than a year.
#include "esb/base/pem.hpp"
#include "esb/crypto/certificate.hpp"
#include "support/fake_ca.hpp"
#include "support/online_device.hpp"
#include "support/reentrant.hpp"

#include <gtest/gtest.h>

#include <iostream>

namespace esb {
namespace {

using test::FakeCa;
using test::OnlineDevice;
namespace names = settings::names;

constexpr auto est_address = chip::IpAddress::v4(192, 0, 2, 7);
constexpr UnixTime begin{1'900'000'000};
constexpr auto life = std::chrono::days(90);

// The authority's side of EST.
struct EstServer {
    EstServer(vchip::SimNetwork& network, FakeCa& authority)
        : ca(authority), server(network, est_address, 443, {.echo = false}) {
        server.options.certificate = ca.server("est.test", key);
        server.options.clients = ca.certificate;
        server.options.key = &key;
        server.options.suites = {MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256};
        network.world().add_step([this] { step(); });
    }
    ~EstServer() { mbedtls_pk_free(&key); }

    void step() {
        const auto head = server.received.find("\r\n\r\n");
        if (head == std::string::npos || server.connections == answered) return;
        const auto body = server.received.substr(head + 4);
        const auto length = server.received.find("Content-Length: ");
        if (length == std::string::npos || body.size() < std::stoul(server.received.substr(length + 16))) return;
        answered = server.connections;
        ++requests;
        when_asked();
        std::array<std::uint8_t, 1024> room;
        const auto request = decode_base64(body, room);
        EXPECT_TRUE(request);
        EXPECT_TRUE(server.received.starts_with("POST /.well-known/est/simplereenroll HTTP/1.1\r\n"));
        issued = ca.device(*request, now(), now() + life);
        if (broken > 0) {
            --broken;
            server.say("HTTP/1.1 503 Later\r\nContent-Length: 0\r\n\r\n");
            return;
        }
        std::array<char, 4096> text;
        const auto encoded = encode_base64(FakeCa::wrap(issued), text);
        server.say("HTTP/1.1 200 OK\r\nContent-Type: application/pkcs7-mime\r\nContent-Length: " +
                   std::to_string(encoded->size()) + "\r\n\r\n" + std::string(*encoded));
    }

    FakeCa& ca;
    mbedtls_pk_context key{};
    test::TlsPskServer server;
    std::function<UnixTime()> now;
    std::function<void()> when_asked = [] {};
    FakeCa::Der issued;
    int answered = 0, requests = 0;
    int broken = 0;  // so many requests are put off
};

struct RenewalRig {
    FakeCa ca;
    OnlineDevice rig;
    EstServer est{rig.network, ca};
    mbedtls_pk_context broker_key{};

    RenewalRig() {
        auto& options = rig.broker.server.options;
        options.certificate = ca.server("broker.test", broker_key);
        options.clients = ca.certificate;
        options.key = &broker_key;
        options.suites = {MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256};
        rig.chip.resolver.set("est.test", est_address);
        est.now = [this] { return *rig.chip.clock.wall(); };
        wall(begin);
        paste("mqtt ca", ca.certificate);
        rig.chip.uart.take_output();
        rig.settings("mqtt csr\nconfig set est.url https://est.test\n");
        const auto text = rig.chip.uart.take_output();
        const auto at = text.find("-----BEGIN");
        EXPECT_NE(at, std::string::npos) << text;
        if (at == std::string::npos) return;
        auto csr = text.substr(at, text.find("REQUEST-----\r\n", at + 40) - at);
        csr = csr.substr(csr.find('\n') + 1);
        csr = csr.substr(0, csr.find("-----END"));
        std::array<std::uint8_t, 512> room;
        const auto request = decode_base64(csr, room);
        EXPECT_TRUE(request) << text;
        if (!request) return;
        paste("mqtt cert", ca.device(*request, begin, begin + life));
    }
    ~RenewalRig() {
        rig.firmware.reset();
        mbedtls_pk_free(&broker_key);
    }
    void wall(UnixTime at) { rig.chip.clock.set_wall(at); }
    void paste(const std::string& command, const FakeCa::Der& der) {
        std::array<char, 4096> text;
        rig.settings(command + "\n" + std::string(*encode_pem("CERTIFICATE", der, text)) + ".\n");
    }
    // Of the certificate that the device has shown the broker last.
    crypto::CertificateFacts shown() {
        const auto facts = crypto::read_certificate(rig.broker.server.client);
        EXPECT_TRUE(facts);
        return facts.value_or(crypto::CertificateFacts{});
    }
    void restart(UnixTime at) {
        rig.start();
        wall(at);
    }
};

TEST(Renewal, over_400_days_the_device_always_has_a_certificate_that_is_valid) {
    RenewalRig r;
    ASSERT_TRUE(r.rig.online());
    int renewals = 0;
    std::vector<std::uint8_t> before = r.rig.broker.server.client;
    for (int day = 0; day <= 400; day += 8) {
        r.restart(begin + std::chrono::days(day));
        ASSERT_TRUE(r.rig.online()) << day;
        r.rig.run_for(std::chrono::minutes(70));
        ASSERT_TRUE(r.rig.online()) << day;
        const auto now = *r.rig.chip.clock.wall();
        ASSERT_LT(now, r.shown().until) << day;
        if (r.rig.broker.server.client == before) continue;
        before = r.rig.broker.server.client;
        ++renewals;
        EXPECT_EQ(before, r.est.issued);
        EXPECT_GT(r.shown().until - now, life - std::chrono::hours(2));
    }
    std::cout << "Renewal: " << renewals << " in 400 days, " << r.est.requests << " requests\n";
    EXPECT_GE(renewals, 5);
    EXPECT_LE(renewals, 7);
    EXPECT_EQ(r.est.requests, renewals);
}

TEST(Renewal, nothing_is_asked_for_before_two_thirds_of_its_life) {
    RenewalRig r;
    r.restart(begin + std::chrono::days(59));
    ASSERT_TRUE(r.rig.online());
    r.rig.run_for(std::chrono::minutes(90));
    EXPECT_EQ(r.est.requests, 0);
    r.restart(begin + std::chrono::days(68));
    ASSERT_TRUE(r.rig.online());
    r.rig.run_for(std::chrono::minutes(90));
    EXPECT_EQ(r.est.requests, 1);
    EXPECT_TRUE(r.rig.printed("config: kept"));
}

struct Renewals : testing::Test {
    RenewalRig r;
};

ESB_REENTRANT_WITH(Renewals, two_thirds_of_its_life_are_enough_for_a_certificate, {.most = 25}) {
    ASSERT_TRUE(r.rig.online());
    r.restart(begin + std::chrono::days(70));
    ASSERT_TRUE(r.rig.online());
    r.rig.run_until([&] { return r.rig.printed("config: kept") && r.est.requests > 0; }, std::chrono::hours(3));
    ASSERT_TRUE(r.rig.online());
    EXPECT_EQ(r.rig.broker.server.client, r.est.issued);
}

TEST(Renewal, a_server_that_cannot_now_is_asked_again_later_and_ever_less_often) {
    RenewalRig r;
    r.est.broken = 4;
    r.restart(begin + std::chrono::days(70));
    ASSERT_TRUE(r.rig.online());
    r.rig.run_for(std::chrono::hours(1));
    EXPECT_LE(r.est.requests, 2);
    EXPECT_TRUE(r.rig.printed("http.status"));
    r.rig.run_for(std::chrono::hours(20));
    EXPECT_EQ(r.est.requests, 5);
    EXPECT_TRUE(r.rig.online());
}

TEST(Renewal, a_new_certificate_that_the_broker_refuses_gives_way_to_the_one_before) {
    RenewalRig r;
    ASSERT_TRUE(r.rig.online());
    const auto good = r.rig.broker.server.client;
    FakeCa other(8);
    r.restart(begin + std::chrono::days(70));
    ASSERT_TRUE(r.rig.online());
    r.est.when_asked = [&] { r.rig.broker.server.options.clients = other.certificate; };
    ASSERT_TRUE(r.rig.run_until([&] { return r.rig.printed("config: reverted"); }, std::chrono::minutes(10)))
        << r.rig.chip.uart.output();
    r.rig.broker.server.options.clients = r.ca.certificate;
    ASSERT_TRUE(r.rig.online());
    EXPECT_EQ(r.rig.broker.server.client, good);
    EXPECT_EQ(r.est.requests, 1);
}

}  // namespace
}  // namespace esb
