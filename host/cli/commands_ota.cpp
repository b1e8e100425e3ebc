// esb ota
#include "host/cli/broker_option.hpp"
#include "host/cli/commands.hpp"
#include "host/cli/device_topics.hpp"
#include "host/cli/files.hpp"
#include "host/cli/payloads.hpp"
#include "host/cli/update_watch.hpp"

#include "esb/base/identity.hpp"
#include "esb/ota/envelope.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace esb::cli {
namespace {

struct Options {
    BrokerOption broker;
    std::string identity;
    std::string envelope;
    double timeout = 600;  // seconds
    bool json = false;
};

// Shows progress: a bar drawn in place on a terminal, otherwise a line for each state and each tenth of the download.
class Display {
public:
    Display(const Options& options, std::string id, Shell& shell)
        : options_(options), id_(std::move(id)), shell_(shell) {}

    void show(const UpdateReport& report) {
        if (options_.json) {
            shell_.out << progress_json(options_.identity, id_, report) << std::endl;
            return;
        }
        const bool downloading = report.state == "downloading" && report.size > 0 && report.error.empty();
        if (shell_.terminal && downloading) return draw(report);
        // A download of which no more is said is complete: the bar shows it.
        if (drawn_ && report.state == "verifying") draw(report);
        end_bar();
        const auto tenth = report.size == 0 ? 0 : std::uint64_t{report.done} * 10 / report.size;
        if (downloading && last_state_ == report.state && tenth == last_tenth_) return;
        last_state_ = report.state;
        last_tenth_ = tenth;
        shell_.out << progress_line(report) << std::endl;
    }
    void end_bar() {
        if (drawn_) shell_.out << '\n';
        drawn_ = false;
    }

private:
    void draw(const UpdateReport& report) {
        shell_.out << SafeText::drawing("\r\x1B[K" + progress_bar(report)) << std::flush;
        drawn_ = true;
    }

    const Options& options_;
    std::string id_;
    Shell& shell_;
    bool drawn_ = false;
    std::string last_state_;
    std::uint64_t last_tenth_ = 0;
};

Outcome<void> ota(const Options& options, Shell& shell) {
    const auto envelope = read_bare_text(options.envelope, ota::envelope_max);
    if (!envelope) return std::unexpected(envelope.error());
    const auto id = envelope_id(*envelope);
    if (!id) return failure(options.envelope + ": " + id.error().line);
    const auto broker = options.broker.access(shell);
    if (!broker) return std::unexpected(broker.error());

    MqttSession session;
    UpdateWatch update(*id);
    Display display(options, *id, shell);
    session.on_message([&](const Message& message) {
        if (const auto report = update.take(message.payload, message.retained); report) display.show(*report);
    });
    if (auto done = session.connect(*broker); !done) return done;
    if (auto done = session.subscribe(topic_of(options.identity, "ota/status")); !done) return done;
    if (!options.json) shell.out << "update " << *id << " for " << options.identity << " sent" << std::endl;
    if (auto done = session.publish(topic_of(options.identity, "ota"), *envelope); !done) return done;
    session.run_until([&] { return update.ended(); }, Duration(static_cast<std::int64_t>(options.timeout * 1000)));
    display.end_bar();
    if (update.confirmed()) return {};
    if (update.failed()) {
        const auto& last = update.last();
        return failure("the update " + (last.state == "failed" ? std::string("failed") : "was rolled back") +
                       (last.error.empty() ? "" : ": " + reason_text(last)));
    }
    const auto& state = update.last().state;
    return failure(state.empty() ? "no answer from the device in time" : "not finished in time; last state: " + state);
}

}  // namespace

void add_ota_command(CLI::App& app, Shell& shell) {
    const auto options = std::make_shared<Options>();
    auto* sub = app.add_subcommand("ota", "Send a signed envelope to a device and follow the update to its end");
    sub->add_option("IDENT", options->identity, "Identity of the device")
        ->required()
        ->check([](const std::string& text) {
            return make_identity(text) ? std::string() : "'" + text + "' is not an identity";
        });
    sub->add_option("ENVELOPE", options->envelope, "File made by esb sign")->required();
    sub->add_option("--timeout", options->timeout, "How long to wait for the end")
        ->type_name("SECONDS")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    sub->add_flag("--json", options->json, "One JSON object a line");
    add_broker_option(*sub, options->broker);
    sub->callback([options, &shell] { shell.finish(ota(*options, shell)); });
}

}  // namespace esb::cli
