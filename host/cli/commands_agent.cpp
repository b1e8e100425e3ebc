// esb agent
#include "host/cli/broker_option.hpp"
#include "host/cli/commands.hpp"
#include "host/cli/mqtt_session.hpp"
#include "host/cli/update_agent.hpp"

#include <CLI/CLI.hpp>

#include <ctime>
#include <memory>

namespace esb::cli {
namespace {

struct AgentOptions {
    BrokerOption broker;
    std::string folder;
    double seconds = 0;
};

constexpr Duration look_again = std::chrono::seconds(1);  // at the folder

Outcome<void> agent(const AgentOptions& options, Shell& shell) {
    EnvelopeShelf shelf;
    if (auto read = shelf.read(options.folder); !read) return read;
    const auto broker = options.broker.access(shell);
    if (!broker) return std::unexpected(broker.error());
    UpdateAgent agent(shelf);
    MqttSession session;
    bool heard = false;
    bool there = true;  // the folder
    session.on_message([&](const Message& message) {
        agent.take(message.topic, message.payload, message.retained);
        heard = true;
    });
    if (auto done = session.connect(*broker); !done) return done;
    if (auto done = session.subscribe("#"); !done) return done;
    shell.out << "updates in " << options.folder << ": " << shelf.size() << std::endl;
    const auto until = std::time(nullptr) + static_cast<std::time_t>(options.seconds);
    while (shell.out.good() && (options.seconds <= 0 || std::time(nullptr) < until)) {
        heard = false;
        session.run_until([&] { return heard; }, look_again);
        const auto read = shelf.read(options.folder);
        if (!read && there) shell.err << "esb: " << read.error().line << ": what was there is offered on\n";
        there = read.has_value();
        for (const auto& sending : agent.due(std::time(nullptr))) {
            const auto sent = session.publish(sending.topic, sending.payload);
            if (sent) {
                shell.out << sending.about << std::endl;
            } else {
                agent.failed(sending);
                shell.err << "esb: " << sending.about << ": " << sent.error().line << '\n';
            }
        }
    }
    return {};
}

}  // namespace

void add_agent_command(CLI::App& app, Shell& shell) {
    const auto options = std::make_shared<AgentOptions>();
    auto* sub =
        app.add_subcommand("agent", "Offer devices the updates of a folder, and send them when Install is pressed");
    sub->add_option("--updates", options->folder, "Folder with envelopes made by esb sign")
        ->type_name("DIR")
        ->required();
    sub->add_option("--for", options->seconds, "Stop after this many seconds")
        ->type_name("SECONDS")
        ->check(CLI::PositiveNumber);
    add_broker_option(*sub, options->broker);
    sub->callback([options, &shell] { shell.finish(agent(*options, shell)); });
}

}  // namespace esb::cli
