// A whole device on a simulated chip with real slots and images, a broker, a web server and a time server: what it does
// over many boots, crashes and updates, all in virtual time.
#pragma once

#include "host/vchip/flash_store.hpp"
#include "support/online_device.hpp"
#include "support/time_server.hpp"
#include "support/update_rig.hpp"

#include <memory>
#include <string>
#include <vector>

namespace esb::test {

inline constexpr auto web_address = chip::IpAddress::v4(192, 0, 2, 2);
inline constexpr auto time_address = chip::IpAddress::v4(192, 0, 2, 3);
inline constexpr UnixTime health_now{1'900'000'000};  // 2030-03-17 17:46:40

class HealthRig {
public:
    const Image image_1 = make_image({.seq = 1, .ver = "1.0.0"});
    const Image image_2 = make_image({.seq = 2, .ver = "2.0.0", .body = 20'000});

    HealthRig() {
        web.file = image_2;
        chip.radio.add_network("Home", "correct horse");
        chip.resolver.set("broker.test", broker_address);
        chip.resolver.set("pool.ntp.org", time_address);
        boot(chip::ResetReason::power_on);
        type("wifi connect Home \"correct horse\"\nmqtt server broker.test\n");
        const auto psk = device->settings().bytes(settings::names::mqtt_psk);
        broker.server.options.accounts[std::string(device->identity())] = {psk.begin(), psk.end()};
    }

    // Starts whatever image the boot loader chooses, and its author's code unless the device is in safe mode.
    void boot(chip::ResetReason reason) {
        firmware.reset();
        restart_due = false;
        choice = chip.boot(reason).value();
        std::array<std::uint8_t, sizeof(ota::ImageDescriptor)> bytes{};
        if (!chip.chip().slots.read(choice.slot, vchip::image_descriptor_at, bytes)) std::abort();
        descriptor_ = std::bit_cast<ota::ImageDescriptor>(bytes);
        firmware = std::make_unique<Firmware>(chip.chip(), AppDesc{*ota::parse_descriptor(descriptor_), keys_});
        device = &firmware->device();
        firmware->start();
        if (device->safe_mode()) return;
        ++author_runs;
        static_cast<void>(device->add_settings(author_table));
    }
    void type(std::string_view lines) {
        chip.uart.type(lines);
        run_for(Duration(0));
    }
    std::string answer(std::string_view line) {
        chip.uart.take_output();
        type(line);
        return chip.uart.take_output();
    }
    bool run_until(const std::function<bool()>& done, Duration limit) {
        const auto until = world.now() + limit;
        while (!done() && !restart_due && world.now() < until) turn(until);
        return done();
    }
    // Goes on through planned restarts.
    void run_for(Duration span) {
        const auto until = world.now() + span;
        do {
            turn(until);
            if (restart_due && span > Duration(0)) boot(chip::ResetReason::software);
        } while (world.now() < until);
    }
    bool online(Duration limit = std::chrono::minutes(5)) {
        return run_until([this] { return device->online(); }, limit);
    }
    std::string topic(std::string_view leaf) const {
        return std::string(base_topic(device->identity()).view()) + "/" + std::string(leaf);
    }
    void offer(const Image& image, std::string_view more = {}) {
        auto manifest = Manifest::of(image);
        manifest.urls = R"("http://192.0.2.2/image.bin")";
        manifest.more = more;
        broker.say(wire::publish(topic("ota"), signer.envelope("esb-update", manifest.json())));
    }
    // Every entry that came over <base>/log, as JSON.
    std::vector<std::string> logged() const {
        std::vector<std::string> all;
        for (const auto& packet : broker.packets) {
            if (packet.type == 3 && packet.topic == topic("log")) all.push_back(packet.payload);
        }
        return all;
    }

    inline static constexpr settings::Setting author_table[] = {
        {.name = "pump.speed", .type = settings::Type::integer, .high = 100, .fallback = "5", .help = "percent"}};

    vchip::MemoryStore store = factory_flash(image_1, large_flash);
    vchip::Flash flash{store};
    vchip::SimWorld world;
    vchip::SimNetwork network{world};
    TlsBroker broker{network};
    FileServer web{network, web_address};
    TimeServer time{network, time_address, health_now};
    vchip::SimChip chip{network, flash, {.partitions = std::string(large_partitions), .needs_image = true}};
    TestSigner& signer = shared_signer();
    std::unique_ptr<Firmware> firmware;
    Device* device = nullptr;
    vchip::BootChoice choice{};
    bool restart_due = false;
    int author_runs = 0;

private:
    void turn(Instant until) {
        if (!firmware->turn(std::min<Duration>(until - world.now(), Duration(200)))) restart_due = true;
    }

    std::string key_text_ = shared_signer().public_text();
    std::array<std::string_view, 1> keys_{key_text_};
    ota::ImageDescriptor descriptor_{};
};

}  // namespace esb::test
