// Brings one file into the idle slot: addresses in order, resumed where the last try ended, checkpoints in KeyValue;
// or fed by whoever has the file.
#pragma once

#include "esb/base/backoff.hpp"
#include "esb/base/fixed.hpp"
#include "esb/base/time.hpp"
#include "esb/chip/entropy.hpp"
#include "esb/chip/slots.hpp"
#include "esb/net/http_get.hpp"
#include "esb/ota/descriptor.hpp"
#include "esb/ota/manifest.hpp"
#include "esb/ota/records.hpp"
#include "esb/ota/slot_writer.hpp"

#include <array>
#include <cstdint>
#include <optional>

namespace esb::ota {

struct DownloadPlan {
    crypto::Digest job{};    // identity of the accepted message: checkpoints belong to it
    std::optional<std::uint32_t> size;  // bytes; empty: as the server says
    chip::SlotId slot = chip::SlotId::a;
    const FixedVector<FixedString<url_max>, max_urls>* urls = nullptr;  // outlives the download; not empty
    unsigned tries = 5;  // that end without a new checkpoint, over all addresses
    Duration retry_first{};
    Duration retry_longest{};
};

class DownloadOwner {
public:
    virtual ~DownloadOwner() = default;
    // The image has said who it is. Nothing of the slot was erased for this file yet, but it will be on success; an
    // error ends the download for good.
    virtual Status on_descriptor(const ImageDescriptor& descriptor) = 0;
    // At least every erase block.
    virtual void on_downloaded(std::uint32_t done, std::optional<std::uint32_t> size) = 0;
    // Exactly once for each start() that is not stopped. Success: the whole file was written, not yet judged.
    virtual void on_download_done(Status outcome) = 0;
};

// Reactor's task only; the owner passes step() and deadline() on.
class Download final : private net::HttpHandler {
public:
    Download(net::Reactor& reactor, net::Names& names, chip::Slots& slots, chip::Entropy& entropy, Records& records,
             DownloadOwner& owner);

    // Goes on behind the checkpoint of this job, if the flash still holds what it says.
    void start(const DownloadPlan& plan);
    // The same from the first byte.
    void start_over();
    void stop();

    // The same file from a browser, from its first byte to its last, without checkpoints: `plan` needs job, size and
    // slot only. An error ends it; on_download_done() is not called.
    void begin_fed(const DownloadPlan& plan);
    Status feed(ConstBytes piece) { return take(piece); }
    // ota_size, ota_no_descriptor, errors of the flash.
    Status end_fed() { return end_file(); }

    void step(Instant now);
    std::optional<Instant> deadline() const;

    // Bytes written so far.
    std::uint32_t received() const { return static_cast<std::uint32_t>(writer_.received()); }
    // True when a part was taken over from an earlier start.
    bool resumed() const { return resumed_; }
    // True once a try has changed the slot.
    bool has_erased() const { return touched_; }

private:
    enum class Stage : std::uint8_t { idle, checking_prefix, waiting, fetching };

    void look_for_mark();
    void check_prefix();
    Status take_over_prefix();
    void begin_anew();
    void fetch();
    void attempt_ended(const Error& why);
    bool next_address();
    void finish(Status outcome);

    Status on_head(const net::HttpHead& head) override;
    Status on_body(ConstBytes piece) override;
    void on_done(Status outcome) override;
    Status take(ConstBytes piece);
    Status end_file();
    Status complete();
    Status collect_descriptor(ConstBytes piece);
    Status describe();
    std::size_t limit() const;
    void checkpoint();

    net::Reactor& reactor_;
    chip::Slots& slots_;
    chip::Entropy& entropy_;
    Records& records_;
    DownloadOwner& owner_;
    net::HttpGet http_;
    SlotWriter writer_;
    SlotHasher hasher_;

    DownloadPlan plan_;
    Stage stage_ = Stage::idle;
    Instant at_{};
    Backoff backoff_;
    std::optional<MarkRecord> mark_;     // what of the slot is safe
    std::array<bool, max_urls> dead_{};  // addresses that will not answer better
    std::size_t address_ = 0;
    unsigned tries_ = 0;
    std::optional<std::uint32_t> expected_;  // size of the file where it is known
    bool resumed_ = false;
    bool described_ = false;
    bool touched_ = false;
    bool recheck_ = false;  // the flash is not what was counted: back to the last checkpoint
    std::array<std::uint8_t, sizeof(ImageDescriptor)> descriptor_{};
};

}  // namespace esb::ota
