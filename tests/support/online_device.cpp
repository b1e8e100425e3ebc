#include "tests/support/online_device.hpp"

namespace esb::test {

TlsBroker::TlsBroker(vchip::SimNetwork& network)
    : server(network, broker_address, broker_port, {.accounts = {}, .echo = false}) {
    network.world().add_step([this] { step(); });
}

wire::Bytes TlsBroker::usual(const wire::Packet& packet) {
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

std::string TlsBroker::latest(std::string_view topic) const {
    std::string payload;
    for (const auto& packet : packets) {
        if (packet.type == 3 && packet.topic == topic) payload = packet.payload;
    }
    return payload;
}

void TlsBroker::step() {
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

OnlineDevice::OnlineDevice(const AppDesc& description, const vchip::SimChipOptions& options)
    : app(description), network(world), broker(network), chip(network, flash, options) {
    chip.radio.add_network("Home", "correct horse");
    chip.resolver.set("broker.test", broker_address);
    start();
    settings("wifi connect Home \"correct horse\"\nmqtt server broker.test\n");
    learn_key();
}

void OnlineDevice::start() {
    firmware.reset();
    static_cast<void>(chip.boot(chip::ResetReason::power_on));
    firmware = std::make_unique<Firmware>(chip.chip(), app);
    device = &firmware->device();
    firmware->start();
}

void OnlineDevice::settings(std::string_view lines) {
    chip.uart.type(lines);
    run_for(Duration(0));
}

bool OnlineDevice::run_until(const std::function<bool()>& done, Duration limit) {
    const auto until = world.now() + limit;
    while (!done() && !ended() && world.now() < until) turn(until);
    return done();
}

void OnlineDevice::run_for(Duration time) {
    const auto until = world.now() + time;
    do {
        turn(until);
    } while (!ended() && world.now() < until);
}

bool OnlineDevice::online(Duration limit) {
    return run_until([this] { return device->online(); }, limit);
}

void OnlineDevice::turn(Instant until) {
    if (!chip.alive()) return;
    if (!firmware->turn(std::min<Duration>(until - world.now(), Duration(200)))) restarted = true;
}

void OnlineDevice::learn_key() {
    const auto psk = device->settings().bytes(settings::names::mqtt_psk);
    broker.server.options.accounts[std::string(device->identity())] = {psk.begin(), psk.end()};
}

}  // namespace esb::test
