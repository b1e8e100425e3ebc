#include "esb/device/snapshot_reader.hpp"

#include "esb/base/encoding.hpp"
#include "esb/device/config_changes.hpp"
#include "esb/device/health.hpp"
#include "esb/life/commissioned.hpp"
#include "esb/link/broker_link.hpp"
#include "esb/link/errors.hpp"
#include "esb/link/short_sessions.hpp"
#include "esb/ota/updater.hpp"
#include "esb/wifi/supervisor.hpp"
#if ESB_ETHERNET
#include "esb/wifi/wired_link.hpp"
#endif

#include <algorithm>
#include <array>

namespace esb {

life::Snapshot SnapshotReader::read() const {
    life::Snapshot now;
    read_firmware(now);
    read_network(now);
    read_broker(now);
    read_chip(now);
    return now;
}

void SnapshotReader::read_firmware(life::Snapshot& now) const {
    const auto& image = parts_.image;
    now.identity = parts_.identity;
    now.app = image.app;
    now.version = image.ver;
    now.hardware = image.hw;
    now.seq = image.seq;
    now.slot = parts_.chip.slots.running() == chip::SlotId::a ? "a" : "b";
    now.reset = chip::name(parts_.chip.system.reset_reason());
    now.protections = parts_.chip.system.protections();
    if constexpr (with_core_dump) {
        if (const auto* dump = parts_.chip.system.core_dump()) now.crash_left = static_cast<std::uint32_t>(dump->size());
    }
#if ESB_DATA_PARTITIONS
    for (const auto& part : parts_.updater.data().parts) {
        std::array<char, 16> digits{};
        static_cast<void>(hex_encode(ConstBytes(part.sha256).first(8), digits));
        static_cast<void>(now.data.push_back({part.name, *FixedString<16>::from({digits.data(), digits.size()})}));  // all fit
    }
#endif
    now.settings_encrypted = parts_.chip.key_value.encrypted();
    now.safe_mode = parts_.health.safe_mode();
    now.floor = parts_.updater.floor();
    now.image_on_trial = parts_.updater.on_trial();
    now.trust_lost = parts_.updater.trust_lost();  // also when the local-only settings are: it was told at the start
}

void SnapshotReader::read_network(life::Snapshot& now) const {
    const auto& wifi = parts_.wifi;
    const auto link = parts_.chip.radio.link();
    now.wifi = wifi::name(wifi.state());
#if ESB_ETHERNET
    now.wired = wifi.is_wired();
    if (parts_.wire.present()) {
        now.link = now.wired ? "wire" : "wifi";
        now.wire = wifi::name(parts_.wire.state());
    }
#endif
    if (!with_ethernet || !now.wired) now.ssid = wifi.ssid();
    now.rssi = link ? link->rssi : std::int8_t{0};
    if (wifi.is_up()) now.address = wifi.address().address;
    now.scans = wifi.scans();
    const auto closes = wifi.portal_closes_at();
    if (closes) now.portal_left = std::max(*closes - parts_.reactor.now(), Duration(0));
}

void SnapshotReader::read_broker(life::Snapshot& now) const {
    now.online = parts_.online.load();
    now.mqtt5 = parts_.link.client().speaks_five();
    now.commissioned = parts_.commissioned.is();
    now.key_was_used = parts_.commissioned.key_was_used();
    now.hint = parts_.sessions.suspicion(parts_.reactor.now());
    if (now.hint == &errors::link_topic_forbidden) now.hint_topic = parts_.sessions.topic();
    const auto waits = parts_.config.waits_for();
    if (waits != settings::Stage::none) now.config_waits_for = settings::name(waits);
}

void SnapshotReader::read_chip(life::Snapshot& now) const {
    const auto heap = parts_.chip.system.heap();
    now.heap = heap.free;
    now.heap_min = heap.minimum_free;
    now.stack_reserve = parts_.chip.system.stack_reserve();
    now.up = parts_.reactor.now().time_since_epoch();
}

}  // namespace esb
