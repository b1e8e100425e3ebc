// esb watch, esb devices
#include "host/cli/broker_option.hpp"
#include "host/cli/commands.hpp"
#include "host/cli/device_table.hpp"
#include "host/cli/device_topics.hpp"
#include "host/cli/identity_option.hpp"
#include "host/cli/json_text.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace esb::cli {
namespace {

struct FleetOptions {
    BrokerOption broker;
    std::string identity;
    double seconds = 0;
    std::uint64_t count = 0;
    bool all = false;
    bool json = false;
};

Duration span(double seconds) { return Duration(static_cast<std::int64_t>(seconds * 1000)); }

void print(const Message& message, const std::string& identity, const std::string& topic, bool json, Printer& out) {
    if (json) {
        out << json_text([&](JsonWriter& writer) {
            writer.begin_object().key("ident").text(identity).key("topic").text(topic);
            writer.key("retained").boolean(message.retained).key("payload").text(message.payload).end_object();
        });
    } else {
        SafeText line;
        line.word(identity) << "  ";
        line.word(topic) << (message.retained ? " (retained)  " : "  ") << message.payload;
        out << line;
    }
    out << std::endl;  // the reader may be a program that waits for it
}

// What a message is to `esb watch`: its device and the topic below its base; empty when it is not to be shown.
std::optional<DeviceTopic> shown(const Message& message, const FleetOptions& options) {
    if (const auto from = split_topic(message.topic); from) {
        if (!options.identity.empty() && from->identity != options.identity) return std::nullopt;
        if (from->leaf == "ping" && !options.all) return std::nullopt;
        return from;
    }
    if (!options.all) return std::nullopt;
    if (options.identity.empty()) return DeviceTopic{"-", message.topic};
    const auto base = topic_of(options.identity, "");
    if (!message.topic.starts_with(base)) return std::nullopt;
    return DeviceTopic{options.identity, message.topic.substr(base.size())};
}

Outcome<void> watch(const FleetOptions& options, Shell& shell) {
    MqttSession session;
    const auto broker = options.broker.access(shell);
    if (!broker) return std::unexpected(broker.error());
    std::uint64_t seen = 0;
    const auto enough = [&] { return (options.count > 0 && seen >= options.count) || !shell.out.good(); };
    session.on_message([&](const Message& message) {
        const auto from = shown(message, options);
        if (!from || enough()) return;
        print(message, from->identity, from->leaf, options.json, shell.out);
        ++seen;
    });
    if (auto done = session.connect(*broker); !done) return done;
    const auto filter = options.identity.empty() ? std::string("#") : topic_of(options.identity, "#");
    if (auto done = session.subscribe(filter); !done) return done;
    const auto longest = options.seconds > 0 ? span(options.seconds) : Duration(std::chrono::hours(24 * 3650));
    session.run_until(enough, longest);
    if (options.count > 0 && seen < options.count)
        return failure("only " + std::to_string(seen) + " messages came in time");
    return {};
}

Outcome<void> devices(const FleetOptions& options, Shell& shell) {
    MqttSession session;
    const auto broker = options.broker.access(shell);
    if (!broker) return std::unexpected(broker.error());
    DeviceTable table;
    session.on_message([&table](const Message& message) { table.take(message.topic, message.payload); });
    if (auto done = session.connect(*broker); !done) return done;
    if (auto done = session.subscribe("#"); !done) return done;
    // Nothing tells the end of the retained messages. They follow the subscription at once, so a message of our own
    // that comes back through the broker comes after them; a moment more serves brokers that do it otherwise.
    session.run_until([] { return false; }, span(options.seconds));
    if (options.json) {
        shell.out << table.json() << '\n';
    } else {
        shell.out << table.text();
    }
    return {};
}

}  // namespace

void add_fleet_commands(CLI::App& app, Shell& shell) {
    const auto watching = std::make_shared<FleetOptions>();
    auto* sub = app.add_subcommand("watch", "Print what devices publish");
    sub->add_option("IDENT", watching->identity, "Only this device")->check(check_identity_option);
    sub->add_option("--for", watching->seconds, "Stop after this many seconds")
        ->type_name("SECONDS")
        ->check(CLI::PositiveNumber);
    sub->add_option("--count", watching->count, "Stop after this many messages; with --for, fewer is a failure")
        ->check(CLI::PositiveNumber);
    sub->add_flag("--all", watching->all, "Show pings and topics that are not the base's too");
    sub->add_flag("--json", watching->json, "One JSON object a line");
    add_broker_option(*sub, watching->broker);
    sub->callback([watching, &shell] { shell.finish(watch(*watching, shell)); });

    const auto listing = std::make_shared<FleetOptions>();
    listing->seconds = 0.5;
    sub = app.add_subcommand("devices", "Show the devices the broker knows of, from what they last said");
    sub->add_option("--for", listing->seconds, "How long to listen")
        ->type_name("SECONDS")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    sub->add_flag("--json", listing->json, "Print a JSON array");
    add_broker_option(*sub, listing->broker);
    sub->callback([listing, &shell] { shell.finish(devices(*listing, shell)); });
}

}  // namespace esb::cli
