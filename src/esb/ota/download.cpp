// Tries: where they begin, what their failure says of whom, and when the next one follows.
#include "esb/ota/download.hpp"

#include "esb/ota/errors.hpp"
#include "esb/ota/mark_distance.hpp"

#include <algorithm>
#include <bit>
#include <initializer_list>

namespace esb::ota {
namespace {

constexpr std::uint32_t least_gain = 512;    // bytes; a try that brings fewer has failed
constexpr unsigned wrong_file_limit = 2;     // of one address, in one start
constexpr std::uint8_t earlier_start = 0x80;
constexpr Duration after_gain = 1s;

bool is_one_of(const Error& why, std::initializer_list<const ErrorKind*> kinds) {
    return std::any_of(kinds.begin(), kinds.end(), [&](const ErrorKind* kind) { return why == *kind; });
}

// A status that another try soon will hardly change.
bool is_definite(std::int32_t status) { return status < 500 && status != 408 && status != 425 && status != 429; }

// The other side has answered, and not by chance. What wears the flash counts as much.
bool is_refusal(const Error& why) {
    if (why == errors::http_status) return is_definite(why.detail());
    return is_one_of(why,
                     {&errors::http_range, &errors::http_encoded, &errors::http_location, &errors::http_redirects,
                      &errors::http_https, &errors::http_downgrade, &errors::tls_unknown_authority, &errors::tls_wrong_name,
                      &errors::tls_expired, &errors::tls_not_yet_valid, &errors::tls_key_usage, &errors::tls_weak,
                      &errors::tls_no_common_suite, &errors::ota_host, &errors::ota_size, &errors::ota_too_large,
                      &errors::ota_descriptor, &errors::ota_no_descriptor, &errors::ota_hash, &errors::ota_chunk,
                      &errors::ota_packed, &errors::flash_failed});
}

// No address could do better. The first three only come where no signed manifest says what the file has to be.
bool is_final(const Error& why) {
    return is_one_of(why, {&errors::ota_wrong_app, &errors::ota_wrong_hw, &errors::ota_below_floor,
                           &errors::slot_bounds, &errors::slot_alignment, &errors::slot_running});
}

// The server cannot or will not go on where we are.
bool refuses_to_resume(const Error& why) {
    constexpr std::int32_t range_not_satisfiable = 416;
    return why == errors::http_range || (why == errors::http_status && why.detail() == range_not_satisfiable);
}

}  // namespace

Download::Download(net::Reactor& reactor, net::Names& names, chip::Slots& slots, chip::Entropy& entropy,
                   Records& records, DownloadOwner& owner)
    : reactor_(reactor),
      slots_(slots),
      entropy_(entropy),
      records_(records),
      owner_(owner),
      http_(reactor, names),
      writer_(slots),
      hasher_(slots),
      unpacking_(slots, writer_) {}

void Download::start(const DownloadPlan& plan) {
    stop();
    plan_ = plan;
    touched_ = is_data();  // which has no descriptor that would be looked at first
    written_ = 0;
    told_ = reactor_.now();
    form_ = form_before_all();
    begin_form();
}

void Download::refuted(const Error& why) {
    const auto sources = sources_;
    const bool pieced = resumed_ || !std::has_single_bit(sources) || sources == earlier_start;
    count_written();
    begin_anew();
    if (is_packed()) return fall_back(why);
    best_ = 0;
    version_ = {};
    if (pieced && !alone_) {  // nobody is to blame: once more, from one address alone
        alone_ = true;
        stage_ = Stage::waiting;
        at_ = reactor_.now();
        return owner_.on_trouble(why, {});
    }
    alone_ = true;
    Address& address = addresses_[address_];
    address.best = 0;
    const unsigned before = plan_.strikes[address_]++;
    address.dead = ++address.wrong_files >= wrong_file_limit || before + 1 >= strike_limit;
    owner_.on_wrong_file(address_);
    attempt_ended(why);
}

void Download::begin_fed(const DownloadPlan& plan) {
    stop();
    plan_ = plan;
    form_ = full_form;
    touched_ = false;
    begin_anew();
}

void Download::stop() {
    count_written();
    http_.cancel();
    unpacking_.close();
    stage_ = Stage::idle;
}

void Download::look_for_mark() {
    recheck_ = false;
    kept_.reset();
    begin_anew();
    stage_ = Stage::waiting;
    at_ = reactor_.now();
    if (alone_) return;  // whose the bytes behind the mark are is not known
    const auto mark = stored_mark();
    plan_.whole = false;  // if it is not, what is written from here on counts
    if (!mark || mark->job != plan_.job || mark->bytes == 0 || mark->bytes > limit() || !fits(*mark)) return;
    mark_ = *mark;
    hasher_.start(plan_.slot, mark_->bytes);
    stage_ = Stage::checking_prefix;
}

Result<MarkRecord> Download::stored_mark() const {
    if (is_data() && plan_.whole) return MarkRecord{.job = plan_.job, .bytes = *plan_.size, .prefix = plan_.job};
    return records_.mark.load();
}

// What lies in the slot is the image's beginning in every form; where the others' files go on only their own mark tells.
bool Download::fits(const MarkRecord& mark) const {
    if (mark.bytes != plan_.size && mark.bytes % mark_distance != 0) return false;
    return !is_packed() || (mark.form == form_ && mark.packed <= packed().size);
}

void Download::begin_anew() {
    writer_.begin(plan_.slot);
    if (unpacking_.is_open()) unpacking_.begin(0, 0);
    if (plan_.cipher != nullptr) plan_.cipher->begin(0);
    programmed_before_ = 0;
    mark_.reset();
    expected_ = plan_.size;
    sources_ = 0;
    resumed_ = false;
    described_ = is_data();
}

// What is there is not lost yet: an answer that is refused before it has cost the first erase brings it back.
void Download::begin_anew_for_whole() {
    if (writer_.programmed() > 0 && !kept_) kept_.emplace(Kept{writer_.position(), mark_, sources_});
    begin_anew();
}

void Download::restore_kept() {
    if (kept_ && !writer_.has_erased() && is_packed()) {
        recheck_ = true;  // the unpacker is elsewhere by now
    } else if (kept_ && !writer_.has_erased()) {
        writer_.go_back(kept_->position);
        programmed_before_ = writer_.programmed();
        mark_ = kept_->mark;
        sources_ = kept_->sources;
        resumed_ = true;
        described_ = true;
    }
    kept_.reset();
}

void Download::check_prefix() {
    const auto done = hasher_.advance(SlotHasher::portion);
    if (done && !*done) return;
    stage_ = Stage::waiting;
    at_ = reactor_.now();
    if (!done || hasher_.sha256() != mark_->prefix) return begin_anew();
    if (!take_over_prefix()) return begin_anew();  // it is not the image that the message speaks of
    if (plan_.size == mark_->bytes) finish({});
}

Status Download::take_over_prefix() {
    writer_.resume(plan_.slot, mark_->bytes, hasher_.state());
    if (unpacking_.is_open()) unpacking_.begin(mark_->bytes, mark_->packed);
    programmed_before_ = mark_->bytes;
    sources_ = earlier_start;
    best_ = std::max(best_, mark_->bytes);
    if (is_data()) return {};
    const std::size_t at = slots_.geometry().descriptor_at;
    if (mark_->bytes < at + descriptor_.size()) return fail(errors::ota_no_descriptor);
    ESB_TRY(slots_.read(plan_.slot, at, descriptor_));
    return describe();
}

Status Download::describe() {
    ESB_TRY(owner_.on_descriptor(std::bit_cast<ImageDescriptor>(descriptor_)));
    described_ = true;
    touched_ = true;
    return {};
}

void Download::step(Instant now) {
    if (stage_ == Stage::checking_old) return check_old();
    if (stage_ == Stage::checking_prefix) return check_prefix();
    if (stage_ != Stage::waiting || now < at_) return;
    if (recheck_) return look_for_mark();
    fetch();
}

std::optional<Instant> Download::deadline() const {
    if (stage_ == Stage::checking_prefix || stage_ == Stage::checking_old) return Instant{};
    if (stage_ == Stage::waiting) return at_;
    return std::nullopt;  // idle, or the request has deadlines of its own
}

void Download::fetch() {
    stage_ = Stage::fetching;
    if (position() > 0 && (addresses_[address_].whole || prefix_is_foreign())) begin_anew_for_whole();
    resumed_ = resumed_ || position() > 0;
    const bool same = version_.address == address_;
    const auto tag = same ? version_.etag.view() : std::string_view();
#if ESB_CERTIFICATES
    http_.use_trust(plan_.web, entropy_);
#endif
    if (plan_.cipher != nullptr) plan_.cipher->begin(position());
    const auto started = http_.start(url(address_), file_offset(), *this, tag);
    if (started) return;
    note_host();
    attempt_ended(started.error());
}

void Download::note_host() { static_cast<void>(host_.assign(http_.host())); }  // same capacity

bool Download::prefix_is_foreign() const { return alone_ && sources_ != bit(address_); }

// True when there is another address to ask before the round is over.
bool Download::next_address() {
    const std::size_t before = address_;
    do {
        address_ = (address_ + 1) % urls_.count;
    } while (addresses_[address_].dead && address_ != before);
    return address_ > before;
}

bool Download::all_dead() const {
    return std::all_of(addresses_.begin(), addresses_.begin() + urls_.count,
                       [](const Address& address) { return address.dead; });
}

void Download::count_written() {
    const std::size_t more = writer_.programmed() - std::min(programmed_before_, writer_.programmed());
    written_ += more;
    programmed_before_ = writer_.programmed();
    owner_.on_written(more);
}

// Whether the try that ends has brought something that was not there before.
bool Download::judge_gain() {
    count_written();
    const std::uint32_t before = best();
    best() = std::max(before, received());
    return received() >= before + least_gain;
}

// What the failed try says of its address.
void Download::learn(const Error& why) {
    Address& address = addresses_[address_];
    const auto parsed = net::parse_url(url(address_));
    const bool https = why == errors::http_https && parsed && parsed->tls;
    const bool never = https || (why == errors::ota_host && parsed && parsed->host == host_.view());
    if (never) address.dead = true;
    if (refuses_to_resume(why)) address.whole = true;
    if (why == errors::http_changed) begin_anew();
    if (!never || !last_) last_ = why;
}

// After a try that failed: when the next one is due, or the end.
void Download::attempt_ended(const Error& why) {
    if (is_final(why)) return finish(fail(why));
    const bool gained = judge_gain();
    if (why == errors::ota_packed) return give_up(why);  // whoever is asked
    learn(why);
    if (writer_.programmed() == 0 && is_refusal(why)) begin_anew();  // a few bytes of who knows what
    restore_kept();
    if (all_dead()) return give_up(*last_);
    round_gained_ = round_gained_ || gained;
    round_refused_ = round_refused_ && is_refusal(why);
    const bool excused = why == errors::http_changed && ++changes_ <= excused_changes;
    if (excused) best() = 0;
    const bool slow = is_one_of(why, {&errors::http_slow, &errors::http_silent});
    const bool stays = excused || (alone_ && gained && !slow);
    const bool wraps = !stays && !next_address();
    const auto wait = wraps ? end_round() : Duration(0);
    if (is_worn() || !wait) return give_up(why);
    stage_ = Stage::waiting;
    at_ = reactor_.now() + *wait;
    if (!gained || slow) owner_.on_trouble(why, host_);
}

// How long to wait before the next round; empty: there is none.
std::optional<Duration> Download::end_round() {
    const bool gained = round_gained_;
    const bool refused = round_refused_;
    round_gained_ = false;
    round_refused_ = true;
    if (gained) {
        rounds_ = refusal_rounds_ = 0;
        backoff_.reset();
        return after_gain;
    }
    if (refused) ++refusal_rounds_;
    if (++rounds_ >= tries() || refusal_rounds_ >= refusals()) return std::nullopt;
    return backoff_.next(chip::spreading_number(entropy_));
}

void Download::finish(Status outcome) {
    stop();
    owner_.on_download_done(outcome);
}

}  // namespace esb::ota
