// Brings one file into the idle slot: addresses in order, resumed where the last try ended, checkpoints in KeyValue;
// or fed by whoever has the file.
//
// What one address says is that address's fault: the next one is asked, then all of them again with a back-off that
// ends after so many rounds without a gain. A whole file with a wrong hash is begun anew from the first byte and then
// taken from one address alone, so that it is known whose it is. All that is written in one start is bounded.
//
// A smaller file that the image can be made of is fetched in its place: the difference from the running image, if that is
// the one it needs, otherwise the image compressed. What fails of one form leads to the next, at last to the image itself.
#pragma once

#include "esb/base/backoff.hpp"
#include "esb/base/features.hpp"
#include "esb/base/fixed.hpp"
#include "esb/base/time.hpp"
#include "esb/chip/entropy.hpp"
#include "esb/chip/network.hpp"
#include "esb/chip/slots.hpp"
#include "esb/net/http_get.hpp"
#include "esb/ota/chunk_cipher.hpp"
#include "esb/ota/descriptor.hpp"
#include "esb/ota/manifest.hpp"
#include "esb/ota/records.hpp"
#include "esb/ota/slot_writer.hpp"
#include "esb/ota/unpacking.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace esb::ota {

struct DownloadPlan {
    crypto::Digest job{};    // identity of the accepted message: checkpoints belong to it
    std::optional<std::uint32_t> size;  // bytes; empty: as the server says
    chip::SlotId slot = chip::SlotId::a;
    ChunkCipher* cipher = nullptr;  // opens the file, outlives the download; null: the file is the image
    const UrlList* urls = nullptr;  // outlives the download; not empty
    const PackedForms* forms = nullptr;  // that may be fetched in the image's place, outlive the download; null: none
    const DataFile* data = nullptr;  // what is fetched in the place of an image, outlives the download; null: it is one
    bool whole = false;              // all of it lies there already, as far as is known: `job` is its SHA-256
    std::optional<crypto::Digest> running;  // SHA-256 of the running image, where it is known
    const FixedString<255>* hosts =
        nullptr;  // that may be asked (net::is_listed_host), outlives the download; empty: all
    net::TlsCredentials* web = nullptr;  // whom https servers are trusted by; outlives the download; null: nobody
    Strikes strikes{};
    unsigned tries = 10;    // rounds over all addresses without a gain
    unsigned refusals = 4;  // the same, when every address gave a definite answer
    Duration retry_first{};
    Duration retry_longest{};
};

class DownloadOwner {
public:
    virtual ~DownloadOwner() = default;
    // The image has said who it is. Nothing of the slot was erased for this file yet, but it will be on success.
    virtual Status on_descriptor(const ImageDescriptor& descriptor) = 0;
    // Every 32 KiB, and every ten seconds while bytes come.
    virtual void on_downloaded(std::uint32_t done, std::optional<std::uint32_t> size) = 0;
    // A try has failed; another follows. `host` is the one that was asked.
    virtual void on_trouble(const Error& why, std::string_view host) = 0;
    // So has a form of the update; the next one is fetched.
    virtual void on_fall_back(const Error& why, std::string_view host) = 0;
    // So many bytes more were programmed.
    virtual void on_written(std::size_t bytes) = 0;
    // This address alone has delivered a whole file whose hash is wrong.
    virtual void on_wrong_file(std::size_t address) = 0;
    // Exactly once for each start() that is not stopped, and once more after each refuted(). Success: the whole file
    // was written, not yet judged.
    virtual void on_download_done(Status outcome) = 0;
};

// The owner passes step() and deadline() on.
class Download final : private net::HttpHandler {
public:
    Download(net::Reactor& reactor, net::Names& names, chip::Slots& slots, chip::Entropy& entropy, Records& records,
             DownloadOwner& owner);

    // Goes on behind the checkpoint of this job, if the flash still holds what it says.
    void start(const DownloadPlan& plan);
    // The hash of the whole file is wrong: goes on with what is left to try.
    void refuted(const Error& why);
    void stop();

    // The same file from a browser, from its first byte to its last, without checkpoints: `plan` needs job, size and
    // slot only. An error ends it; on_download_done() is not called.
    void begin_fed(const DownloadPlan& plan);
    Status feed(ConstBytes piece) { return take(piece); }
    // ota_size, ota_no_descriptor, errors of the flash.
    Status end_fed() { return end_file(); }

    void step(Instant now);
    std::optional<Instant> deadline() const;

