// The update engine: from a message on <base>/ota to a confirmed image, or back.
//
//   offer() → verify envelope → preflight → download into the idle slot → hash what is in flash → trial record
//   → set boot slot → restart → trial → healthy() → confirmed
//
// An upload from the set-up page goes the same way; its image follows its envelope.
//
// Every step is stored before it takes effect, so that a cut anywhere ends in a known state (docs/updates.md). It moves
// along the rows of states.hpp only (docs/update-states.md). Beside this class's own size, memory is taken only while
// something is under way (install.hpp).
//
//   updater.cpp           time, memory, reports    updater_upload.cpp    an image from a browser
//   updater_boot.cpp      what a boot finds        updater_install.cpp   a download, as it goes
//   updater_messages.cpp  updates on <base>/ota    updater_verify.cpp    what is in flash; the switch
//   updater_commands.cpp  signed commands          updater_trial.cpp     confirm, give up
//   updater_wait.cpp      an update that waits for its hour or for somebody's word
//   updater_data.cpp      data for partitions, which comes before the image
#pragma once

#include "esb/base/backoff.hpp"
#include "esb/base/time.hpp"
#include "esb/chip/clock.hpp"
#include "esb/chip/entropy.hpp"
#include "esb/chip/key_value.hpp"
#include "esb/chip/slots.hpp"
#include "esb/chip/system.hpp"
#include "esb/net/http_get.hpp"
#include "esb/ota/descriptor.hpp"
#include "esb/ota/download.hpp"
#include "esb/ota/envelope.hpp"
#include "esb/ota/errors.hpp"
#include "esb/ota/failures.hpp"
#include "esb/ota/manifest.hpp"
#include "esb/ota/offer.hpp"
#include "esb/ota/policy.hpp"
#include "esb/ota/progress.hpp"
#include "esb/ota/records.hpp"
#include "esb/ota/states.hpp"
#include "esb/ota/trial_run.hpp"
#include "esb/ota/trust.hpp"
#include "esb/ota/uploads.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace esb::ota {

struct Install;
struct Opening;
class ChunkCipher;

// Called from the reactor's task. May not call the updater back, except restart-free questions.
class UpdaterHandler {
public:
    virtual ~UpdaterHandler() = default;
    // A state change, or at least every 64 KiB of download.
    virtual void on_progress(const Progress& progress) = 0;
    // Everything is stored; the device should publish what it has to and restart.
    virtual void on_restart_wanted() = 0;
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
    const crypto::KeyPairHolder* key = nullptr;  // the device's, for images that are encrypted for it
    Witness* witness = nullptr;                  // of the steps; for tests
};

class Updater final : public Uploads, private DownloadOwner, private Task {
public:
    Updater(const UpdaterParts& parts, const ImageIdentity& running, UpdaterHandler& handler);
    ~Updater() override;
    Updater(const Updater&) = delete;
    Updater& operator=(const Updater&) = delete;

    UpdatePolicy& policy() { return policy_; }
    const UpdatePolicy& policy() const { return policy_; }
    // First trust anchors, "x.y"; they count as version 1 of the key set and are used while no signed one is stored.
    // key_malformed, bad_key, `full`.
    Status trust(std::string_view key) { return trust_.add_anchor(key); }

    // At boot, once, after KeyValue::mount(): reads the records and finds out whether this boot is a trial, a
    // roll-back, or the resumption of a download. Reports by on_progress. The device's identity is for "dev".
    // An error of the store or the reactor; the updater works all the same, as far as it can.
    Status begin(const Identity& identity);

    // A complete message of <base>/ota. Outcomes come by on_progress; the same error is returned when it was refused.
    // An update that is running already, or already under way, is success and changes nothing.
    Status offer(ConstBytes message);

    // Reports a message of <base>/ota that cannot be offered, because it did not fit into memory.
    void refuse(const Error& why) { static_cast<void>(refuse(why, nullptr, {})); }

    // A signed change of settings (<base>/config): its payload, once signature, `dev` and `ctr` are right and the counter
    // is stored, which makes every repetition ota_counter. Valid until the next call. envelope_*, key_unknown,
    // bad_signature, json_*, manifest_member, ota_wrong_device, ota_counter, ota_record, the store's errors.
    Result<ConstBytes> open_config(std::string_view message);
    // Of the last change that was taken.
    std::optional<std::uint32_t> config_counter() const { return trust_.config_counter(); }

