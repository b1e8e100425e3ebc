// Changes of settings from wherever they come: tried, kept or taken back, and reported on console and MQTT.
#pragma once

#include "esb/base/time.hpp"
#include "esb/console/output.hpp"
#include "esb/device/commissioned.hpp"
#include "esb/device/device_key.hpp"
#include "esb/device/presence.hpp"
#include "esb/ota/updater.hpp"
#include "esb/settings/trial.hpp"

#include <optional>
#include <string_view>

namespace esb::errors {
inline constexpr ErrorKind config_unsigned{"config.unsigned",
                                           "this device takes only changes that an update key has signed"};
inline constexpr ErrorKind config_retained{"config.retained",
                                           "a retained change would come again with every connection"};
}  // namespace esb::errors

namespace esb {

// Who proposes a change here at the device. A person at a set-up page, or a browser at the serial port, tries again after
// a mistake: their own change on trial makes room for the next one.
enum class Proposer : std::uint8_t { other, portal, improv };

// Reactor's task only.
class ConfigChanges {
public:
    struct Parts {
        settings::Store& store;
        const settings::Schema& schema;
        BrokerLink& link;
        Presence& presence;
        const Commissioned& commissioned;
        console::Output& output;
        const DeviceKey& key;
        ota::Updater& updater;  // which keys sign, and which counters they have used
        chip::Entropy& entropy;
    };
    explicit ConfigChanges(const Parts& parts) : parts_(parts), trial_(parts.store) {}

    // A change from the console, the portal or the firmware: committed at once, or on trial (then report().state is
    // staged, and the outcome is printed when it is known). Errors as of settings::Trial::propose().
    Status propose(const settings::Patch& patch, Proposer by = Proposer::other);
    // Of the latest change.
    Proposer proposer() const { return proposer_; }
    // A message of <base>/config; the outcome comes as a report.
    void take(const Message& message, Instant now);
    // One of which only the size is known.
    void refuse(const Error& why) {
        trial_.refuse({}, why, {});
        to_send_ = true;
    }
    // Ends a trial by the operator's word.
    Status keep() { return trial_.keep(); }
    Status revert() { return trial_.revert(); }
    const settings::Report& report() const { return trial_.report(); }
    // What the trial still waits for; Stage::none when there is no trial.
    settings::Stage waits_for() const { return trial_.waits_for(); }

    settings::Trial& trial() { return trial_; }
    const settings::Trial& trial() const { return trial_; }
    // False while whoever sent staged values has not been told yet; their connection may go when they are put to use.
    bool may_apply(Instant now) const;
    // The values in use have been put to use.
    void applied(Instant now, bool has_address, bool online, unsigned tries);
    // A connection is there: the latest report is sent.
    void connected() { to_send_ = true; }

    // Prints and publishes what is new, ends what is overdue. `key`: name of the setting that holds the key of the
    // present connection.
    void step(Instant now, std::string_view key);
    std::optional<Instant> deadline() const;

private:
    void print();
    void publish(std::string_view key);
    Status read(const Message& message, std::string_view id, FixedString<settings::name_max>& offending);
    Status read_patch(ConstBytes message, settings::Patch& patch, FixedString<settings::name_max>& offending);

    Parts parts_;
    settings::Trial trial_;
    Proposer proposer_ = Proposer::other;
    std::uint32_t printed_ = 0;
    bool to_send_ = false;
    bool was_staged_ = false;          // the report printed last
    std::optional<Instant> apply_by_;  // while a staged change waits for its acknowledgement
};

}  // namespace esb