    // Bytes of the image written so far.
    std::uint32_t received() const { return static_cast<std::uint32_t>(writer_.received()); }
    // SHA-256 of what was written as the flash reads it: each piece after it was programmed, and what lay there from an
    // earlier start before it was built upon.
    crypto::Digest flash_hash() const { return writer_.programmed_hash(); }
    // True once a try has changed the slot.
    bool has_erased() const { return touched_; }
    // What is fetched.
    Form form() const { return form_; }
    // Whom the latest error is about.
    std::string_view host() const { return host_; }
    // While none is under way: gives back what only a request needs.
    void release() { http_.release(); }

private:
    static constexpr unsigned excused_changes = 4;  // a file that is replaced more often counts as a failure
    enum class Stage : std::uint8_t { idle, checking_old, checking_prefix, waiting, fetching };
    struct Address {
        bool dead = false;   // will not be asked any more
        bool whole = false;  // cannot resume: is asked for the whole file
        std::uint8_t wrong_files = 0;
        std::uint32_t best = 0;  // furthest byte it has brought, when it has to bring all of them
    };
    // What was there before an address sent the whole file instead of the rest.
    struct Kept {
        SlotWriter::Position position;
        std::optional<MarkRecord> mark;
        std::uint8_t sources = 0;
    };
    struct Version {
        std::size_t address = 0;
        FixedString<net::max_entity_tag> etag;
        std::optional<std::uint32_t> fingerprint;
    };

    // download.cpp
    void look_for_mark();
    bool fits(const MarkRecord& mark) const;
    void check_prefix();
    Status take_over_prefix();
    Status describe();
    void begin_anew();
    void begin_anew_for_whole();
    void restore_kept();
    void fetch();
    void note_host();
    static std::uint8_t bit(std::size_t address) { return static_cast<std::uint8_t>(1U << address); }
    bool prefix_is_foreign() const;
    std::string_view url(std::size_t address) const { return plan_.urls->at(urls_, address); }
    std::uint32_t& best() { return alone_ ? addresses_[address_].best : best_; }
    void count_written();
    bool judge_gain();
    void attempt_ended(const Error& why);
    void learn(const Error& why);
    bool all_dead() const;
    bool next_address();
    std::optional<Duration> end_round();
    void finish(Status outcome);

    bool is_data() const { return with_data_partitions && plan_.data != nullptr; }
    Result<MarkRecord> stored_mark() const;

    // download_forms.cpp
    bool is_packed() const { return with_packed_updates && form_ != full_form; }
    const PackedForm& packed() const;
    const DeltaForm& delta() const { return plan_.forms->deltas[form_ - first_delta]; }
    Form form_before_all() const;
    Form form_after(Form form) const;
    bool has_form(Form form) const;
    void begin_form();
    void begin_addresses();
    unsigned tries() const;
    unsigned refusals() const;
    bool may_be_running() const;
    void check_old();
    void open_form();
    void use_cipher();
    void use_data_cipher();
    bool is_worn() const;
    void give_up(const Error& why);
    void fall_back(const Error& why);

    // download_answer.cpp
    Status on_host(std::string_view host) override;
    Status on_head(const net::HttpHead& head) override;
    Status on_body(ConstBytes piece) override;
    void on_done(Status outcome) override;
    Status judge_version(const net::HttpHead& head);
    void note_version(const net::HttpHead& head);
    Status take(ConstBytes piece);
    Status take_file(ConstBytes piece);
    Status take_packed(ConstBytes piece);
    Status take_image(ConstBytes piece);
    Status judge_size(std::optional<std::uint64_t> total) const;
    std::uint32_t position() const { return is_packed() ? unpacking_.file_at() : received(); }
    std::uint64_t file_offset() const;
    Status end_file();
    Status complete();
    Status collect_descriptor(ConstBytes piece);
    std::size_t limit() const;
    void checkpoint();
    void tell();

    net::Reactor& reactor_;
    chip::Slots& slots_;
    chip::Entropy& entropy_;
    Records& records_;
    DownloadOwner& owner_;
    net::HttpGet http_;
    SlotWriter writer_;
    SlotHasher hasher_;
    Unpacking unpacking_;

    DownloadPlan plan_;
    Stage stage_ = Stage::idle;
    Instant at_{};
    Backoff backoff_;
    std::optional<MarkRecord> mark_;  // what of the slot is safe
    Form form_ = full_form;
    UrlGroup urls_;  // of the form
    std::array<Address, max_urls> addresses_{};
    std::size_t address_ = 0;
    unsigned rounds_ = 0;          // without a gain
    unsigned refusal_rounds_ = 0;  // of these, of definite answers only
    bool round_gained_ = false;
    bool round_refused_ = true;
    unsigned changes_ = 0;       // of the file, that were excused
    std::optional<Error> last_;  // of an address that could have served
    FixedString<chip::max_host_name> host_;  // that the latest request asked last

    std::optional<std::uint32_t> expected_;  // size of the image where it is known
    std::uint8_t sources_ = 0;  // who has brought what is there: a bit for each address, or for an earlier start
    bool resumed_ = false;      // it came in several pieces
    bool alone_ = false;        // what is there has to be of one address
    std::uint32_t best_ = 0;    // furthest byte that was ever there
    std::size_t programmed_before_ = 0;
    std::uint64_t written_ = 0;  // bytes programmed since the start
    std::optional<Kept> kept_;
    Version version_;
    Instant told_{};
    bool described_ = false;
    bool touched_ = false;
    bool recheck_ = false;  // the flash is not what was counted: back to the last checkpoint
    std::array<std::uint8_t, sizeof(ImageDescriptor)> descriptor_{};
};

}  // namespace esb::ota
