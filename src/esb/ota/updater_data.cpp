// Data for partitions, which comes before the image that needs it: fetched, or copied from what the running image came
// with.
#include "esb/ota/install.hpp"
#include "esb/ota/updater.hpp"

#include <algorithm>
#include <array>

namespace esb::ota {
namespace {

constexpr std::size_t copied_at_once = 512;      // bytes, on the stack
constexpr std::uint32_t copied_a_turn = 32'768;  // bytes

}  // namespace

DataRecord Updater::data() const { return data_of(records_, parts_.slots.running(), running_.seq); }

void Updater::begin_files() { install_->place.begin(install_->offer.manifest, running_.seq); }

void Updater::next_file() {
    auto& install = *install_;
    install.copying = false;
    if (install.place.next() == nullptr) return install.download.start(download_plan());
    install.copying = !install.place.is_there() && install.place.runs_with_it();
    if (install.copying) return install.download.begin_fed(copy_plan());
    install.download.start(data_plan());
}

// Marks are noted under its own hash: the next message may bring the same.
DownloadPlan Updater::data_plan() const {
    const DataFile& file = *install_->place.data();
    auto plan = install_->plan(idle_slot(), policy_, failures_.list());
    const auto* const known = failures_.list().find(install_->offer.failures_of(file));
    plan.job = file.sha256;
    plan.size = file.size;
    plan.data = &file;
    plan.whole = install_->place.is_there();
    plan.strikes = known != nullptr ? known->strikes : Strikes{};
    return plan;
}

DownloadPlan Updater::copy_plan() const {
    auto plan = data_plan();
    plan.cipher = nullptr;  // in flash it is in the clear
    return plan;
}

void Updater::copy_data() {
    auto& download = install_->download;
    const DataFile& file = *install_->place.data();
    std::array<std::uint8_t, copied_at_once> piece;
    const auto until = std::min(file.size, download.received() + copied_a_turn);
    Status copied;
    while (copied && download.received() < until) {
        const auto part = MutBytes(piece).first(std::min<std::size_t>(piece.size(), until - download.received()));
        copied = install_->place.read_running(download.received(), part);
        if (copied) copied = download.feed(part);
    }
    if (copied && until < file.size) return;
    if (copied) copied = download.end_fed();
    install_->copying = false;
    if (copied && download.flash_hash() == file.sha256) return data_done();
    download.start(data_plan());  // what runs cannot be read any more: it is fetched
}

// The hash is of what the flash reads.
void Updater::data_done() {
    auto& install = *install_;
    if (install.download.flash_hash() != install.place.data()->sha256) {
        return install.download.refuted(Error(errors::ota_hash));
    }
    if (const auto noted = install.place.note(); !noted) return job_failed(noted.error());
    next_file();
    describe_job();
    report(State::downloading);
}

}  // namespace esb::ota
