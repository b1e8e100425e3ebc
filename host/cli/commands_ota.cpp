// esb ota
#include "host/cli/broker_option.hpp"
#include "host/cli/commands.hpp"
#include "host/cli/device_topics.hpp"
#include "host/cli/files.hpp"
#include "host/cli/identity_option.hpp"
#include "host/cli/image_forms.hpp"
#include "host/cli/payloads.hpp"
#include "host/cli/update_screen.hpp"
#include "host/cli/update_watch.hpp"

#include "esb/base/identity.hpp"
#include "esb/base/json.hpp"
#include "esb/ota/envelope.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <set>

#include <sys/ioctl.h>
#include <unistd.h>

namespace esb::cli {
namespace {

struct OtaOptions {
    BrokerOption broker;
    std::string identity;
    std::vector<std::string> more;     // identities
    std::vector<std::string> devices;  // all of them, each once
    std::string envelope;
    double timeout = 600;  // seconds
    bool json = false;
};

constexpr Duration status_patience = std::chrono::seconds(1);  // a retained message comes at once, if there is one

// Says what the update is in bytes, and what each device will fetch, as far as its own status tells.
class Forecast {
public:
    Forecast(const OtaOptions& options, std::string_view envelope, Shell& shell)
        : options_(options), forms_(offered_forms(envelope)), shell_(shell) {}