    // The device is healthy (default: MQTT round trip); may be called as often as that is seen. Ends a trial: the slot
    // is confirmed, the floor raised. A download that waits for the network after a restart starts now.
    void healthy();
    // True while the running image is on trial.
    bool on_trial() const { return machine_.state() == Step::on_trial; }
    // Nothing is under way, and what waits for its hour or for somebody's word waits in flash.
    bool at_rest() const { return here() == Step::idle || here() == Step::on_hold; }
    Status begin_upload(std::uint32_t size) override;
    Status upload_piece(ConstBytes piece) override;
    Status end_upload() override;
    void upload_lost() override;

    // --- An update that waits (policy().when), if the firmware knows that (base/features.hpp) ---

    bool is_waiting() const { return here() == Step::on_hold; }
    // It is judged again in full and installed, whatever its hour. ota_nothing_waits, the store's errors.
    Status install();
    // It is not installed before so long (a second to `postponed_longest`), and then announced again. Where no clock is
    // known the time begins anew with each start. ota_nothing_waits, out_of_range, `busy` (said too often: a write a minute,
    // ten at once), the store's errors.
    Status postpone(std::chrono::seconds time);
    static constexpr std::chrono::seconds postponed_longest = std::chrono::hours(24 * 366);
    // Neither this version nor an earlier one is offered again, until forget_failures(). ota_nothing_waits, the store's
    // errors.
    Status skip();
    // "install", "postpone 2h" (s, m, h or d) or "skip", as people say it. ota_word, and the errors of the above.
    Status obey(std::string_view word);
    // The policy or the time has changed.
    void look_again();

    // Ends a download or the wait for another trial; nothing to end is success. `busy` when the restart is due. Forgets
    // failures, too.
    Status cancel();
    // Updates that were given up or skipped may be offered again.
    Status forget_failures();

    const Progress& progress() const { return progress_; }
    // What the running image came with in partitions of data; nothing where it came without. If the firmware knows that.
    DataRecord data() const;
    // The lowest seq this device accepts.
    std::uint32_t floor() const { return trust_.floor(); }

    // True when the floor, the key set, the quarantine or a counter was there and cannot be read any more: everything is
    // refused with trust_lost until a person at the device repairs it.
    bool trust_lost() const { return trust_.lost(); }
    // The same because something else is lost that decides whose updates are accepted.
    void distrust() { trust_.distrust(); }
    // Makes anew what is lost, and nothing else: the floor becomes the running seq, the key set the first trust anchors
    // as version 1, the quarantine empty, the counters of signed commands and settings `counter`. The store's errors.
    Status repair_trust(std::uint32_t counter) { return trust_.repair(counter); }

private:
    // updater.cpp
    Step here() const { return machine_.state(); }
    bool take(Event event);
    void step(Instant now) override;
    std::optional<Instant> deadline() const override;
    Status take_opening();
    Status take_install();
    bool installing() const;
    bool holds_leftovers() const;
    void release_memory();
    void forget_candidate();
    bool is_written() const;
    void describe_job();
    void describe_candidate();
    void describe_waiting();
    void give_way();
    Status take_place(std::string_view text);
    Status abandon(const Error& why);
    Status forget_job();
    void report_running(const crypto::Digest& id);
    void report(State state, std::optional<Error> error = std::nullopt);
    Status refuse(const Error& why, const crypto::Digest* id, std::string_view ver);
    Status refuse_offer(const Error& why);
    bool tells_of(const crypto::Digest& job) const;
    Duration next_wait(Backoff& backoff);
    void pause();
    void hold_back(const std::optional<crypto::Digest>& job, Duration wait);
    chip::SlotId idle_slot() const { return chip::other(parts_.slots.running()); }

