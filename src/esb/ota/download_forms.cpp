// Which of an update's files is fetched, and what follows when it cannot be.
#include "esb/base/encoding.hpp"
#include "esb/ota/download.hpp"
#include "esb/ota/errors.hpp"

#include <algorithm>

namespace esb::ota {
namespace {

constexpr std::uint64_t most_written = 12;   // times its size, in one start: two a URL and as much for broken tries
constexpr unsigned packed_tries = 3;         // rounds without a gain before another form is fetched

}  // namespace

const PackedForm& Download::packed() const {
    return form_ == packed_form ? *plan_.forms->alone : static_cast<const PackedForm&>(delta());
}

bool Download::has_form(Form form) const {
    if (form == full_form) return true;
    if (!with_packed_updates || plan_.forms == nullptr) return false;
    return form == packed_form ? plan_.forms->alone.has_value() : form < first_delta + plan_.forms->deltas.size();
}

// What was under way before a restart goes on. Otherwise: differences, compressed, the image.
Form Download::form_before_all() const {
    if constexpr (!with_packed_updates) return full_form;
    const auto mark = records_.mark.load();
    if (mark && mark->job == plan_.job && has_form(mark->form)) return mark->form;
    return has_form(first_delta) ? first_delta : form_after(first_delta);
}

Form Download::form_after(Form form) const {
    if (form >= first_delta && has_form(static_cast<Form>(form + 1))) return static_cast<Form>(form + 1);
    return form != packed_form && has_form(packed_form) ? packed_form : full_form;
}

// The form, or the next one that this device can use.
void Download::begin_form() {
    unpacking_.close();
    while (form_ >= first_delta && !may_be_running()) form_ = form_after(form_);
    begin_addresses();
    if (form_ < first_delta) return open_form();
    hasher_.start(slots_.running(), delta().old_size);
    stage_ = Stage::checking_old;
}

// Those of the form, as if none had been asked yet.
void Download::begin_addresses() {
    const auto strikes = is_packed() ? Strikes{} : plan_.strikes;
    urls_ = is_packed() ? packed().urls : plan_.urls->own();
    if (is_data()) urls_ = plan_.data->urls;
    for (std::size_t i = 0; i < max_urls; ++i) addresses_[i] = {.dead = strikes[i] >= strike_limit};
    const auto least = std::min_element(strikes.begin(), strikes.begin() + urls_.count);
    address_ = static_cast<std::size_t>(least - strikes.begin());
    backoff_ = Backoff(plan_.retry_first, plan_.retry_longest);
    rounds_ = refusal_rounds_ = changes_ = 0;
    round_gained_ = alone_ = false;
    round_refused_ = true;
    last_.reset();
    best_ = 0;
    version_ = {};
}

unsigned Download::tries() const { return is_packed() ? std::min(packed_tries, plan_.tries) : plan_.tries; }
unsigned Download::refusals() const { return is_packed() ? 1 : plan_.refusals; }

// As far as that is known without reading it.
bool Download::may_be_running() const {
    return delta().old_size <= slots_.geometry().size && plan_.running.value_or(delta().old_sha256) == delta().old_sha256;
}

void Download::check_old() {
    const auto done = hasher_.advance(SlotHasher::portion);
    if (done && !*done) return;
    if (done && hasher_.sha256() == delta().old_sha256) return open_form();
    form_ = form_after(form_);
    begin_form();
}

void Download::open_form() {
    const auto old_size = form_ >= first_delta ? delta().old_size : 0;
    if (is_packed() && !unpacking_.open(*plan_.size, old_size)) {
        form_ = full_form;  // which takes less memory than all the others
        begin_addresses();
    }
    use_cipher();
    look_for_mark();
}

void Download::use_cipher() {
    if (plan_.cipher == nullptr) return;
    if (is_data()) return use_data_cipher();
    if (!is_packed()) return plan_.cipher->use_image();
    if (form_ == packed_form) return plan_.cipher->use_form("esb z", packed().size);
    constexpr std::string_view prefix = "esb from ";
    std::array<char, prefix.size() + 2 * sizeof(crypto::Digest)> name{};
    std::copy(prefix.begin(), prefix.end(), name.begin());
    static_cast<void>(hex_encode(delta().old_sha256, std::span(name).subspan(prefix.size())));
    plan_.cipher->use_form({name.data(), name.size()}, packed().size);
}

void Download::use_data_cipher() {
    if constexpr (with_data_partitions) {
        FixedString<24> name;
        static_cast<void>(name.append("esb data "));  // it fits
        static_cast<void>(name.append(plan_.data->part));
        plan_.cipher->use_form(name, plan_.data->size);
    }
}

bool Download::is_worn() const { return written_ > most_written * slots_.geometry().size; }

void Download::give_up(const Error& why) {
    if (is_packed() && !is_worn()) return fall_back(why);
    finish(fail(why));
}

// Noted before it is begun, so that no start tries anew what has failed.
void Download::fall_back(const Error& why) {
    form_ = form_after(form_);
    MarkRecord mark{.job = plan_.job};
    if (form_ == full_form && mark_) mark = *mark_;  // what is in flash is good
    mark.form = form_;
    mark.packed = 0;
    static_cast<void>(records_.mark.save(mark));
    begin_form();
    owner_.on_fall_back(why, host_);
}

}  // namespace esb::ota
