#include "tests/support/update_rig.hpp"

namespace esb::test {

Manifest Manifest::of(const Image& image, std::uint64_t floor) {
    ota::ImageDescriptor descriptor;
    std::memcpy(&descriptor, image.data() + vchip::image_descriptor_at, sizeof(descriptor));
    Manifest made;
    made.ver = descriptor.ver;
    made.seq = descriptor.seq;
    made.floor = floor;
    made.size = image.size();
    made.sha256 = hex(crypto::sha256(image));
    return made;
}

std::string Manifest::json() const {
    return R"({"app":")" + app + R"(","hw":")" + hw + R"(","ver":")" + ver + R"(","seq":)" + std::to_string(seq) +
           R"(,"floor":)" + std::to_string(floor) + R"(,"size":)" + std::to_string(size) + R"(,"sha256":")" +
           sha256 + R"(","url":[)" + urls + "]" + more + "}";
}

vchip::MemoryStore factory_flash(const Image& image, std::size_t size) {
    vchip::MemoryStore store(size);
    vchip::Flash flash(store);
    Image padded = image;
    padded.resize((image.size() + 15) / 16 * 16, 0xFF);
    if (!flash.program(0x20000, padded)) std::abort();
    return store;
}

bool BootLog::saw(ota::State state) const {
    return std::any_of(reports.begin(), reports.end(), [&](const auto& report) { return report.state == state; });
}

std::optional<Error> BootLog::error_of(ota::State state) const {
    for (const auto& report : reports) {
        if (report.state == state && report.error) return report.error;
    }
    return std::nullopt;
}

Status HookedSlots::erase(chip::SlotId slot, std::size_t offset, std::size_t length) {
    return real.erase(slot, offset, length);
}

Status HookedSlots::program(chip::SlotId slot, std::size_t offset, ConstBytes bytes) {
    return real.program(slot, offset, bytes);
}

Status HookedSlots::set_boot(chip::SlotId slot) {
    const ErrorKind* const fault = set_boot_hook ? set_boot_hook() : nullptr;
    return fault != nullptr ? fail(*fault) : real.set_boot(slot);
}

Status HookedSlots::confirm_running() {
    const ErrorKind* const fault = confirm_hook ? confirm_hook() : nullptr;
    return fault != nullptr ? fail(*fault) : real.confirm_running();
}

Status HookedSlots::reject_running() {
    const ErrorKind* const fault = reject_hook ? reject_hook() : nullptr;
    return fault != nullptr ? fail(*fault) : real.reject_running();
}

Status HookedKeyValue::put(std::string_view key, ConstBytes value) {
    const ErrorKind* const fault = put_hook ? put_hook(key) : nullptr;
    return fault != nullptr ? fail(*fault) : real.put(key, value);
}

TestSigner& shared_signer() {
    static TestSigner signer;
    return signer;
}

UpdateRig::UpdateRig(vchip::Flash& flash, std::string_view partitions)
    : flash_(flash), table_(vchip::PartitionTable::parse(partitions, flash.size()).value()) {
    policy.retry_first = std::chrono::seconds(10);
    policy.retry_longest = std::chrono::seconds(20);
    policy.download_tries = 5;
    policy.trial_timeout = std::chrono::seconds(30);
    trusted = {signer.public_text()};
}

void UpdateRig::allow(const Image& image, Conduct conduct) {
    ota::ImageDescriptor descriptor;
    std::memcpy(&descriptor, image.data() + vchip::image_descriptor_at, sizeof(descriptor));
    conduct_[descriptor.seq] = conduct;
    allowed_.insert(hex(crypto::sha256(image)));
    sizes_[descriptor.seq] = image.size();
}

Boot UpdateRig::boot() {
    Boot result;
    if (!flash_.powered()) {
        result.end = BootEnd::power_lost;
        return result;
    }
    const auto reason = reason_;
    reason_ = chip::ResetReason::power_on;
    const auto choice = choose();
    if (!choice) {
        if (!flash_.powered()) result.end = BootEnd::power_lost;
        return result;
    }
    result.slot = *choice;
    auto slots = vchip::Slots::open(flash_, table_, *choice).value();
    ota::ImageDescriptor descriptor{};
    if (!identify(slots, *choice, descriptor, result)) return lost(result);
    result.end = run(slots, descriptor, reason, result);
    result.state = slots.state(*choice);
    reason_ = reason_after(result.end);
    return result;
}

std::vector<Boot> UpdateRig::boot_until_settled(std::size_t most) {
    std::vector<Boot> boots;
    while (boots.size() < most && (boots.empty() || boots.back().end != BootEnd::settled)) boots.push_back(boot());
    return boots;
}

Result<chip::SlotId> UpdateRig::choose() {
    if (loader_goes_back) {
        const auto choice = vchip::boot(flash_, table_);
        if (!choice) return fail(choice.error());
        return choice->slot;
    }
    const auto otadata = table_.region(flash_, vchip::PartitionType::data, vchip::subtype_otadata);
    const auto entries = vchip::BootRecord(*otadata).read();
    if (!entries) return fail(entries.error());
    const auto active = vchip::active_entry(*entries);
    return active ? (*entries)[*active].slot() : chip::SlotId::a;
}

