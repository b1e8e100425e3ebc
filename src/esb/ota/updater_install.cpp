// A download as it goes, and the end of one.
#include "esb/ota/install.hpp"
#include "esb/ota/updater.hpp"

#include <algorithm>

namespace esb::ota {
namespace {

// Failures that another try at once would only repeat, at the price of another erase.
bool wears_flash(const Error& why) {
    return why == errors::ota_hash || why == errors::ota_size || why == errors::slot_bad_image ||
           why == errors::flash_failed;
}

bool about_a_server(const Error& why) {
    return why.name().starts_with("http.") || why == errors::ota_size || why == errors::ota_hash ||
           why == errors::ota_descriptor || why == errors::ota_no_descriptor || why == errors::ota_host ||
           why == errors::ota_packed;
}

}  // namespace

void Updater::start_download(Event event) {
    if (!take(event)) return;
    switch_failures_ = 0;
    install_->uploaded = false;
#if ESB_DATA_PARTITIONS
    begin_files();
    next_file();
#else
    install_->download.start(download_plan());
#endif
    describe_job();
    report(State::downloading);
}

// Packed forms only where their memory leaves enough of the heap.
DownloadPlan Updater::download_plan() const {
    auto plan = install_->plan(idle_slot(), policy_, failures_.list());
    const bool fits = parts_.system.heap().free >= policy_.heap_needed + Unpacking::memory;
    if (with_packed_updates && fits && !install_->offer.is_legacy()) plan.forms = &install_->offer.manifest.forms;
    const auto& running = trial_.confirmed();
    if (running && running->slot == parts_.slots.running()) plan.running = running->sha256;
    return plan;
}

Status Updater::on_descriptor(const ImageDescriptor& descriptor) {
    ESB_TRY(install_->offer.match(descriptor, running_, trust_.floor()));
#if ESB_DATA_PARTITIONS
    ESB_TRY(install_->place.settle());
#endif
    return records_.previous.remove();  // its slot is erased next
}

void Updater::on_downloaded(std::uint32_t, std::optional<std::uint32_t> size) {
    describe_job();
    progress_.size = size.value_or(0);
    report(State::downloading);
}

void Updater::on_trouble(const Error& why, std::string_view host) {
    describe_job();
    static_cast<void>(progress_.host.assign(host));  // same capacity
    report(State::downloading, why);
}

void Updater::on_fall_back(const Error& why, std::string_view host) {
    describe_job();
    if (about_a_server(why)) static_cast<void>(progress_.host.assign(host));  // same capacity
    progress_.fell_back = true;
    report(State::downloading, why);
}

void Updater::on_written(std::size_t bytes) {
    const auto share = slot_period * static_cast<std::int64_t>(bytes) / static_cast<std::int64_t>(parts_.slots.geometry().size);
    worn_until_ = std::max(worn_until_, parts_.reactor.now()) + share;
}

// Before anything else: a restart must not forget it.
void Updater::on_wrong_file(std::size_t address) {
#if ESB_DATA_PARTITIONS
    if (const auto* const data = install_->place.data()) return failures_.strike(install_->offer.failures_of(*data), address);
#endif
    failures_.strike(install_->offer.digest, address);
}

void Updater::on_download_done(Status outcome) {
    if (!outcome) return job_failed(outcome.error());
#if ESB_DATA_PARTITIONS
    if (install_->place.data() != nullptr) return data_done();
#endif
    trial_.propose(install_->candidate(idle_slot(), running_.seq));
    install_->written = true;
    read_back_ = install_->download.flash_hash();
    start_verifying(Event::written);
}

void Updater::job_failed(const Error& why) {
    const auto& job = install_->offer.digest;
    auto& download = install_->download;
    if (download.has_erased() && wears_flash(why)) {
        hold_back(job, next_wait(wear_));
        failures_.note(job);
    }
    describe_job();
    const bool of_a_server = !install_->uploaded && about_a_server(why);
    if (of_a_server) static_cast<void>(progress_.host.assign(download.host()));  // same capacity
    download.stop();
    forget_candidate();
    take(Event::failed);
    static_cast<void>(forget_job());  // if it stays it is judged anew at the next boot
    report(State::failed, why);
}

}  // namespace esb::ota
