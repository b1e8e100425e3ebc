// Signed commands, signed key sets, and what is signed of a change of settings.
#include "esb/ota/engine.hpp"
#include "esb/ota/errors.hpp"

#include <algorithm>

namespace esb::ota {

Status Engine::execute(ConstBytes payload) {
    const auto command = parse_command(payload, identity_);
    if (!command) return fail(command.error());
    if (!command->audience.includes_us) return fail(errors::ota_wrong_device);
    std::uint32_t last = 0;
    ESB_TRY(records_.counter.load(last));
    if (command->counter <= last) return fail(errors::ota_counter);
    ESB_TRY(records_.counter.save(command->counter));  // first: a command is executed at most once
    switch (command->kind) {
        case SignedCommand::Kind::rollback:
            return roll_back();
        case SignedCommand::Kind::confirm:
            break;
        case SignedCommand::Kind::cancel:
            return cancel();
    }
    if (on_trial()) confirm();
    return {};
}

Result<ConstBytes> Engine::open_config(std::string_view message) {
    if (trust_lost_) return fail(errors::trust_lost);
    ESB_TRY(take_memory());
    const auto envelope = open_envelope(message, keyring_, opening_->payload);
    if (!envelope) return fail(envelope.error());
    if (envelope->type != EnvelopeType::config) return fail(errors::envelope_typ);
    const auto config = parse_config(envelope->payload, identity_);
    if (!config) return fail(config.error());
    if (!config->audience.includes_us) return fail(errors::ota_wrong_device);
    std::uint32_t last = 0;
    const auto known = records_.config_counter.load(last);
    if (!known) return fail(known.error());
    if (*known && config->counter <= last) return fail(errors::ota_counter);
    ESB_TRY(records_.config_counter.save(config->counter));  // first: a change is tried at most once
    return envelope->payload;
}

std::optional<std::uint32_t> Engine::config_counter() const {
    std::uint32_t last = 0;
    const auto known = records_.config_counter.load(last);
    return known && *known ? std::optional(last) : std::nullopt;
}

Status Engine::roll_back() {
    if (on_trial()) {
        give_up(TrialCause::cancelled);
        return step_ == Step::rebooting ? Status() : fail(errors::ota_no_rollback);
    }
    if (step_ != Step::idle) return fail(errors::busy);
    const auto previous = records_.previous.load();
    if (!previous || previous->slot != idle_slot()) return fail(errors::ota_no_rollback);
    if (previous->seq < floor_) return fail(errors::ota_below_floor);
    const auto descriptor = read_descriptor(previous->slot);
    if (!descriptor) return fail(descriptor.error());
    const auto image = parse_descriptor(*descriptor);
    if (!image || image->seq != previous->seq) return fail(errors::ota_no_rollback);
    candidate_.emplace();
    candidate_->image = *previous;
    candidate_->from_seq = running_.seq;
    candidate_->rollback = true;
    ESB_TRY(candidate_->ver.assign(image->ver));
    switch_failures_ = 0;
    start_verifying();
    return {};
}

Status Engine::adopt_keys(ConstBytes payload) {
    KeySet set;
    ESB_TRY(parse_keys(payload, set));
    if (is_present_set(set)) return {};  // the broker has repeated it
    if (set.version != key_version_ + 1) return fail(errors::ota_key_version);
    ESB_TRY(records_.keys.save(set));  // before use: a restart must not bring the old keys back
    use(set);
    return {};
}

bool Engine::is_present_set(const KeySet& set) const {
    const auto held = [this](const TrustedKey& key) {
        const TrustedKey* const found = keyring_.find(key.kid);
        return found != nullptr && found->key == key.key;
    };
    return set.version == key_version_ && set.keys.size() == keyring_.size() &&
           std::all_of(set.keys.begin(), set.keys.end(), held);
}

}  // namespace esb::ota
