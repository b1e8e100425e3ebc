// A Device with a network and a broker of its own, all in one process and in virtual time: real TLS on both sides,
// MQTT as the test wants it.
#pragma once

#include "esb/base/encoding.hpp"
#include "esb/device/firmware.hpp"
#include "host/vchip/sim_chip.hpp"
#include "support/device_rig.hpp"
#include "support/mqtt_wire.hpp"
#include "support/reentrant.hpp"
#include "support/tls_psk_server.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace esb::test {

inline constexpr auto broker_address = chip::IpAddress::v4(192, 0, 2, 1);
inline constexpr std::uint16_t broker_port = 8883;

// Answers what arrives; `reply` may be replaced packet by packet. Publishes go back to whoever sent them.
class TlsBroker {
public:
    explicit TlsBroker(vchip::SimNetwork& network)
        : server(network, broker_address, broker_port, {.accounts = {}, .echo = false}) {
        network.world().add_step([this] { step(); });
    }

    // What a broker would say; tests override it and fall back to it.
    static wire::Bytes usual(const wire::Packet& packet) {
        switch (packet.type) {
            case 1:
                return wire::connack();
            case 3: {
                const auto echo = packet.retain() ? wire::Bytes{} : wire::publish(packet.topic, packet.payload);
                if (packet.qos == 1) return wire::puback(packet.id) + echo;
                if (packet.qos == 2) return wire::pubrec(packet.id) + echo;
                return echo;
            }
            case 6:
                return wire::pubcomp(packet.id);
            case 8:
                return wire::suback(packet.id, packet.qos);
            case 10:
                return wire::unsuback(packet.id);
            case 12:
                return wire::pingresp();
            default:
                return {};
        }
    }

    TlsPskServer server;
    std::function<wire::Bytes(const wire::Packet&)> reply = usual;
    std::vector<wire::Packet> packets;  // of all connections
    bool silent = false;                // reads and never answers

    void say(const wire::Bytes& bytes) { server.say({reinterpret_cast<const char*>(bytes.data()), bytes.size()}); }
    // The latest payload on a topic; empty when there was none.
    std::string latest(std::string_view topic) const {
        std::string payload;
        for (const auto& packet : packets) {
            if (packet.type == 3 && packet.topic == topic) payload = packet.payload;
        }
        return payload;
    }

private:
    void step() {
        if (server.connections != seen_connections_) {
            seen_connections_ = server.connections;
            stream_.clear();
            taken_ = 0;
        }
        const auto& all = server.received;
        stream_.insert(stream_.end(), all.begin() + static_cast<std::ptrdiff_t>(std::min(taken_, all.size())),
                       all.end());
        taken_ = all.size();
        while (const auto packet = wire::take_packet(stream_)) {
            packets.push_back(*packet);
            if (!silent) say(reply(*packet));
        }
    }

    wire::Bytes stream_;
    std::size_t taken_ = 0;
    int seen_connections_ = 0;
};

class OnlineDevice {
public:
    // The chip has Wi-Fi and the broker knows its key; nothing has been turned yet.
    explicit OnlineDevice(const AppDesc& description = test_app())
        : app(description), network(world), broker(network), chip(network, flash) {
        chip.radio.add_network("Home", "correct horse");
        chip.resolver.set("broker.test", broker_address);
        start();
        settings("wifi connect Home \"correct horse\"\nmqtt server broker.test\n");
        learn_key();
    }

    // Starts the firmware as after a restart.
    void start() {
        firmware.reset();
        static_cast<void>(chip.boot(chip::ResetReason::power_on));
        firmware = std::make_unique<Firmware>(chip.chip(), app);
        device = &firmware->device();
        firmware->start();
    }
    void settings(std::string_view lines) {
        chip.uart.type(lines);
        run_for(Duration(0));
    }
    // Turns until `done`, a restart is due, or `limit` of virtual time has passed; returns the last answer.
    bool run_until(const std::function<bool()>& done, Duration limit) {
        const auto until = world.now() + limit;
        while (!done() && !ended() && world.now() < until) turn(until);
        return done();
    }
    void run_for(Duration time) {
        const auto until = world.now() + time;
        do {
            turn(until);
        } while (!ended() && world.now() < until);
    }
    bool online(Duration limit = std::chrono::minutes(5)) {
        return run_until([this] { return device->online(); }, limit);
    }
    bool printed(std::string_view text) const { return chip.uart.output().find(text) != std::string::npos; }

    AppDesc app;
    StoryFlash memory{vchip::default_flash_size};
    vchip::MemoryStore& store = memory.store;
    vchip::Flash& flash = memory.flash;
    vchip::SimWorld world;
    vchip::SimNetwork network;
    TlsBroker broker;
    vchip::SimChip chip;
    std::unique_ptr<Firmware> firmware;
    Device* device = nullptr;
    bool restarted = false;

private:
    bool ended() const { return restarted || !chip.alive(); }
    void turn(Instant until) {
        if (!chip.alive()) return;
        if (!firmware->turn(std::min<Duration>(until - world.now(), Duration(200)))) restarted = true;
    }
    void learn_key() {
        const auto psk = device->settings().bytes(settings::names::mqtt_psk);
        broker.server.options.accounts[std::string(device->identity())] = {psk.begin(), psk.end()};
    }
};

}  // namespace esb::test
