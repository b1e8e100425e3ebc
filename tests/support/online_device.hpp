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
    explicit TlsBroker(vchip::SimNetwork& network);

    // What a broker would say; tests override it and fall back to it.
    static wire::Bytes usual(const wire::Packet& packet);

    TlsPskServer server;
    std::function<wire::Bytes(const wire::Packet&)> reply = usual;
    std::vector<wire::Packet> packets;  // of all connections
    bool silent = false;                // reads and never answers

    void say(const wire::Bytes& bytes) { server.say({reinterpret_cast<const char*>(bytes.data()), bytes.size()}); }
    // The latest payload on a topic; empty when there was none.
    std::string latest(std::string_view topic) const;

private:
    void step();

    wire::Bytes stream_;
    std::size_t taken_ = 0;
    int seen_connections_ = 0;
};

class OnlineDevice {
public:
    // The chip has Wi-Fi and the broker knows its key; nothing has been turned yet.
    explicit OnlineDevice(const AppDesc& description = test_app(), const vchip::SimChipOptions& options = {});

    // Starts the firmware as after a restart.
    void start();
    void settings(std::string_view lines);
    // Turns until `done`, a restart is due, or `limit` of virtual time has passed; returns the last answer.
    bool run_until(const std::function<bool()>& done, Duration limit);
    void run_for(Duration time);
    bool online(Duration limit = std::chrono::minutes(5));
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
    void turn(Instant until);
    void learn_key();
};

}  // namespace esb::test
