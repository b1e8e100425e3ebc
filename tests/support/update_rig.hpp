// The update engine on a simulated chip: real slots, boot record, boot loader, key/value store and network, without
// the rest of a device. One boot at a time; what an image does is the test's choice.
#pragma once

#include "esb/net/names.hpp"
#include "esb/net/reactor.hpp"
#include "esb/ota/updater.hpp"
#include "host/vchip/boot_loader.hpp"
#include "host/vchip/boot_record.hpp"
#include "host/vchip/flash.hpp"
#include "host/vchip/key_value.hpp"
#include "host/vchip/partition_table.hpp"
#include "host/vchip/sim_network.hpp"
#include "host/vchip/sim_parts.hpp"
#include "host/vchip/sim_resolver.hpp"
#include "host/vchip/sim_sockets.hpp"
#include "host/vchip/slots.hpp"
#include "tests/support/file_server.hpp"
#include "tests/support/nvs_key.hpp"
#include "tests/support/test_signer.hpp"
#include "tests/support/vchip_image.hpp"

#include <bit>
#include <cstdlib>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace esb::test {

inline constexpr std::string_view small_partitions = R"(
nvs,      data, nvs,     0x9000,   24K
otadata,  data, ota,     0xf000,   8K
ota_0,    app,  ota_0,   0x20000,  64K
ota_1,    app,  ota_1,   ,         64K
)";
inline constexpr std::size_t small_flash = 0x40000;

inline constexpr std::string_view large_partitions = R"(
nvs,      data, nvs,     0x9000,   24K
otadata,  data, ota,     0xf000,   8K
ota_0,    app,  ota_0,   0x20000,  192K
ota_1,    app,  ota_1,   ,         192K
)";
inline constexpr std::size_t large_flash = 0x80000;

inline constexpr std::string_view file_url = "http://192.0.2.1/image.bin";
inline constexpr auto file_server_address = chip::IpAddress::v4(192, 0, 2, 1);

using Image = std::vector<std::uint8_t>;

// The payload of an esb-update for an image, with members to change.
struct Manifest {
    std::string app = "basic";
    std::string hw = "vchip";
    std::string ver;
    std::uint64_t seq = 0;
    std::uint64_t floor = 0;
    std::uint64_t size = 0;
    std::string sha256;
    std::string urls = "\"" + std::string(file_url) + "\"";
    std::string more;  // further members, each beginning with a comma

    static Manifest of(const Image& image, std::uint64_t floor = 0) {
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
    std::string json() const {
        return R"({"app":")" + app + R"(","hw":")" + hw + R"(","ver":")" + ver + R"(","seq":)" + std::to_string(seq) +
               R"(,"floor":)" + std::to_string(floor) + R"(,"size":)" + std::to_string(size) + R"(,"sha256":")" +
               sha256 + R"(","url":[)" + urls + "]" + more + "}";
    }
};

// A flash as the factory leaves it: one image in slot a.
inline vchip::MemoryStore factory_flash(const Image& image, std::size_t size = small_flash) {
    vchip::MemoryStore store(size);
    vchip::Flash flash(store);
    Image padded = image;
    padded.resize((image.size() + 15) / 16 * 16, 0xFF);
    if (!flash.program(0x20000, padded)) std::abort();
    return store;
}

// What an image does after its start.
enum class Conduct : std::uint8_t {
    healthy,       // reports health after two seconds
    crashes,       // at once, before the update engine runs
    crashes_late,  // after the update engine has begun
    hangs,         // the same, noticed by the watchdog
    silent,        // runs, never healthy
};

struct BootLog : ota::UpdaterHandler {
    std::vector<ota::Progress> reports;
    bool restart_wanted = false;

    void on_progress(const ota::Progress& progress) override { reports.push_back(progress); }
    void on_restart_wanted() override { restart_wanted = true; }

    bool saw(ota::State state) const {
        return std::any_of(reports.begin(), reports.end(), [&](const auto& report) { return report.state == state; });
    }
    std::optional<Error> error_of(ota::State state) const {
        for (const auto& report : reports) {
            if (report.state == state && report.error) return report.error;
        }
        return std::nullopt;
    }
};