    bool is_wanted() const {
        const bool has_more = forms_ && (forms_->compressed || !forms_->differences.empty() || !forms_->data.empty());
        return has_more && !options_.json;
    }
    bool is_done() const { return done_.size() == options_.devices.size(); }
    void say_sizes() const { shell_.out << "image " << text_of(*forms_) << std::endl; }
    void take(const std::string& device, std::string_view status) {
        const auto document = JsonDocument::parse(as_bytes(status));
        if (!document || done_.contains(device)) return;
        const auto seq = document->root()["seq"].integer(0, 0xFFFFFFFF);
        if (!seq) return;
        done_.insert(device);
        const bool takes_packed = document->root()["packed"].boolean().value_or(false);
        shell_.out << device << " runs seq " << *seq << ": "
                   << will_fetch(*forms_, static_cast<std::uint32_t>(*seq), takes_packed) << std::endl;
        if (!forms_->data.empty() && !document->root()["data"].is_present()) {
            shell_.out << device << " takes no data: it will refuse the update" << std::endl;
        }
    }

private:
    const OtaOptions& options_;
    std::optional<OfferedForms> forms_;
    Shell& shell_;
    std::set<std::string> done_;
};

std::size_t terminal_width() {
    winsize size{};
    return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

Instant now() {
    return Instant(std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

// The devices, and what has become of the update on each.
class Updates {
public:
    Updates(const OtaOptions& options, std::string id, Shell& shell)
        : options_(options),
          id_(std::move(id)),
          shell_(shell),
          screen_(shell.out, shell.terminal, terminal_width(), options.devices),
          watches_(options.devices.size(), UpdateWatch(id_)) {}

    void take(std::size_t device, const Message& message) {
        const auto report = watches_[device].take(message.payload, message.retained);
        if (!report) return;
        if (!options_.json) return screen_.show(device, *report, now());
        shell_.out << progress_json(options_.devices[device], id_, *report) << std::endl;
    }
    bool ended() const {
        return std::all_of(watches_.begin(), watches_.end(), [](const UpdateWatch& watch) { return watch.ended(); });
    }
    Outcome<void> outcome() {
        screen_.end();
        std::string wrong;
        std::size_t confirmed = 0;
        for (std::size_t i = 0; i < watches_.size(); ++i) {
            if (watches_[i].confirmed()) {
                ++confirmed;
                continue;
            }
            const auto why = what_became_of(watches_[i]);
            wrong += wrong.empty() ? "" : "; ";
            wrong += watches_.size() == 1 ? why : options_.devices[i] + ": " + why;
        }
        if (wrong.empty()) return {};
        if (watches_.size() == 1) return failure(wrong);
        return failure(std::to_string(confirmed) + " of " + std::to_string(watches_.size()) + " have it; " + wrong);
    }

private:
    static std::string what_became_of(const UpdateWatch& watch) {
        const auto& last = watch.last();
        if (watch.failed()) {
            return "the update " + std::string(last.state == "failed" ? "failed" : "was rolled back") +
                   (last.error.empty() ? "" : ": " + reason_text(last));
        }
        return last.state.empty() ? "no answer from the device in time" : "not finished in time; last state: " + last.state;
    }

    const OtaOptions& options_;
    std::string id_;
    Shell& shell_;
    UpdateScreen screen_;
    std::vector<UpdateWatch> watches_;
};

Outcome<void> send(const OtaOptions& options, const std::string& id, const std::string& envelope, MqttSession& session,
                   Shell& shell) {
    for (const auto& device : options.devices) {
        if (!options.json) shell.out << "update " << id << " for " << device << " sent" << std::endl;
        if (auto done = session.publish(topic_of(device, "ota"), envelope); !done) return done;
    }
    return {};
}

Outcome<void> ota(const OtaOptions& options, Shell& shell) {
    const auto envelope = read_bare_text(options.envelope, ota::envelope_max);
    if (!envelope) return std::unexpected(envelope.error());
    const auto id = envelope_id(*envelope);
    if (!id) return failure(options.envelope + ": " + id.error().line);
    const auto broker = options.broker.access(shell);
    if (!broker) return std::unexpected(broker.error());

    MqttSession session;
    Updates updates(options, *id, shell);
    Forecast forecast(options, *envelope, shell);
    session.on_message([&](const Message& message) {
        for (std::size_t i = 0; i < options.devices.size(); ++i) {
            const auto& device = options.devices[i];
            if (message.topic == topic_of(device, "status")) forecast.take(device, message.payload);
            if (message.topic == topic_of(device, "ota/status")) updates.take(i, message);
        }
    });
    if (auto done = session.connect(*broker); !done) return done;
    const auto subscribe = [&](const char* topic) -> Outcome<void> {
        for (const auto& device : options.devices) {
            if (auto done = session.subscribe(topic_of(device, topic)); !done) return done;
        }
        return {};
    };
    if (auto done = subscribe("ota/status"); !done) return done;
    if (forecast.is_wanted()) {
        forecast.say_sizes();
        if (auto done = subscribe("status"); !done) return done;
        session.run_until([&] { return forecast.is_done(); }, status_patience);
    }
    if (auto done = send(options, *id, *envelope, session, shell); !done) return done;
    session.run_until([&] { return updates.ended(); }, Duration(static_cast<std::int64_t>(options.timeout * 1000)));
    return updates.outcome();
}

}  // namespace

void add_ota_command(CLI::App& app, Shell& shell) {
    const auto options = std::make_shared<OtaOptions>();
    auto* sub = app.add_subcommand("ota", "Send a signed envelope to a device, or to several, and follow the update to its end");
    sub->add_option("IDENT", options->identity, "Identity of the device")->required()->check(check_identity_option);
    sub->add_option("ENVELOPE", options->envelope, "File made by esb sign")->required();
    sub->add_option("--timeout", options->timeout, "How long to wait for the end")
        ->type_name("SECONDS")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    sub->add_option("--also", options->more, "More devices to send it to, at the same time")
        ->check(check_identity_option);
    sub->add_flag("--json", options->json, "One JSON object a line");
    add_broker_option(*sub, options->broker);
    sub->callback([options, &shell] {
        options->devices = {options->identity};
        for (const auto& device : options->more) {
            auto& all = options->devices;
            if (std::find(all.begin(), all.end(), device) == all.end()) all.push_back(device);
        }
        shell.finish(ota(*options, shell));
    });
}

}  // namespace esb::cli
