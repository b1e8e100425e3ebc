// The inside of Updater: which step an update is at, and what comes next. Private to ota/.
//
//   engine.cpp    time and reports          offer.cpp    messages: updates, legacy
//   install.cpp   verify, switch            commands.cpp signed commands and key sets
//   boot.cpp      what a boot finds out     trial_run.cpp  confirm, give up
//   upload.cpp    an image from a browser
#pragma once

#include "esb/base/backoff.hpp"
#include "esb/ota/download.hpp"
#include "esb/ota/records.hpp"
#include "esb/ota/trial.hpp"
#include "esb/ota/updater.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace esb::ota {

class Engine final : private DownloadOwner, private Task {
public:
    Engine(const UpdaterParts& parts, const ImageIdentity& running, UpdaterHandler& handler);
    ~Engine() override;
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    UpdatePolicy& policy() { return policy_; }
    Status trust(std::string_view key);
    Status begin(const Identity& identity);
    Status offer(ConstBytes message);
    Status refuse(const Error& why, const crypto::Digest* id = nullptr, std::string_view ver = {});
    Result<ConstBytes> open_config(std::string_view message);
    std::optional<std::uint32_t> config_counter() const;
    void healthy();
    bool on_trial() const { return step_ == Step::on_trial; }
    Status cancel();
    Status forget_failures();
    Status begin_upload(std::uint32_t size);
    Status upload_piece(ConstBytes piece);
    Status end_upload();
    void upload_lost();
    const Progress& progress() const { return progress_; }
    std::uint32_t floor() const { return floor_; }
    bool trust_lost() const { return trust_lost_; }
    void distrust() { trust_lost_ = true; }
    Status repair_trust(std::uint32_t counter);

private:
    enum class Step : std::uint8_t {
        idle,
        waiting,       // a stored job waits for the network, until at_
        downloading,   // download_ is at work
        uploading,     // a browser sends a bundle, piece by piece
        verifying,     // hasher_ is at work on the candidate
        switch_later,  // the candidate is tried (again) at at_
        rebooting,     // everything is stored, the restart is due
        on_trial,      // this image must become healthy until at_
        went_back,     // the candidate has failed its trial; what follows is decided in the first turn
        finish_later,  // confirmed, but records could not be written: again at at_
    };
    // An accepted update that is not in flash yet.
    struct Job {
        crypto::Digest digest{};
        UpdateManifest manifest;  // legacy: app, hw and URL only, until the descriptor is there
        std::optional<crypto::Md5Digest> md5;
        bool is_legacy() const { return md5.has_value(); }
    };

    // What opening a message needs: 9 KB, taken when one comes.
    struct Opening {
        Job offer;  // while it is judged
        std::array<std::uint8_t, Records::job_buffer> text;
        std::array<std::uint8_t, envelope_max * 3 / 4 + 1> payload;
    };

    // engine.cpp
    Status take_memory();
    void release_memory();
    void step(Instant now) override;
    std::optional<Instant> deadline() const override;
    static FixedString<16> short_id(const std::optional<crypto::Digest>& digest);
    void report(State state, std::optional<Error> error = std::nullopt);
    void describe_job();
    void describe_candidate();
    Duration next_wait(Backoff& backoff);
    chip::SlotId idle_slot() const { return chip::other(parts_.slots.running()); }

    // boot.cpp
    void load_trust();
    void use(const KeySet& set);
    void judge_trial();
    void use_policy(Instant now);
    Verdict judge_failure();
    void go_on(Verdict verdict);
    void find_job();
    void resume_job();

    // offer.cpp
    Status open_job(std::string_view text);
    Status open_update(const Envelope& envelope);
    Status open_legacy(std::string_view text);
    Status admit(std::string_view text);
    Status addressed(const UpdateManifest& manifest) const;
    Status preflight(const Job& job);
    Status accept(std::string_view text);
    bool failed_lately(const Job& job) const;
    bool runs_already(const Job& job) const;
    void report_running();
    bool under_way(const crypto::Digest& digest) const;
    std::optional<std::uint32_t> seq_under_way() const;

    // install.cpp
    void start_download();
    Status on_descriptor(const ImageDescriptor& descriptor) override;
    void on_downloaded(std::uint32_t done, std::optional<std::uint32_t> size) override;
    void on_trouble(const Error& why, std::string_view host) override;
    void on_wrong_file(std::size_t address) override;
    void on_download_done(Status outcome) override;
    void job_failed(const Error& why);
    void note_failure(const std::optional<crypto::Digest>& job);
    bool given_up(const Job& job) const;
    void start_verifying();
    void verify_more();
    Status judge_flash();
    Result<ImageDescriptor> read_descriptor(chip::SlotId slot);
    void refuted(const Error& why);
    Status switch_slot();
    void switch_failed(const Error& why);
    void drop_candidate(const Error& why);

    // upload.cpp
    Result<std::size_t> collect_envelope(ConstBytes piece);
    Status open_bundle(std::string_view text);
    Status judge_bundle(std::size_t envelope_size);
    Status upload_failed(const Error& why);

    // trial_run.cpp
    void begin_trial();
    void confirm();
    void finish_confirmation();
    Status store_confirmation();
    void give_up(TrialCause cause);
    Verdict count_trial(TrialCause cause);

    // commands.cpp
    Status execute(ConstBytes payload);
    Status roll_back();
    Status adopt_keys(ConstBytes payload);
    bool is_present_set(const KeySet& set) const;

    UpdaterParts parts_;
    ImageIdentity running_;
    UpdaterHandler& handler_;
    UpdatePolicy policy_;
    Records records_;
    Download download_;
    SlotHasher hasher_;

    Identity identity_;
    Keyring compiled_;
    Keyring keyring_;
    std::uint32_t key_version_ = 1;  // 1: the compiled-in keys
    std::uint32_t floor_ = 0;
    std::optional<ImageRecord> run_;
    BadList bad_;
    bool trust_lost_ = false;  // every update, command and key set is refused
    FailureList failures_;

    bool policy_final_ = false;  // since the first turn
    BootJudgement boot_judgement_{};
    Step step_ = Step::idle;
    Instant at_{};
    Progress progress_;
    Job job_;
    std::optional<TrialRecord> candidate_;  // the image that is verified, switched to, on trial, or was tried last
    bool just_downloaded_ = false;          // the candidate is job_'s
    std::optional<crypto::Digest> read_back_;  // SHA-256 of the candidate in flash, since nothing has come in between
    bool freshness_unknown_ = false;
    unsigned switch_failures_ = 0;
    Backoff retry_;

    std::unique_ptr<Opening> opening_;

    std::uint32_t upload_size_ = 0;  // of the whole bundle
    std::size_t envelope_size_ = 0;  // collected in opening_->text
    bool uploaded_ = false;          // job_ is of a browser
    bool upload_described_ = false;  // the envelope is open: job_ is the upload's

    // What failed lately is not written to flash again at once, however often a broker repeats it.
    std::optional<crypto::Digest> failed_job_;
    Instant failed_until_{};
    Backoff wear_;
};

}  // namespace esb::ota