// The real slots, with refusals that the test plans: `nullptr` lets a call through.
struct HookedSlots final : chip::Slots {
    using Hook = std::function<const ErrorKind*()>;
    vchip::Slots& real;
    const Hook& set_boot_hook;
    const Hook& confirm_hook;
    const Hook& reject_hook;

    HookedSlots(vchip::Slots& slots, const Hook& set_boot_fault, const Hook& confirm_fault, const Hook& reject_fault)
        : real(slots), set_boot_hook(set_boot_fault), confirm_hook(confirm_fault), reject_hook(reject_fault) {}

    chip::SlotGeometry geometry() const override { return real.geometry(); }
    chip::SlotId running() const override { return real.running(); }
    Status read(chip::SlotId slot, std::size_t offset, MutBytes out) override { return real.read(slot, offset, out); }
    Status erase(chip::SlotId slot, std::size_t offset, std::size_t length) override {
        return real.erase(slot, offset, length);
    }
    Status program(chip::SlotId slot, std::size_t offset, ConstBytes bytes) override {
        return real.program(slot, offset, bytes);
    }
    chip::SlotState state(chip::SlotId slot) const override { return real.state(slot); }
    Status set_boot(chip::SlotId slot) override {
        const ErrorKind* const fault = set_boot_hook ? set_boot_hook() : nullptr;
        return fault != nullptr ? fail(*fault) : real.set_boot(slot);
    }
    Status confirm_running() override {
        const ErrorKind* const fault = confirm_hook ? confirm_hook() : nullptr;
        return fault != nullptr ? fail(*fault) : real.confirm_running();
    }
    Status reject_running() override {
        const ErrorKind* const fault = reject_hook ? reject_hook() : nullptr;
        return fault != nullptr ? fail(*fault) : real.reject_running();
    }
};

// The real store, whose put() the test can refuse by key.
struct HookedKeyValue final : chip::KeyValue {
    using Hook = std::function<const ErrorKind*(std::string_view key)>;
    vchip::KeyValue& real;
    const Hook& put_hook;

    HookedKeyValue(vchip::KeyValue& store, const Hook& put_fault) : real(store), put_hook(put_fault) {}

    Result<chip::Mount> mount() override { return real.mount(); }
    Result<ConstBytes> get(std::string_view key, MutBytes out) override { return real.get(key, out); }
    Status put(std::string_view key, ConstBytes value) override {
        const ErrorKind* const fault = put_hook ? put_hook(key) : nullptr;
        return fault != nullptr ? fail(*fault) : real.put(key, value);
    }
    Status remove(std::string_view key) override { return real.remove(key); }
    bool damaged() const override { return real.damaged(); }
};

enum class BootEnd : std::uint8_t { no_image, settled, restart, crash, hang, power_lost };

struct Boot {
    BootEnd end = BootEnd::no_image;
    chip::SlotId slot = chip::SlotId::a;
    std::uint32_t seq = 0;
    bool authorized = false;  // the whole image is one of those the test allows
    BootLog log;
    ota::Progress last;
    std::uint32_t floor = 0;
    chip::SlotState state = chip::SlotState::undefined;  // of the running slot at the end

    bool refused(const ErrorKind& kind) const { return last.state == ota::State::failed && last.error == Error(kind); }
};

// Making a key takes a millisecond, and cut enumerations make thousands of rigs.
inline TestSigner& shared_signer() {
    static TestSigner signer;
    return signer;
}

class UpdateRig {
public:
    explicit UpdateRig(vchip::Flash& flash, std::string_view partitions = small_partitions)
        : flash_(flash), table_(vchip::PartitionTable::parse(partitions, flash.size()).value()) {
        policy.retry_first = std::chrono::seconds(10);
        policy.retry_longest = std::chrono::seconds(20);
        policy.download_tries = 5;
        policy.trial_timeout = std::chrono::seconds(30);
        trusted = {signer.public_text()};
    }

    // Allows an image and says what it does when it runs.
    void allow(const Image& image, Conduct conduct = Conduct::healthy) {
        ota::ImageDescriptor descriptor;
        std::memcpy(&descriptor, image.data() + vchip::image_descriptor_at, sizeof(descriptor));
        conduct_[descriptor.seq] = conduct;
        allowed_.insert(hex(crypto::sha256(image)));
        sizes_[descriptor.seq] = image.size();
    }
    std::string envelope(const Manifest& manifest) { return signer.envelope("esb-update", manifest.json()); }
    std::string envelope(const Image& image, std::uint64_t floor = 0) { return envelope(Manifest::of(image, floor)); }

