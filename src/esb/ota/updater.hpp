// The update engine: from a message on <base>/ota to a confirmed image, or back.
//
//   offer() → verify envelope → preflight → download into the idle slot → hash what is in flash → trial record
//   → set boot slot → restart → trial → healthy() → confirmed
//
// An upload from the set-up page goes the same way; its image follows its envelope.
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
#include "esb/ota/errors.hpp"
#include "esb/ota/manifest.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

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
    std::optional<Error> error;      // why failed or rolled back; while downloading: why the latest try has failed
    FixedString<253> host;           // the web server that the error is about, if it is about one
    bool freshness_unknown = false;  // an "exp" could not be judged: no wall clock yet
};

// Why, in words: with the status of a web server, and which one it is. `out` has at least why_max characters.
inline constexpr std::size_t why_max = 384;
std::string_view why(const Progress& progress, std::span<char> out);

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
    Duration download_first = std::chrono::seconds(3);  // the first wait of a download, if it is shorter
    unsigned download_tries = 10;                       // rounds over all URLs that bring nothing new
    unsigned download_refusals = 4;  // the same, if every URL gave a definite answer (404, wrong size)
    unsigned failure_limit = 3;      // failures of one envelope that wore the flash, in all starts
    unsigned crash_limit = 2;                           // then the image is quarantined
    unsigned trial_limit = 3;                           // trials that end silent or by loss of power
    std::size_t heap_needed = 20 * 1024;                // free bytes before a download starts
    bool legacy_md5 = false;                            // accept URL|md5 (setting ota.legacy_md5)
    FixedString<255> hosts;                             // that images may come from (setting ota.hosts); empty: any
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

// Where an image from a browser goes: the envelope of its update, LF, then the image exactly as long as the manifest says.
class Uploads {
public:
    virtual ~Uploads() = default;
    // `size` is of all of it. One at a time, and only while no other update is under way (`busy`, ota_in_trial). What
    // is checked is the same as of an update by MQTT; nothing of it is kept for a restart in the middle. The first
    // error ends the upload, and progress() says why; the running firmware and the boot slot stay as they are.
    virtual Status begin_upload(std::uint32_t size) = 0;
    virtual Status upload_piece(ConstBytes piece) = 0;
    // All bytes have come: ota_size if some are missing. Success: the slot is verified next, then follows the restart.
    virtual Status end_upload() = 0;
    // They will not come any more. Nothing when no upload is under way.
    virtual void upload_lost() = 0;
};

// Reactor's task only.
class Updater final : public Uploads {
public:
    Updater(const UpdaterParts& parts, const ImageIdentity& running, UpdaterHandler& handler);
    ~Updater() override;
    Updater(const Updater&) = delete;
    Updater& operator=(const Updater&) = delete;

    UpdatePolicy& policy();
    // First trust anchors, "x.y"; they count as version 1 of the key set and are used while no signed one is stored.
    // key_malformed, bad_key, `full`.
    Status trust(std::string_view key);

    // At boot, once, after KeyValue::mount(): reads the records and finds out whether this boot is a trial, a
    // roll-back, or the resumption of a download. Reports by on_progress. The device's identity is for "dev".
    // An error of the store or the reactor; the updater works all the same, as far as it can.
    Status begin(const Identity& identity);

    // A complete message of <base>/ota. Outcomes come by on_progress; the same error is returned when it was refused.
    // An update that is running already, or already under way, is success and changes nothing.
    Status offer(ConstBytes message);

    // Reports a message of <base>/ota that cannot be offered, because it did not fit into memory.
    void refuse(const Error& why);

    // A signed change of settings (<base>/config): its payload, once signature, `dev` and `ctr` are right and the counter
    // is stored, which makes every repetition ota_counter. Valid until the next call. envelope_*, key_unknown,
    // bad_signature, json_*, manifest_member, ota_wrong_device, ota_counter, ota_record, the store's errors.
    Result<ConstBytes> open_config(std::string_view message);
    // Of the last change that was taken.
    std::optional<std::uint32_t> config_counter() const;

    // The device is healthy (default: MQTT round trip); may be called as often as that is seen. Ends a trial: the slot
    // is confirmed, the floor raised. A download that waits for the network after a restart starts now.
    void healthy();
    // True while the running image is on trial.
    bool on_trial() const;
    Status begin_upload(std::uint32_t size) override;
    Status upload_piece(ConstBytes piece) override;
    Status end_upload() override;
    void upload_lost() override;

    // Ends a download or the wait for another trial; nothing to end is success. `busy` when the restart is due. Forgets
    // failures, too.
    Status cancel();
    // Updates that were given up may be offered again.
    Status forget_failures();

    const Progress& progress() const;
    // The lowest seq this device accepts.
    std::uint32_t floor() const;

    // True when the floor, the key set, the quarantine or a counter was there and cannot be read any more: everything is
    // refused with trust_lost until a person at the device repairs it.
    bool trust_lost() const;
    // The same because something else is lost that decides whose updates are accepted.
    void distrust();
    // Makes anew what is lost, and nothing else: the floor becomes the running seq, the key set the first trust anchors
    // as version 1, the quarantine empty, the counters of signed commands and settings `counter`. The store's errors.
    Status repair_trust(std::uint32_t counter);

private:
    std::unique_ptr<class Engine> engine_;  // made once, in the constructor
};

}  // namespace esb::ota