chip::ResetReason UpdateRig::reason_after(BootEnd end) {
    switch (end) {
        case BootEnd::restart:
            return chip::ResetReason::software;
        case BootEnd::crash:
            return chip::ResetReason::panic;
        case BootEnd::hang:
            return chip::ResetReason::task_watchdog;
        default:
            return chip::ResetReason::power_on;
    }
}

Boot& UpdateRig::lost(Boot& result) {
    result.end = BootEnd::power_lost;
    return result;
}

bool UpdateRig::identify(vchip::Slots& slots, chip::SlotId slot, ota::ImageDescriptor& descriptor, Boot& result) {
    std::array<std::uint8_t, sizeof(descriptor)> bytes{};
    if (!slots.read(slot, vchip::image_descriptor_at, bytes)) return false;
    descriptor = std::bit_cast<ota::ImageDescriptor>(bytes);
    result.seq = descriptor.seq;
    Image whole(sizes_[descriptor.seq]);
    if (!slots.read(slot, 0, whole)) return false;
    result.authorized = allowed_.contains(hex(crypto::sha256(whole)));
    return true;
}

BootEnd UpdateRig::run(vchip::Slots& slots, const ota::ImageDescriptor& descriptor, chip::ResetReason reason, Boot& result) {
    const Conduct conduct = conduct_[descriptor.seq];
    if (conduct == Conduct::crashes) return BootEnd::crash;
    vchip::KeyValue key_value(*table_.region(flash_, vchip::PartitionType::data, vchip::subtype_nvs), nvs_cipher());
    vchip::SimSockets sockets(network, chip::IpAddress::v4(192, 0, 2, 10));
    sockets.set_power_source([this] { return flash_.powered(); });
    vchip::SimResolver resolver(world, sockets);
    vchip::SimEntropy entropy(7);
    vchip::SimSystem system(world, sockets, {2, 0, 0, 0, 0, 1});
    system.set_reset_reason(reason);
    system.set_heap(heap);
    vchip::DataPartitions partitions(flash_, table_, slots.running());
    if (knows_data) system.set_data_partitions(&partitions);
    world.clock().forget_wall();
    if (wall) world.clock().set_wall(*wall);
    if (!key_value.mount()) return flash_.powered() ? BootEnd::no_image : BootEnd::power_lost;
    net::Reactor reactor(sockets, world.clock());
    net::Names names(reactor, resolver);
    const auto image = ota::parse_descriptor(descriptor);
    if (!image) return BootEnd::no_image;

    HookedSlots hooked_slots(slots, set_boot_fault, confirm_fault, reject_fault);
    HookedKeyValue hooked_store(key_value, put_fault);
    if (before_begin) before_begin(key_value);
    ota::Updater updater(
        {reactor, names, hooked_slots, hooked_store, world.clock(), entropy, system, &device_key, witness}, *image,
        result.log);
    for (const auto& key : trusted) static_cast<void>(updater.trust(key));
    updater.policy().when = policy.when;  // as the device does with its settings
    static_cast<void>(updater.begin(identity));
    updater.policy() = policy;  // as esb_main does: after the start, before the first turn
    if constexpr (with_data_partitions) {
        result.data = updater.data();
        result.www = read_data(partitions, result);
    }
    if (begun) begun(updater);
    const BootEnd end = turn(reactor, updater, conduct, result);
    result.last = updater.progress();
    result.floor = updater.floor();
    return flash_.powered() ? end : BootEnd::power_lost;
}

std::optional<Image> UpdateRig::read_data(vchip::DataPartitions& partitions, const Boot& result) {
    const auto* const part = result.data.find("www");
    if (part == nullptr) return std::nullopt;
    Image read(part->size);
    if (!partitions.read("www", result.slot, 0, read)) return std::nullopt;
    return read;
}

BootEnd UpdateRig::turn(net::Reactor& reactor, ota::Updater& updater, Conduct conduct, Boot& result) {
    const Instant start = world.now();
    bool is_on_line = false;
    while (flash_.powered()) {
        if (result.log.restart_wanted) return BootEnd::restart;
        const Duration up = world.now() - start;
        if (up >= std::chrono::seconds(1) && conduct == Conduct::crashes_late) return BootEnd::crash;
        if (up >= std::chrono::seconds(1) && conduct == Conduct::hangs) return BootEnd::hang;
        if (up >= std::chrono::seconds(2) && conduct == Conduct::healthy && !is_on_line) {
            is_on_line = true;
            updater.healthy();
            if (on_line) on_line(updater);
            if (!retained.empty()) static_cast<void>(updater.offer(as_bytes(retained)));
        }
        if (watch && watch(updater)) return BootEnd::settled;
        if (up >= limit || (is_on_line && settled(updater))) return BootEnd::settled;
        // A slow server sends when the world turns.
        const Duration step = server.bytes_a_second > 0 ? Duration(200) : limit;
        reactor.turn(std::min(is_on_line ? limit - up : Duration(1000), step));
    }
    return BootEnd::power_lost;
}

bool UpdateRig::settled(const ota::Updater& updater) const {
    const auto& progress = updater.progress();
    if (progress.error && progress.state == ota::State::confirmed) return false;  // a record is missing still
    return progress.state == ota::State::idle || progress.state == ota::State::confirmed ||
           (progress.state == ota::State::failed && settles_on_failure);
}

}  // namespace esb::test
