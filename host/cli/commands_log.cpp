// esb log
#include "host/cli/broker_option.hpp"
#include "host/cli/commands.hpp"
#include "host/cli/device_topics.hpp"
#include "host/cli/identity_option.hpp"
#include "host/cli/json_text.hpp"
#include "host/cli/log_words.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace esb::cli {
namespace {

struct LogOptions {
    BrokerOption broker;
    std::string identity;
    double seconds = 0;
    std::uint64_t count = 0;
    bool json = false;
};

void print(const LogWords& words, bool json, Printer& out) {
    if (json) {
        out << json_text([&words](JsonWriter& writer) {
            writer.begin_object().key("n").number(words.number).key("when").text(words.when);
            writer.key("what").text(words.what).end_object();
        });
    } else {
        out << words.when << "  " << words.what;
    }
    out << std::endl;  // the reader may be a program that waits for it
}

Outcome<void> follow(const LogOptions& options, Shell& shell) {
    MqttSession session;
    const auto broker = options.broker.access(shell);
    if (!broker) return std::unexpected(broker.error());
    std::uint64_t seen = 0;
    std::uint32_t last = 0;  // a device that restarts before it knows that the broker has an entry sends it again
    const auto enough = [&] { return (options.count > 0 && seen >= options.count) || !shell.out.good(); };
    session.on_message([&](const Message& message) {
        const auto entries = log_words(message.payload);
        if (!entries) {
            shell.err << entries.error().line << '\n';
            return;
        }
        for (const auto& words : *entries) {
            if (words.number <= last || enough()) continue;
            last = words.number;
            print(words, options.json, shell.out);
            ++seen;
        }
    });
    if (auto done = session.connect(*broker); !done) return done;
    if (auto done = session.subscribe(topic_of(options.identity, "log")); !done) return done;
    const auto longest = options.seconds > 0 ? Duration(static_cast<std::int64_t>(options.seconds * 1000))
                                             : Duration(std::chrono::hours(24 * 3650));
    session.run_until(enough, longest);
    if (options.count > 0 && seen < options.count)
        return failure("only " + std::to_string(seen) + " entries came in time");
    return {};
}

}  // namespace

void add_log_command(CLI::App& app, Shell& shell) {
    const auto options = std::make_shared<LogOptions>();
    auto* sub = app.add_subcommand("log", "Print what a device's flight recorder reports, in words, as it comes");
    sub->add_option("IDENT", options->identity, "Identity")->required()->check(check_identity_option);
    sub->add_option("--for", options->seconds, "Stop after this many seconds")
        ->type_name("SECONDS")
        ->check(CLI::PositiveNumber);
    sub->add_option("--count", options->count, "Stop after this many entries; with --for, fewer is a failure")
        ->check(CLI::PositiveNumber);
    sub->add_flag("--json", options->json, "One JSON object a line");
    add_broker_option(*sub, options->broker);
    sub->callback([options, &shell] { shell.finish(follow(*options, shell)); });
}

}  // namespace esb::cli
