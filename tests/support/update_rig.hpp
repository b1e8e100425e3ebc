// The update engine on a simulated chip: real slots, boot record, boot loader, key/value store and network, without
// the rest of a device. One boot at a time; what an image does is the test's choice.
#pragma once

#include "esb/base/features.hpp"
#include "esb/net/names.hpp"
#include "esb/net/reactor.hpp"
#include "esb/ota/updater.hpp"
#include "host/vchip/boot_loader.hpp"
#include "host/vchip/boot_record.hpp"
#include "host/vchip/data_partitions.hpp"
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

    static Manifest of(const Image& image, std::uint64_t floor = 0);
    std::string json() const;
};

// A flash as the factory leaves it: one image in slot a.
vchip::MemoryStore factory_flash(const Image& image, std::size_t size = small_flash);

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

    bool saw(ota::State state) const;
    std::optional<Error> error_of(ota::State state) const;
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
    Status erase(chip::SlotId slot, std::size_t offset, std::size_t length) override;
    Status program(chip::SlotId slot, std::size_t offset, ConstBytes bytes) override;
    chip::SlotState state(chip::SlotId slot) const override { return real.state(slot); }
    Status set_boot(chip::SlotId slot) override;
    Status confirm_running() override;
    Status reject_running() override;
};

// The real store, whose put() the test can refuse by key.
struct HookedKeyValue final : chip::KeyValue {
    using Hook = std::function<const ErrorKind*(std::string_view key)>;
    vchip::KeyValue& real;
    const Hook& put_hook;

    HookedKeyValue(vchip::KeyValue& store, const Hook& put_fault) : real(store), put_hook(put_fault) {}

    Result<chip::Mount> mount() override { return real.mount(); }
    Result<ConstBytes> get(std::string_view key, MutBytes out) override { return real.get(key, out); }
    Status put(std::string_view key, ConstBytes value) override;
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
    ota::DataRecord data;                                // what the image finds at its start that it came with,
    std::optional<Image> www;                            // and what it reads in www; empty: nothing is there

    bool refused(const ErrorKind& kind) const { return last.state == ota::State::failed && last.error == Error(kind); }
};

// Making a key takes a millisecond, and cut enumerations make thousands of rigs.
TestSigner& shared_signer();

class UpdateRig {
public:
    explicit UpdateRig(vchip::Flash& flash, std::string_view partitions = small_partitions);

    // Allows an image and says what it does when it runs.
    void allow(const Image& image, Conduct conduct = Conduct::healthy);
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
    bool knows_data = true;  // false: the chip has no partitions of data
    chip::Heap heap{200'000, 150'000, 100'000};
    std::optional<UnixTime> wall;

    vchip::SimWorld world;
    vchip::SimNetwork network{world};
    FileServer server{network, file_server_address};

    // The next boot, with the reset reason that follows from how the last one ended.
    Boot boot();
    // Boots until one settles, at most `most` times.
    std::vector<Boot> boot_until_settled(std::size_t most);

private:
    Result<chip::SlotId> choose();
    static chip::ResetReason reason_after(BootEnd end);
    Boot& lost(Boot& result);
    bool identify(vchip::Slots& slots, chip::SlotId slot, ota::ImageDescriptor& descriptor, Boot& result);
    BootEnd run(vchip::Slots& slots, const ota::ImageDescriptor& descriptor, chip::ResetReason reason, Boot& result);
    static std::optional<Image> read_data(vchip::DataPartitions& partitions, const Boot& result);
    BootEnd turn(net::Reactor& reactor, ota::Updater& updater, Conduct conduct, Boot& result);
    bool settled(const ota::Updater& updater) const;

    vchip::Flash& flash_;
    vchip::PartitionTable table_;
    std::map<std::uint32_t, Conduct> conduct_;
    std::map<std::uint32_t, std::size_t> sizes_;
    std::set<std::string> allowed_;
    chip::ResetReason reason_ = chip::ResetReason::power_on;
};

}  // namespace esb::test
