// An update that waits for its hour, or for somebody's word. It is a message in flash and nothing else: no memory is held
// and nothing is fetched; when it may be installed it is verified and judged anew, as one that has just come.
#include "esb/ota/install.hpp"
#include "esb/ota/updater.hpp"

#include <algorithm>
#include <utility>

namespace esb::ota {
namespace {

using std::chrono::seconds;

constexpr Duration look_longest = std::chrono::hours(1);  // summer time begins, somebody sets the clock
constexpr Duration look_soon = std::chrono::minutes(1);   // while a clock or a network is missing

}  // namespace

Status Updater::put_off(std::string_view text) {
    const Offer& offer = opening_->offer;
    if (const auto cipher = cipher_for(offer); !cipher) return refuse_offer(cipher.error());
    // What was said of this message when it came before. A cut after this leaves the one before, which asks anew.
    if (const auto removed = records_.wait.remove(); !removed) return refuse_offer(removed.error());
    if (const auto saved = take_place(text); !saved) return refuse_offer(saved.error());
    hold(Event::put_off, offer);
    return {};
}

void Updater::hold(Event event, const Offer& offer) {
    waiting_.emplace();
    waiting_->seq = offer.manifest.seq;
    waiting_->expires = offer.manifest.expires;
    waiting_->ver = offer.manifest.ver;
    waiting_->size = offer.manifest.size.value_or(0);
    waiting_->since = parts_.reactor.now();
    waiting_->said.job = offer.digest;
    if (const auto said = records_.wait.load(); said && said->job == offer.digest) waiting_->said = *said;
    hold(event);
}

void Updater::hold(Event event) {
    if (!take(event)) return;
    at_ = parts_.reactor.now();
    tell_hold(what_holds(&*waiting_));
}

void Updater::tell_hold(Hold hold) {
    describe_waiting();
    progress_.hold = hold;
    if (hold == Hold::postponed) progress_.until = waiting_->said.until;
    report(State::waiting);
}

bool Updater::is_wanted(const Offer& offer) const {
    const auto said = records_.wait.load();
    return said && said->job == offer.digest && said->wanted;
}

// `waiting`: null for one that has just come, of which nothing was said.
Hold Updater::what_holds(const Waiting* waiting) const {
    if (policy_.when == When::now || (waiting != nullptr && waiting->said.wanted)) return Hold::nothing;
    if (waiting != nullptr && postponed_for(*waiting) > Duration(0)) return Hold::postponed;
    if (policy_.when == When::ask) return Hold::ask;
    const auto wall = parts_.clock.wall();
    if (!wall) return Hold::clock;
    return window_opens_in(*wall) == seconds(0) && is_heard() ? Hold::nothing : Hold::window;
}

// An update that begins while the network is off fails for nothing.
bool Updater::is_heard() const { return healthy_at_ && parts_.reactor.now() - *healthy_at_ <= policy_.heard_lately; }

seconds Updater::window_opens_in(UnixTime wall) const {
    return seconds(policy_.window.until(wall.count() + policy_.zone.offset(wall)));
}

// By the clock if it was known then and is now; otherwise it begins anew with each start, and never ends too early. A clock
// that was ahead when it was said, or is behind now, makes it no longer than that.
Duration Updater::postponed_for(const Waiting& waiting) const {
    const auto& said = waiting.said;
    const auto anew = waiting.since + Duration(said.postponed) - parts_.reactor.now();
    const auto wall = parts_.clock.wall();
    return said.until && wall ? std::min<Duration>(anew, *said.until - *wall) : anew;
}

Duration Updater::until_next_look(Hold hold) const {
    const auto wall = parts_.clock.wall();
    Duration wait = look_longest;
    if (hold == Hold::clock) wait = look_soon;
    if (hold == Hold::postponed) wait = postponed_for(*waiting_);
    if (hold == Hold::window && wall) {
        const auto opens = window_opens_in(*wall);
        // Summer time that begins before then brings it nearer.
        const seconds nearer(policy_.zone.offset(*wall + opens) - policy_.zone.offset(*wall));
        wait = opens == seconds(0) ? look_soon : Duration(opens);
        if (nearer > seconds(0)) wait = std::max<Duration>(opens - nearer, look_soon);
    }
    if (waiting_->expires && wall) wait = std::min<Duration>(wait, std::min<seconds>(*waiting_->expires - *wall, 1h));
    return std::clamp<Duration>(wait, 1s, look_longest);
}

void Updater::look_at_hold() {
    const auto wall = parts_.clock.wall();
    if (waiting_->expires && wall && *wall >= *waiting_->expires) return drop_waiting(Error(errors::ota_expired));
    const auto hold = what_holds(&*waiting_);
    if (hold == Hold::nothing) return let_go();
    const bool same_end = hold == Hold::postponed ? progress_.until == waiting_->said.until : !progress_.until;
    const bool is_told = progress_.state == State::waiting && progress_.hold == hold && same_end;
    if (!is_told) tell_hold(hold);
    at_ = parts_.reactor.now() + until_next_look(hold);
}

// Keys, floor and flash may have changed since the message came. What else is judged, resume_job() judges.
void Updater::let_go() {
    if (!take_opening() || !take_install()) {
        take(Event::memory_short);
        return pause();
    }
    const auto text = records_.load_job(opening_->text);
    if (!text) return drop_waiting(text.error());
    if (const auto good = open_stored(*text); !good) return drop_waiting(good.error());
    if (opening_->offer.digest != waiting_->said.job) return drop_waiting(Error(errors::ota_record));
    if (!take(Event::allowed)) return;
    waiting_.reset();
    install_->offer = opening_->offer;
    at_ = parts_.reactor.now() + (is_heard() ? Duration(0) : network_grace);
    describe_job();
    report(State::downloading);
}

void Updater::drop_waiting(const Error& why) {
    describe_waiting();
    take(Event::failed);
    waiting_.reset();
    static_cast<void>(forget_job());  // if it stays it is judged anew at the next boot
    report(State::failed, why);
}

bool Updater::is_skipped(const Offer& offer) const {
    if (policy_.when == When::now) return false;
    const auto skip = records_.skip.load();
    if (!skip) return false;
    const auto& seq = offer.manifest.seq;
    return skip->job == offer.digest || (skip->seq && seq && *seq <= *skip->seq);
}

// Stored first: a restart in the middle of it must go on and not ask again.
Status Updater::install() {
    if (here() != Step::on_hold) return fail(errors::ota_nothing_waits);
    WaitRecord said = waiting_->said;
    if (!std::exchange(said.wanted, true)) ESB_TRY(records_.wait.save(said));
    waiting_->said = said;
    look_again();
    return {};
}

Status Updater::postpone(seconds time) {
    if (here() != Step::on_hold) return fail(errors::ota_nothing_waits);
    if (time < 1s || time > postponed_longest) return fail(errors::out_of_range);
    if (!may_write()) return fail(errors::busy);
    WaitRecord said{waiting_->said.job, false, time, std::nullopt};
    if (const auto wall = parts_.clock.wall()) said.until = *wall + time;
    ESB_TRY(records_.wait.save(said));
    waiting_->said = said;
    waiting_->since = parts_.reactor.now();
    look_again();
    return {};
}

// Stored first: the message may come again at any time.
Status Updater::skip() {
    if (here() != Step::on_hold) return fail(errors::ota_nothing_waits);
    ESB_TRY(records_.skip.save({waiting_->said.job, waiting_->seq}));
    describe_waiting();
    take(Event::skipped);
    waiting_.reset();
    static_cast<void>(forget_job());
    report(State::failed, Error(errors::ota_skipped));
    return {};
}

Status Updater::obey(std::string_view word) {
    constexpr std::string_view later = "postpone ";
    if (word == "install") return install();
    if (word == "skip") return skip();
    if (!word.starts_with(later)) return fail(errors::ota_word);
    const auto time = parse_span(word.substr(later.size()), postponed_longest);
    return time ? postpone(*time) : Status(fail(errors::ota_word));
}

void Updater::look_again() {
    if (here() != Step::on_hold) return;
    at_ = parts_.reactor.now();
    parts_.reactor.wake();
}

}  // namespace esb::ota