    // updater_wait.cpp
    struct Waiting {
        WaitRecord said;  // its job is the message's
        std::optional<std::uint32_t> seq;
        std::optional<UnixTime> expires;
        FixedString<31> ver;
        std::uint32_t size;  // 0: unknown. No initializers here: clang has them only behind the class
        Instant since;       // of a postponement whose end no clock tells
    };
    Status put_off(std::string_view text);
    void hold(Event event, const Offer& offer);
    void hold(Event event);
    void tell_hold(Hold hold);
    bool is_wanted(const Offer& offer) const;
    Hold what_holds(const Waiting* waiting) const;
    bool is_heard() const;
    std::chrono::seconds window_opens_in(UnixTime wall) const;
    Duration postponed_for(const Waiting& waiting) const;
    Duration until_next_look(Hold hold) const;
    void look_at_hold();
    void let_go();
    void drop_waiting(const Error& why);
    bool is_skipped(const Offer& offer) const;

    // updater_boot.cpp
    void look_around();
    void use_policy(Instant now);
    void go_on(Verdict verdict);
    bool find_job();
    Status open_stored(std::string_view text);
    void resume_job();

    // updater_messages.cpp
    Status open(const Envelope& envelope);
    void drop_distrusted();
    Status admit(std::string_view text);
    Status accept(std::string_view text);
    Status preflight(const Offer& offer);
    Result<std::unique_ptr<ChunkCipher>> cipher_for(const Offer& offer);
    Status unlock_job();
    bool failed_lately(const Offer& offer) const;
    bool under_way(const crypto::Digest& digest) const;
    bool overtakes(const Offer& offer);
    bool may_begin();
    bool may_write();
    std::optional<std::uint32_t> seq_under_way() const;

    // updater_commands.cpp
    Status execute(ConstBytes payload);
    Status roll_back();

    // updater_install.cpp
    void start_download(Event event);
    DownloadPlan download_plan() const;
    Status on_descriptor(const ImageDescriptor& descriptor) override;
    void on_downloaded(std::uint32_t done, std::optional<std::uint32_t> size) override;
    void on_trouble(const Error& why, std::string_view host) override;
    void on_fall_back(const Error& why, std::string_view host) override;
    void on_written(std::size_t bytes) override;
    void on_wrong_file(std::size_t address) override;
    void on_download_done(Status outcome) override;
    void job_failed(const Error& why);

    // updater_data.cpp
    void begin_files();
    void next_file();
    DownloadPlan data_plan() const;
    DownloadPlan copy_plan() const;
    void copy_data();
    void data_done();

    // updater_verify.cpp
    void start_verifying(Event event);
    bool start_hashing();
    bool by_md5() const;
    void verify_more();
    Status judge_flash();
    void refuted(const Error& why);
    void switch_failed(const Error& why);
    void drop_candidate(const Error& why);

    // updater_upload.cpp
    Status open_bundle();
    Status judge_bundle();
    Status upload_failed(const Error& why);

    // updater_trial.cpp
    void begin_trial();
    void confirm();
    void finish_confirmation();
    void give_up(TrialCause cause);

    UpdaterParts parts_;
    ImageIdentity running_;
    UpdaterHandler& handler_;
    UpdatePolicy policy_;
    Identity identity_;
    Records records_;
    Trust trust_;
    Failures failures_;
    TrialRun trial_;
    Machine<Row, Witness> machine_{rows(), Step::starting};
    Instant at_{};               // what the step waits for, if it waits for a time
    Progress progress_;
    bool policy_final_ = false;  // since the first turn
    bool freshness_unknown_ = false;
    unsigned switch_failures_ = 0;
    Backoff retry_;
    std::optional<Waiting> waiting_;  // also while an upload is under way
    std::optional<Instant> healthy_at_;
    Instant written_until_{};  // what unsigned words and repeated messages have taken of their share of writes,
    Instant worn_until_{};     // and downloads of theirs of the slot

    // Taken while they are needed.
    std::unique_ptr<Opening> opening_;
    std::unique_ptr<Install> install_;
    std::unique_ptr<SlotHasher> hasher_;       // of the candidate
    std::optional<crypto::Digest> read_back_;  // SHA-256 of the candidate in flash, since nothing has come in between

    // What failed lately is not written to flash again at once, however often a broker repeats it.
    std::optional<crypto::Digest> failed_job_;
    Instant failed_until_{};
    Backoff wear_;
};

}  // namespace esb::ota
