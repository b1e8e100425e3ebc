// Signed commands, and what is signed of a change of settings.
#include "esb/ota/install.hpp"
#include "esb/ota/updater.hpp"

namespace esb::ota {

Status Updater::execute(ConstBytes payload) {
    const auto command = parse_command(payload, identity_);
    if (!command) return fail(command.error());
    if (!command->audience.includes_us) return fail(errors::ota_wrong_device);
    ESB_TRY(trust_.use_command_counter(command->counter));  // first: a command is executed at most once
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

Result<ConstBytes> Updater::open_config(std::string_view message) {
    if (trust_.lost()) return fail(errors::trust_lost);
    ESB_TRY(take_opening());
    const auto envelope = open_envelope(message, trust_.keys(), opening_->payload);
    if (!envelope) return fail(envelope.error());
    if (envelope->type != EnvelopeType::config) return fail(errors::envelope_typ);
    const auto config = parse_config(envelope->payload, identity_);
    if (!config) return fail(config.error());
    if (!config->audience.includes_us) return fail(errors::ota_wrong_device);
    ESB_TRY(trust_.use_config_counter(config->counter));  // first: a change is tried at most once
    return envelope->payload;
}

Status Updater::roll_back() {
    if (on_trial()) {
        give_up(TrialCause::cancelled);
        return here() == Step::rebooting ? Status() : fail(errors::ota_no_rollback);
    }
    const bool is_waiting = here() == Step::on_hold;
    if (!machine_.can(Event::roll_back) && !is_waiting) return fail(errors::busy);
    ESB_TRY(trial_.propose_previous());
    if (is_waiting) {
        take(Event::superseded);
        waiting_.reset();
        static_cast<void>(forget_job());
    }
    switch_failures_ = 0;
    start_verifying(Event::roll_back);
    return {};
}

}  // namespace esb::ota