    // What the broker delivers after the device has become healthy, at every boot (a retained message).
    std::string retained;
    // Called once the device is on line, before the retained message.
    std::function<void(ota::Updater&)> on_line;
    // Called at every turn; true ends the boot.
    std::function<bool(ota::Updater&)> watch;
    // Called with the mounted store before the update engine begins, and when it has, before the first turn.
    std::function<void(chip::KeyValue&)> before_begin;
    std::function<void(ota::Updater&)> begun;
    ota::Witness* witness = nullptr;
    HookedSlots::Hook set_boot_fault, confirm_fault, reject_fault;
    HookedKeyValue::Hook put_fault;
    // False: a boot loader that starts what the boot record chooses and changes no state.
    bool loader_goes_back = true;
    ota::UpdatePolicy policy;
    std::vector<std::string> trusted;
    TestSigner& signer = shared_signer();
    bool settles_on_failure = true;
    Duration limit = std::chrono::minutes(5);  // virtual time after which a boot counts as settled
    Identity identity = *make_identity("ESP-1");
    struct DeviceKey final : crypto::KeyPairHolder {
        std::optional<crypto::P256KeyPair> held;
        const crypto::P256KeyPair* pair() const override { return held ? &*held : nullptr; }
    } device_key;
    chip::Heap heap{200'000, 150'000, 100'000};
    std::optional<UnixTime> wall;

    vchip::SimWorld world;
    vchip::SimNetwork network{world};
    FileServer server{network, file_server_address};

    // The next boot, with the reset reason that follows from how the last one ended.
    Boot boot() {
        Boot result;
        if (!flash_.powered()) flash_.power_on();
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
    // Boots until one settles, at most `most` times.
    std::vector<Boot> boot_until_settled(std::size_t most) {
        std::vector<Boot> boots;
        while (boots.size() < most && (boots.empty() || boots.back().end != BootEnd::settled)) boots.push_back(boot());
        return boots;
    }

private:
    Result<chip::SlotId> choose() {
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
    static chip::ResetReason reason_after(BootEnd end) {
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
    Boot& lost(Boot& result) {
        result.end = BootEnd::power_lost;
        return result;
    }
    bool identify(vchip::Slots& slots, chip::SlotId slot, ota::ImageDescriptor& descriptor, Boot& result) {
        std::array<std::uint8_t, sizeof(descriptor)> bytes{};
        if (!slots.read(slot, vchip::image_descriptor_at, bytes)) return false;
        descriptor = std::bit_cast<ota::ImageDescriptor>(bytes);
        result.seq = descriptor.seq;
        Image whole(sizes_[descriptor.seq]);
        if (!slots.read(slot, 0, whole)) return false;
        result.authorized = allowed_.contains(hex(crypto::sha256(whole)));
        return true;
    }
    BootEnd run(vchip::Slots& slots, const ota::ImageDescriptor& descriptor, chip::ResetReason reason, Boot& result) {
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
        if (begun) begun(updater);
        const BootEnd end = turn(reactor, updater, conduct, result);
        result.last = updater.progress();
        result.floor = updater.floor();
        return flash_.powered() ? end : BootEnd::power_lost;
    }
    BootEnd turn(net::Reactor& reactor, ota::Updater& updater, Conduct conduct, Boot& result) {
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
    bool settled(const ota::Updater& updater) const {
        const auto& progress = updater.progress();
        if (progress.error && progress.state == ota::State::confirmed) return false;  // a record is missing still
        return progress.state == ota::State::idle || progress.state == ota::State::confirmed ||
               (progress.state == ota::State::failed && settles_on_failure);
    }

    vchip::Flash& flash_;
    vchip::PartitionTable table_;
    std::map<std::uint32_t, Conduct> conduct_;
    std::map<std::uint32_t, std::size_t> sizes_;
    std::set<std::string> allowed_;
    chip::ResetReason reason_ = chip::ResetReason::power_on;
};

}  // namespace esb::test
