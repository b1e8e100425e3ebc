// Changes of settings from wherever they come: tried, kept or taken back, and reported on console and MQTT.
#pragma once

#include "esb/base/task.hpp"
#include "esb/device/notes.hpp"
#include "esb/device/voice.hpp"
#include "esb/life/commissioned.hpp"
#include "esb/life/device_key.hpp"
#include "esb/link/brokers.hpp"
#include "esb/link/inbox.hpp"
#include "esb/link/publisher.hpp"
#include "esb/ota/updater.hpp"
#include "esb/settings/shelf.hpp"
#include "esb/settings/trial.hpp"

#include <optional>
#include <string_view>

namespace esb {

// Who proposes a change here at the device. A person at a set-up page, or a browser at the serial port, tries again after
// a mistake: their own change on trial makes room for the next one.
enum class Proposer : std::uint8_t { other, portal, improv };

// Where the certificates of changes go, and what is to be said about them. Called from the reactor's task.
class CertificateDesk {
public:
    virtual ~CertificateDesk() = default;
    virtual settings::Shelf& shelf() = 0;
    // Whether the certificates that a change names are there, and those of the device are for keys of the device.
    // setting_not_on_shelf, setting_own_certificate, no_memory.
    virtual Status check(const settings::Patch& patch) const = 0;
    // What https servers are trusted by; null while no authority is set for them.
    virtual net::TlsCredentials* web() = 0;
    // A request for a certificate for the device's spare key, as PEM. The errors of life::ClientKeys::spare() and
    // crypto::make_request().
    virtual Result<std::string_view> request(std::string_view common_name, std::span<char> out) = 0;
};

// Called from the reactor's task.
class ChangeListener {
public:
    virtual ~ChangeListener() = default;
    // A change was taken back.
    virtual void on_reverted(const settings::Report& report, Proposer by) = 0;
};

class ConfigChanges final : public Task {
public:
    struct Parts {
        settings::Store& store;
        const settings::Schema& schema;
        link::BrokerLink& link;
        link::Publisher& publisher;
        const link::Brokers& brokers;
        const life::Commissioned& commissioned;
        const life::DeviceKey& key;
        ota::Updater& updater;  // which keys sign, and which counters they have used
        ChangeListener& listener;
        chip::Entropy& entropy;
        CertificateDesk* certificates;  // null: this firmware knows none
        Notes& notes;
        Voice& voice;
    };
    explicit ConfigChanges(const Parts& parts) : parts_(parts), trial_(parts.store) {}

    // A change from the console, the portal or the firmware: committed at once, or on trial (then report().state is
    // staged, and the outcome is printed when it is known). Errors as of settings::Trial::propose().
    Status propose(const settings::Patch& patch, Proposer by = Proposer::other);
    // A message of <base>/config; the outcome comes as a report.
    void take(const link::Message& message, Instant now);
    // One of which only the size is known.
    void refuse(const Error& why) {
        trial_.refuse({}, why, {});
        to_send_ = true;
    }
    // Gives the console the access point's password as its own, if it has none yet; without an access point it stays as
    // it is. Blocks for as long as the hashing takes. The errors of propose(); no_memory, no_entropy.
    Status close_console();
    // Ends a trial by the operator's word.
    Status keep() { return trial_.keep(); }
    Status revert() { return trial_.revert(); }
    const settings::Report& report() const { return trial_.report(); }
    // What the trial still waits for; Stage::none when there is no trial.
    settings::Stage waits_for() const { return trial_.waits_for(); }

    CertificateDesk* certificates() const { return parts_.certificates; }
    settings::Trial& trial() { return trial_; }
    const settings::Trial& trial() const { return trial_; }
    // False while whoever sent staged values has not been told yet; their connection may go when they are put to use.
    bool may_apply(Instant now) const;
    // The values in use have been put to use.
    void applied(Instant now, bool has_address, bool online, unsigned tries);
    // A connection is there: the latest report is sent.
    void connected() { to_send_ = true; }
    // Nothing of it waits to be sent.
    bool reported() const { return !to_send_ && told_ == trial_.revision(); }

    // Tells what is new, ends what is overdue.
    void step(Instant now) override;
    std::optional<Instant> deadline() const override;

private:
    void tell_news();
    void print();
    void publish();
    Status read(const link::Message& message, std::string_view id, FixedString<settings::name_max>& offending);
    Status check(const settings::Patch& patch) const;
    Status read_patch(ConstBytes message, settings::Patch& patch, FixedString<settings::name_max>& offending);

    Parts parts_;
    settings::Trial trial_;
    Proposer proposer_ = Proposer::other;
    std::uint32_t told_ = 0;  // revision of the report
    bool to_send_ = false;
    bool was_staged_ = false;          // the report printed last
    std::optional<Instant> apply_by_;  // while a staged change waits for its acknowledgement
};

}  // namespace esb
