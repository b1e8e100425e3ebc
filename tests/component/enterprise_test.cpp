// WPA2-Enterprise on a whole device: who is joined, who is not, and what becomes of a change that does not work.
#include "esb/base/pem.hpp"
#include "support/fake_ca.hpp"
#include "support/online_device.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace esb {
namespace {

using test::FakeCa;
using test::OnlineDevice;
using testing::HasSubstr;

constexpr std::string_view join_as_ann = "wifi enterprise Campus peap radius.campus.test ann secret\n";

struct Enterprise : testing::Test {
    FakeCa ca{7};
    FakeCa other{8};
    OnlineDevice rig;

    Enterprise() { rig.chip.clock.set_wall(UnixTime(1'800'000'000)); }

    static chip::Enterprise::Certificate name_of(const FakeCa::Der& der) { return crypto::sha256(der); }
    vchip::AirNetwork campus() const {
        vchip::AirNetwork network;
        static_cast<void>(network.ssid.assign("Campus"));
        network.auth = chip::Auth::enterprise;
        network.server.emplace(vchip::AirNetwork::Server{name_of(ca.certificate), "radius.campus.test", "ann", "secret", {}});
        return network;
    }
    // In place of the network at home.
    void move_to(const vchip::AirNetwork& network) {
        auto air = rig.chip.radio.air();
        air.networks = {network};
        rig.chip.radio.set_air(air);
    }
    void paste(const std::string& command, const FakeCa::Der& der) {
        std::array<char, 4096> text;
        rig.settings(command + "\n" + std::string(*encode_pem("CERTIFICATE", der, text)) + ".\n");
    }
    std::string ask(std::string_view line) {
        rig.chip.uart.take_output();
        rig.settings(line);
        return rig.chip.uart.take_output();
    }
    // A certificate for the device's own key, by its request.
    FakeCa::Der certificate_of_device() {
        const auto text = ask("mqtt csr\n");
        auto csr = text.substr(text.find("-----BEGIN"));
        csr = csr.substr(csr.find('\n') + 1);
        std::array<std::uint8_t, 512> room;
        const auto request = decode_base64(csr.substr(0, csr.find("-----END")), room);
        EXPECT_TRUE(request) << text;
        return request ? ca.device(*request, UnixTime(0), UnixTime(4'000'000'000)) : FakeCa::Der();
    }
};

TEST_F(Enterprise, a_user_with_a_password_is_let_in) {
    move_to(campus());
    paste("wifi ca", ca.certificate);
    EXPECT_THAT(ask(join_as_ann), HasSubstr("ok"));
    ASSERT_TRUE(rig.online());
    EXPECT_TRUE(rig.printed("wifi: joined \"Campus\""));
}

TEST_F(Enterprise, a_certificate_of_the_devices_own_is_let_in) {
    paste("wifi ca", ca.certificate);
    const auto own = certificate_of_device();
    auto network = campus();
    network.server->password.clear();
    network.server->station = name_of(own);
    move_to(network);
    paste("wifi cert", own);
    EXPECT_THAT(ask("wifi enterprise Campus tls radius.campus.test device@campus.test\n"), HasSubstr("ok"));
    EXPECT_TRUE(rig.online());
}

TEST_F(Enterprise, a_certificate_for_a_foreign_key_is_refused) {
    mbedtls_pk_context key{};
    const auto foreign = ca.server("device", key);
    paste("wifi cert", foreign);
    EXPECT_TRUE(rig.printed("setting.own_certificate"));
    mbedtls_pk_free(&key);
}

TEST_F(Enterprise, half_of_it_is_refused) {
    EXPECT_THAT(ask(join_as_ann), HasSubstr("setting.enterprise")) << "no authority";
    paste("wifi ca", ca.certificate);
    EXPECT_THAT(ask("wifi enterprise Campus peap radius.campus.test ann\n"), HasSubstr("setting.enterprise")) << "no password";
    EXPECT_THAT(ask("wifi enterprise Campus tls radius.campus.test ann\n"), HasSubstr("setting.enterprise")) << "no certificate";
    EXPECT_THAT(ask("wifi enterprise Campus ttls radius.campus.test ann secret\n"), HasSubstr("setting.choice"));
    EXPECT_THAT(ask(join_as_ann), HasSubstr("ok"));
    EXPECT_THAT(ask("config unset wifi.0.server\n"), HasSubstr("setting.enterprise"));
    EXPECT_THAT(ask("config unset wifi.0.ca\n"), HasSubstr("setting.enterprise"));
    EXPECT_THAT(ask("config set wifi.0.pass \"a password\"\n"), HasSubstr("setting.enterprise"));
}

struct Impostor {
    const char* what;
    void (*change)(vchip::AirNetwork&, const FakeCa& other);
};
constexpr Impostor impostors[] = {
    {"of another authority",
     [](vchip::AirNetwork& n, const FakeCa& other) { n.server->authority = crypto::sha256(other.certificate); }},
    {"with another name", [](vchip::AirNetwork& n, const FakeCa&) { n.server->name = "radius.evil.test"; }},
    {"with a passphrase",
     [](vchip::AirNetwork& n, const FakeCa&) {
         n.server.reset();
         n.auth = chip::Auth::wpa2;
         n.passphrase = "secret12";
     }},
    {"that is open",
     [](vchip::AirNetwork& n, const FakeCa&) {
         n.server.reset();
         n.auth = chip::Auth::open;
     }},
};

TEST_F(Enterprise, an_impostor_is_never_joined) {
    paste("wifi ca", ca.certificate);
    EXPECT_THAT(ask(join_as_ann), HasSubstr("ok"));
    for (const auto& impostor : impostors) {
        auto network = campus();
        impostor.change(network, other);
        move_to(network);
        rig.run_for(10min);
        EXPECT_FALSE(rig.chip.radio.has_address()) << impostor.what;
    }
    EXPECT_TRUE(rig.printed("server not verified"));
    move_to(campus());
    EXPECT_TRUE(rig.online(10min)) << "and the right one still is";
}

TEST_F(Enterprise, a_password_that_is_wrong_takes_itself_back) {
    ASSERT_TRUE(rig.online());
    auto air = rig.chip.radio.air();
    air.networks.push_back(campus());
    rig.chip.radio.set_air(air);
    paste("wifi ca", ca.certificate);
    rig.run_for(5min);
    ASSERT_TRUE(rig.online());
    ask("wifi enterprise Campus peap radius.campus.test ann wrong\n");
    rig.run_for(10min);
    EXPECT_TRUE(rig.online());
    EXPECT_EQ(as_text(rig.device->settings().bytes(settings::names::wifi_ssid)), "Home");
    ask(join_as_ann);
    rig.run_for(5min);
    EXPECT_TRUE(rig.online());
    EXPECT_EQ(as_text(rig.device->settings().bytes(settings::names::wifi_ssid)), "Campus");
}

TEST_F(Enterprise, a_network_that_comes_by_improv_replaces_it) {
    paste("wifi ca", ca.certificate);
    ask(join_as_ann);
    const auto sized = [](const std::string& text) { return static_cast<char>(text.size()) + text; };
    const auto data = '\x01' + sized(sized("Home") + sized("correct horse"));
    auto frame = std::string("IMPROV\x01\x03") + sized(data);
    unsigned sum = 0;
    for (const char c : frame) sum += static_cast<unsigned char>(c);
    EXPECT_THAT(ask(frame + static_cast<char>(sum & 0xFF) + "\n"), testing::Not(HasSubstr("setting.enterprise")));
    EXPECT_TRUE(rig.online());
}

TEST_F(Enterprise, a_network_with_a_password_replaces_it) {
    paste("wifi ca", ca.certificate);
    ask(join_as_ann);
    EXPECT_THAT(ask("wifi connect Home \"correct horse\"\n"), HasSubstr("ok"));
    EXPECT_TRUE(rig.online());
}

TEST_F(Enterprise, is_joined_again_after_the_power_was_cut) {
    move_to(campus());
    paste("wifi ca", ca.certificate);
    ask(join_as_ann);
    ASSERT_TRUE(rig.online());
    rig.chip.power_off();
    rig.start();
    EXPECT_TRUE(rig.online());
}

TEST_F(Enterprise, nobody_reads_the_password) {
    paste("wifi ca", ca.certificate);
    ask(join_as_ann);
    EXPECT_THAT(ask("config get wifi.0.eap_pass\n"), testing::Not(HasSubstr("secret\r\n")));
    EXPECT_THAT(ask("config list\n"), testing::Not(HasSubstr("= secret")));
}

}  // namespace
}  // namespace esb
