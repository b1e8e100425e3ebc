// The operator's rotation of a device's key against a whole device, interrupted at every step.
#include "host/cli/rotation.hpp"

#include "esb/base/json.hpp"
#include "host/cli/jwe.hpp"
#include "support/online_device.hpp"

#include <gtest/gtest.h>

#include <string>

namespace esb {
namespace {

using test::OnlineDevice;
namespace wire = test::wire;

// The operator's side with a broker in memory. `calls_left` cuts a run off: the call is done, its answer is lost.
class MemoryPorts : public cli::RotationPorts {
public:
    explicit MemoryPorts(OnlineDevice& rig)
        : rig_(rig), identity_(rig.device->identity()), base_("ESP/" + identity_.substr(4)) {
        const auto& psk = rig.broker.server.options.accounts.at(identity_);
        account_ = {identity_, hex(psk), {}, false, cli::Account::Rotation::none, {}};
    }
    int calls_left = 1000;

    cli::Outcome<std::string> new_key() override {
        return answer(std::string(31, 'c') + static_cast<char>('0' + ++keys_));
    }
    cli::Outcome<cli::Account> account() override { return answer(account_); }
    cli::Outcome<void> store(const cli::Account& account) override {
        account_ = account;
        std::vector<std::uint8_t> key(account.psk.size() / 2);
        static_cast<void>(hex_decode(account.psk, key));
        rig_.broker.server.options.accounts[identity_] = key;
        return done();
    }
    cli::Outcome<std::string> key_in_use() override {
        rig_.run_for(2s);  // time to notice what has just happened
        if (!rig_.online(60s)) return cli::failure("not on line");
        const auto report = cli::read_config_report(rig_.broker.latest(base_ + "/config/status"));
        if (!report) return std::unexpected(report.error());
        return answer(report->key);
    }
    cli::Outcome<void> change(const std::string& json) override {
        const auto id = cli::config_id(json);
        rig_.broker.say(wire::publish(base_ + "/config", json, 1, static_cast<std::uint16_t>(100 + ++sent_)));
        if (calls_left <= 1) {  // the tool dies while the device is at it
            rig_.run_for(3s);
            return done();
        }
        std::string state;
        rig_.run_until(
            [&] {
                const auto report = cli::read_config_report(rig_.broker.latest(base_ + "/config/status"));
                state = report && report->id == id ? report->state : "";
                return !state.empty() && state != "staged";
            },
            2min);
        if (state != "kept") return cli::failure("not kept: " + state);
        return done();
    }
    cli::Outcome<crypto::P256PublicKey> device_key() override {
        const auto document = JsonDocument::parse(as_bytes(rig_.broker.latest(base_ + "/status")));
        if (!document) return cli::failure("no status");
        const auto key = cli::parse_device_key(document->root()["enc"].text().value_or(""));
        if (!key) return std::unexpected(key.error());
        return answer(*key);
    }
    void tell(const std::string&) override {}

    const cli::Account& stored() const { return account_; }

private:
    static std::string hex(const std::vector<std::uint8_t>& bytes) {
        std::string digits(2 * bytes.size(), '0');
        static_cast<void>(hex_encode(bytes, digits));
        return digits;
    }
    cli::Outcome<void> done() {
        if (--calls_left <= 0) return cli::failure("interrupted");
        return {};
    }
    template <typename T>
    cli::Outcome<T> answer(T value) {
        if (--calls_left <= 0) return cli::failure("interrupted");
        return value;
    }

    OnlineDevice& rig_;
    std::string identity_;
    std::string base_;
    cli::Account account_;
    int keys_ = 0;
    int sent_ = 0;
};

// The only key of the device is the account's, and the old one is refused.
void expect_rotated(OnlineDevice& rig, const MemoryPorts& ports, const std::string& old_key) {
    ASSERT_EQ(ports.stored().rotation, cli::Account::Rotation::none);
    EXPECT_NE(ports.stored().psk, old_key);
    const auto& settings = rig.device->settings();
    const auto first = settings.bytes("mqtt.0.psk.0");
    const auto second = settings.bytes("mqtt.0.psk.1");
    EXPECT_NE(first.empty(), second.empty());
    std::string digits(2 * (first.size() + second.size()), '0');
    ASSERT_TRUE(hex_encode(first.empty() ? second : first, digits));
    EXPECT_EQ(digits, ports.stored().psk);
    EXPECT_TRUE(rig.online(60s));
}

TEST(Rotation, replaces_the_key_over_the_live_session) {
    OnlineDevice rig;
    ASSERT_TRUE(rig.online());
    MemoryPorts ports(rig);
    const auto old_key = ports.stored().psk;
    const auto rotated = cli::rotate_key(ports);
    ASSERT_TRUE(rotated) << rotated.error().line << rig.chip.uart.output();
    expect_rotated(rig, ports, old_key);
    const auto middle_key = ports.stored().psk;
    ASSERT_TRUE(cli::rotate_key(ports)) << "and back into the first slot";
    expect_rotated(rig, ports, middle_key);
}

// `trouble` happens between the two runs; the device has to be on line again within 60 s.
void interrupt_everywhere(const std::function<void(OnlineDevice&)>& trouble) {
    int steps = 0;
    for (int calls = 1;; ++calls) {
        SCOPED_TRACE(calls);
        OnlineDevice rig;
        ASSERT_TRUE(rig.online());
        MemoryPorts ports(rig);
        const auto old_key = ports.stored().psk;
        ports.calls_left = calls;
        if (cli::rotate_key(ports)) break;
        ++steps;
        trouble(rig);
        ASSERT_TRUE(rig.online(60s)) << rig.chip.uart.output();
        ports.calls_left = 1000;
        const auto finished = cli::rotate_key(ports);
        ASSERT_TRUE(finished) << finished.error().line << "\n" << rig.chip.uart.output();
        expect_rotated(rig, ports, old_key);
    }
    EXPECT_GE(steps, 7);
}

TEST(Rotation, interrupted_at_every_step_is_finished_by_a_second_run) {
    interrupt_everywhere([](OnlineDevice&) {});
}

TEST(Rotation, interrupted_and_the_devices_power_goes) {
    interrupt_everywhere([](OnlineDevice& rig) { rig.start(); });
}

TEST(Rotation, interrupted_and_the_broker_ends_the_connection) {
    interrupt_everywhere([](OnlineDevice& rig) { rig.broker.server.hang_up(); });
}

}  // namespace
}  // namespace esb
