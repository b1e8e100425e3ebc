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

    HealthRig();

    // Starts whatever image the boot loader chooses, and its author's code unless the device is in safe mode.
    void boot(chip::ResetReason reason);
    void type(std::string_view lines);
    std::string answer(std::string_view line);
    bool run_until(const std::function<bool()>& done, Duration limit);
    // Goes on through planned restarts.
    void run_for(Duration span);
    bool online(Duration limit = std::chrono::minutes(5));
    std::string topic(std::string_view leaf) const;
    void offer(const Image& image, std::string_view more = {});
    // Every entry that came over <base>/log, as JSON.
    std::vector<std::string> logged() const;

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
    void turn(Instant until);

    std::string key_text_ = shared_signer().public_text();
    std::array<std::string_view, 1> keys_{key_text_};
    ota::ImageDescriptor descriptor_{};
};

}  // namespace esb::test
