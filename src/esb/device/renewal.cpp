#include "esb/device/renewal.hpp"

#include <array>
#include <memory>
#include <new>
#include <utility>

namespace esb {
namespace {

namespace names = settings::names;
constexpr auto& trust = names::trusts[0];
constexpr Duration short_pause = std::chrono::minutes(1);

}  // namespace

std::optional<UnixTime> Renewal::due() const {
    if (parts_.store.text(names::est_url).empty()) return std::nullopt;
    const auto name = parts_.store.bytes(trust.certificate);
    const auto facts = parts_.credentials.facts_of(name);
    if (!facts) return std::nullopt;
    const auto life = facts->until - facts->from;
    // Up to a twelfth of its life later, always as much for this certificate: a fleet that began on one day spreads.
    const auto late = life / 12 * name[0] / 256;
    return facts->from + life * 2 / 3 + late;
}

void Renewal::step(Instant now) {
    if (std::exchange(answered_, false)) client_.cancel();
    if (client_.active() || (at_ && now < *at_)) return;
    const auto wall = parts_.chip.clock.wall();
    const bool ready = wall && parts_.online.load() && !parts_.config.trial().on_trial();
    at_ = now + (ready ? first_pause : short_pause);
    if (!ready) return;
    const auto due_at = due();
    if (!due_at || *wall < *due_at) {
        backoff_.reset();
        return;
    }
    if (const auto begun = begin(); !begun) failed(begun.error());
}

std::optional<Instant> Renewal::deadline() const {
    if (answered_) return Instant{};
    return at_;
}

Status Renewal::begin() {
    std::array<std::uint8_t, 384> room;
    const auto request = parts_.credentials.request_der(parts_.identity, room);
    if (!request) return fail(request.error());
    return client_.ask(parts_.store.text(names::est_url), *request, *this);
}

void Renewal::on_enrolled(Result<ConstBytes> certificates) {
    answered_ = true;
    const auto done = certificates ? install(*certificates) : Status(fail(certificates.error()));
    if (!done) return failed(done.error());
    backoff_.reset();
    parts_.voice.out().line("certificate: a new one, on trial");
}

Status Renewal::install(ConstBytes certificates) {
    const std::unique_ptr<std::uint8_t[]> room(new (std::nothrow) std::uint8_t[settings::Shelf::longest]);
    if (!room) return fail(errors::no_memory);
    const auto ours = parts_.credentials.with_ours_first(certificates, {room.get(), settings::Shelf::longest});
    if (!ours) return fail(ours.error());
    const auto name = parts_.credentials.shelf().put(*ours);
    if (!name) return fail(name.error());
    settings::Patch patch(parts_.schema, settings::Origin::firmware);
    ESB_TRY(patch.set_bytes(trust.certificate, *name));
    return parts_.config.propose(patch);
}

void Renewal::failed(const Error& why) {
    parts_.voice.failed("certificate", why);
    at_ = parts_.reactor.now() + backoff_.next(chip::spreading_number(parts_.chip.entropy));
}

}  // namespace esb
