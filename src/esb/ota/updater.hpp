// The update engine: from a message on <base>/ota to a confirmed image, or back.
//
//   offer() → verify envelope → preflight → download into the idle slot → hash what is in flash → trial record
//   → set boot slot → restart → trial → healthy() → confirmed
//
// Every step is stored before it takes effect, so that a cut anywhere ends in a known state (docs/updates.md).
#pragma once

#include "esb/base/time.hpp"
#include "esb/chip/clock.hpp"
#include "esb/chip/entropy.hpp"
#include "esb/chip/key_value.hpp"
#include "esb/chip/slots.hpp"
#include "esb/chip/system.hpp"
#include "esb/net/http_get.hpp"
#include "esb/ota/descriptor.hpp"
#include "esb/ota/envelope.hpp"
#include "esb/ota/manifest.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace esb::errors {
// Refused before anything is written
inline constexpr ErrorKind ota_wrong_app{"ota.wrong_app", "the update is for another application"};
inline constexpr ErrorKind ota_wrong_hw{"ota.wrong_hw", "the update is for another chip"};
inline constexpr ErrorKind ota_wrong_device{"ota.wrong_device", "the update is not meant for this device"};
inline constexpr ErrorKind ota_seq{"ota.seq", "the update is not newer than the running firmware"};
inline constexpr ErrorKind ota_below_floor{"ota.below_floor", "the update is older than this device accepts"};
inline constexpr ErrorKind ota_expired{"ota.expired", "the update has expired"};
inline constexpr ErrorKind ota_too_large{"ota.too_large", "the image is larger than the slot"};
inline constexpr ErrorKind ota_quarantined{"ota.quarantined", "this image crashed twice and is not tried again"};
inline constexpr ErrorKind ota_in_trial{"ota.in_trial", "the running firmware is itself still on trial"};
inline constexpr ErrorKind ota_counter{"ota.counter", "the command is old"};
inline constexpr ErrorKind ota_key_version{"ota.key_version", "the key set does not follow the stored one"};
inline constexpr ErrorKind ota_legacy_off{"ota.legacy_off", "URL|md5 is turned off (ota.legacy_md5)"};
inline constexpr ErrorKind ota_legacy_malformed{"ota.legacy_malformed", "this is not URL|md5"};
inline constexpr ErrorKind ota_heap{"ota.heap", "too little memory is free for an update"};
inline constexpr ErrorKind ota_no_rollback{"ota.no_rollback", "there is no confirmed image to go back to"};
// Ended while downloading or verifying
inline constexpr ErrorKind ota_descriptor{"ota.descriptor", "the image is not what its manifest says"};
inline constexpr ErrorKind ota_size{"ota.size", "the file has another size than the manifest says"};
inline constexpr ErrorKind ota_hash{"ota.hash", "the image in flash does not have the manifest's SHA-256"};
// Why a trial ended
inline constexpr ErrorKind ota_trial_crashed{"ota.trial_crashed", "the new firmware crashed"};
inline constexpr ErrorKind ota_trial_hung{"ota.trial_hung", "the new firmware hung"};
inline constexpr ErrorKind ota_trial_silent{"ota.trial_silent", "the new firmware did not get on line in time"};
inline constexpr ErrorKind ota_trial_power{"ota.trial_power", "the power went during the trial"};
inline constexpr ErrorKind ota_boot_loader{"ota.boot_loader", "the boot loader did not start the new firmware"};
}  // namespace esb::errors

namespace esb::ota {

enum class State : std::uint8_t { idle, downloading, verifying, rebooting, trial, confirmed, failed, rolled_back };
std::string_view name(State state);

// What <base>/ota/status says.
struct Progress {
    State state = State::idle;
    FixedString<16> id;   // first 16 hex digits of the envelope's digest
    FixedString<31> ver;  // of the update
    std::uint32_t done = 0;
    std::uint32_t size = 0;
    std::optional<Error> error;      // why failed or rolled back
    bool freshness_unknown = false;  // an "exp" could not be judged: no wall clock yet
};

// Called from the reactor's task. May not call the updater back, except restart-free questions.
class UpdaterHandler {
public:
    virtual ~UpdaterHandler() = default;
    // A state change, or at least every 64 KiB of download.
    virtual void on_progress(const Progress& progress) = 0;
    // Everything is stored; the device should publish what it has to and restart.
    virtual void on_restart_wanted() = 0;
};

// Times and tries. May be changed until the first turn of the reactor.
struct UpdatePolicy {
    Duration trial_timeout = std::chrono::minutes(5);   // to become healthy
    Duration retry_first = std::chrono::minutes(1);     // back-off after a failed download or trial: doubles,
    Duration retry_longest = std::chrono::minutes(30);  // with jitter
    unsigned download_tries = 5;                        // over all URLs, each resuming where the last one ended
    unsigned crash_limit = 2;                           // then the image is quarantined
    unsigned trial_limit = 3;                           // trials that end silent or by loss of power
    std::size_t heap_needed = 20 * 1024;                // free bytes before a download starts
    bool legacy_md5 = false;                            // accept URL|md5 (setting ota.legacy_md5)
};

// Everything the updater needs; references outlive it.
struct UpdaterParts {
    net::Reactor& reactor;
    net::Names& names;
    chip::Slots& slots;
    chip::KeyValue& key_value;
    chip::Clock& clock;
    chip::Entropy& entropy;
    chip::System& system;
};

// Reactor's task only.
class Updater : private net::HttpHandler, private net::Task {
public:
    Updater(const UpdaterParts& parts, const ImageIdentity& running, UpdaterHandler& handler);
    ~Updater() override;

    UpdatePolicy& policy();
    // First trust anchors; used while no signed key set is stored.
    Status trust(std::string_view key);

    // At boot, once, after KeyValue::mount(): reads the records and finds out whether this boot is a trial, a
    // roll-back, or the resumption of a download. Reports by on_progress. The device's identity is for "dev".
    Status begin(const Identity& identity);

    // A complete message of <base>/ota. Outcomes come by on_progress; the same error is returned when it was refused.
    // An update that is running already, or already under way, is success and changes nothing.
    Status offer(ConstBytes message);

    // The device is healthy (default: MQTT round trip). Ends a trial: the slot is confirmed, the floor raised.
    void healthy();
    // True while the running image is on trial.
    bool on_trial() const;
    // Ends a download; nothing to end is success.
    Status cancel();

    const Progress& progress() const;
    // The lowest seq this device accepts.
    std::uint32_t floor() const;

private:
    struct Job;
    Status on_head(const net::HttpHead& head) override;
    Status on_body(ConstBytes piece) override;
    void on_done(Status outcome) override;
    void step(Instant now) override;
    std::optional<Instant> deadline() const override;

    std::unique_ptr<Job> job_;  // made once, in the constructor
};

}  // namespace esb::ota
