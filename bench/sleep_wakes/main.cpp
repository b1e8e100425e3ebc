// One wake of a device that publishes and sleeps: what it takes, from its start to its sleep.
//     sleep_wakes psk|ca cold|kept
// psk: a broker that shares a key; ca: one with a certificate, which gives tickets. cold: the retained memory holds noise; kept:
// what the sleep before has left. Instructions are counted by callgrind, without those of the simulated world: it turns only
// while the device waits. An answer takes `round_trip`, a name one of them, an address by DHCP two, a join no time.
#include "esb/base/pem.hpp"
#include "support/fake_ca.hpp"
#include "support/online_device.hpp"

#include <valgrind/callgrind.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

using namespace esb;

constexpr Duration round_trip = 200ms;
constexpr auto pause = 5min;
constexpr UnixTime today{1'900'000'000};

[[noreturn]] void give_up(const char* words) {
    std::fprintf(stderr, "sleep_wakes: %s\n", words);
    std::exit(1);
}

// The simulated ones, whose waiting is the world's time and not the device's.
class CountingSockets final : public chip::Sockets {
public:
    explicit CountingSockets(chip::Sockets& inner) : inner_(inner) {}

    bool counted = false;
    std::size_t sent = 0, received = 0;  // bytes of TCP

    void wake() override { inner_.wake(); }
    Result<chip::SocketId> connect(const chip::Endpoint& to) override { return inner_.connect(to); }
    Status connected(chip::SocketId socket) override { return inner_.connected(socket); }
    Result<chip::SocketId> listen(const chip::Endpoint& at, int backlog) override { return inner_.listen(at, backlog); }
    Result<chip::SocketId> accept(chip::SocketId listener) override { return inner_.accept(listener); }
    Result<chip::SocketId> bind_udp(const chip::Endpoint& at) override { return inner_.bind_udp(at); }
    Result<std::size_t> send(chip::SocketId socket, ConstBytes bytes) override {
        const auto taken = inner_.send(socket, bytes);
        if (taken && counted) sent += *taken;
        return taken;
    }
    Result<std::size_t> receive(chip::SocketId socket, MutBytes out) override {
        const auto got = inner_.receive(socket, out);
        if (got && counted) received += *got;
        return got;
    }
    Status send_to(chip::SocketId socket, const chip::Endpoint& to, ConstBytes bytes) override {
        return inner_.send_to(socket, to, bytes);
    }
    Result<chip::Datagram> receive_from(chip::SocketId socket, MutBytes out) override {
        return inner_.receive_from(socket, out);
    }
    Result<chip::Endpoint> local(chip::SocketId socket) override { return inner_.local(socket); }
    void close(chip::SocketId socket) override { inner_.close(socket); }
    Status wait(std::span<chip::Interest> interests, Duration timeout) override {
        if (counted) CALLGRIND_TOGGLE_COLLECT;
        const auto waited = inner_.wait(interests, timeout);
        if (counted) CALLGRIND_TOGGLE_COLLECT;
        return waited;
    }

private:
    chip::Sockets& inner_;
};

class Bench {
public:
    explicit Bench(bool with_certificate) {
        rig_.chip.clock.set_wall(today);
        rig_.chip.resolver.set("broker.test", test::broker_address, round_trip);
        rig_.network.faults(test::broker_address).latency = round_trip / 2 - Duration(1);
        rig_.chip.radio.set_timing(
            {.join = 0ms, .join_on_channel = 0ms, .handshake_failure = 0ms, .address = 2 * round_trip});
        if (with_certificate) use_certificate();
        rig_.broker.reply = [](const test::wire::Packet& packet) {
            return packet.type == 1 ? test::wire::connack(true) : test::TlsBroker::usual(packet);
        };
        wish();
        turn_until_asleep();
    }
    ~Bench() {
        rig_.firmware.reset();
        mbedtls_pk_free(&key_);
    }

    void wake(bool cold, bool counted) {
        rig_.firmware.reset();
        rig_.chip.radio.power_off();
        rig_.world.run_for(pause);
        vchip::SeededRandom noise(1);
        if (cold) rig_.chip.retained_ram.scramble(noise);
        if (!rig_.chip.boot(chip::ResetReason::deep_sleep)) give_up("no boot");
        rig_.chip.uart.take_output();
        began_ = rig_.world.now();
        sockets_.counted = counted;
        auto& made = rig_.chip.chip();
        chip::Chip ports{made.slots,   made.key_value, made.radio,        sockets_,    made.resolver, made.uart,
                         made.entropy, made.clock,     made.retained_ram, made.button, made.system};
        ports_.emplace(ports);
        if (counted) CALLGRIND_TOGGLE_COLLECT;
        rig_.firmware = std::make_unique<Firmware>(*ports_, rig_.app);
        rig_.device = &rig_.firmware->device();
        rig_.firmware->start();
        wish();
        turn_until_asleep();
        if (counted) CALLGRIND_TOGGLE_COLLECT;
        sockets_.counted = false;
    }
    void report() const {
        const auto time = rig_.world.now() - began_;
        const bool resumed = test::line_after(rig_.chip.uart.output(), "tls: ").ends_with(", session resumed");
        std::printf("{\"ms\": %lld, \"round_trip\": %lld, \"sent\": %zu, \"received\": %zu, \"resumed\": %s}\n",
                    static_cast<long long>(time.count()), static_cast<long long>(round_trip.count()), sockets_.sent,
                    sockets_.received, resumed ? "true" : "false");
    }

private:
    void use_certificate() {
        auto& options = rig_.broker.server.options;
        options.certificate = ca_.server("broker.test", key_);
        options.key = &key_;
        options.tickets = true;
        options.suites = {MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256};
        std::array<char, 4096> text;
        rig_.settings("mqtt ca\n" + std::string(*encode_pem("CERTIFICATE", ca_.certificate, text)) + ".\n");
    }
    void wish() {
        const auto wished = rig_.device->publish("moisture", 42) && rig_.device->sleep_for(pause);
        if (!wished) give_up("no wish");
    }
    void turn_until_asleep() {
        const auto until = rig_.world.now() + 5min;
        while (rig_.firmware->turn(200ms)) {
            if (rig_.world.now() > until) give_up(rig_.chip.uart.output().c_str());
        }
        if (!rig_.firmware->sleeps()) give_up("it restarts");
    }

    test::FakeCa ca_;
    mbedtls_pk_context key_{};
    test::OnlineDevice rig_;
    CountingSockets sockets_{rig_.chip.sockets};
    std::optional<chip::Chip> ports_;
    Instant began_{};
};

}  // namespace

int main(int count, char** words) {
    if (count != 3) give_up("usage: sleep_wakes psk|ca cold|kept");
    Bench bench(std::strcmp(words[1], "ca") == 0);
    bench.wake(false, false);
    bench.wake(std::strcmp(words[2], "cold") == 0, true);
    bench.report();
}
