#include "tests/support/health_rig.hpp"

namespace esb::test {

HealthRig::HealthRig() {
    web.file = image_2;
    chip.radio.add_network("Home", "correct horse");
    chip.resolver.set("broker.test", broker_address);
    chip.resolver.set("pool.ntp.org", time_address);
    boot(chip::ResetReason::power_on);
    type("wifi connect Home \"correct horse\"\nmqtt server broker.test\n");
    const auto psk = device->settings().bytes(settings::names::mqtt_psk);
    broker.server.options.accounts[std::string(device->identity())] = {psk.begin(), psk.end()};
}

void HealthRig::boot(chip::ResetReason reason) {
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

void HealthRig::type(std::string_view lines) {
    chip.uart.type(lines);
    run_for(Duration(0));
}

std::string HealthRig::answer(std::string_view line) {
    chip.uart.take_output();
    type(line);
    return chip.uart.take_output();
}

bool HealthRig::run_until(const std::function<bool()>& done, Duration limit) {
    const auto until = world.now() + limit;
    while (!done() && !restart_due && world.now() < until) turn(until);
    return done();
}

void HealthRig::run_for(Duration span) {
    const auto until = world.now() + span;
    do {
        turn(until);
        if (restart_due && span > Duration(0)) boot(chip::ResetReason::software);
    } while (world.now() < until);
}

bool HealthRig::online(Duration limit) {
    return run_until([this] { return device->online(); }, limit);
}

std::string HealthRig::topic(std::string_view leaf) const {
    return std::string(base_topic(device->identity()).view()) + "/" + std::string(leaf);
}

void HealthRig::offer(const Image& image, std::string_view more) {
    auto manifest = Manifest::of(image);
    manifest.urls = R"("http://192.0.2.2/image.bin")";
    manifest.more = more;
    broker.say(wire::publish(topic("ota"), signer.envelope("esb-update", manifest.json())));
}

std::vector<std::string> HealthRig::logged() const {
    std::vector<std::string> all;
    for (const auto& packet : broker.packets) {
        if (packet.type == 3 && packet.topic == topic("log")) all.push_back(packet.payload);
    }
    return all;
}

void HealthRig::turn(Instant until) {
    if (!firmware->turn(std::min<Duration>(until - world.now(), Duration(200)))) restart_due = true;
}

}  // namespace esb::test
