// esb config set | show
#include "host/cli/broker_option.hpp"
#include "host/cli/commands.hpp"
#include "host/cli/config_channel.hpp"
#include "host/cli/device_topics.hpp"
#include "host/cli/identity_option.hpp"
#include "host/cli/json_text.hpp"
#include "host/cli/jwe.hpp"
#include "host/cli/setting_words.hpp"

#include <CLI/CLI.hpp>

#include <memory>
#include <optional>

namespace esb::cli {
namespace {

struct ConfigOptions {
    std::string identity;
    std::vector<std::string> changes;
    std::vector<std::string> unset;
    std::vector<std::string> files;
    std::string key;
    BrokerOption broker;
    double timeout = 180;  // seconds
    bool json = false;
};

void print(const ConfigReport& report, const ConfigOptions& options, Shell& shell) {
    if (options.json) {
        shell.out << json_text([&](JsonWriter& json) {
            json.begin_object().key("ident").text(options.identity).key("id").text(report.id);
            json.key("state").text(report.state).key("error").text(report.error).key("why").text(report.why);
            json.key("setting").text(report.setting);
            if (report.counter) json.key("ctr").number(*report.counter);
            json.end_object();
        }) << '\n';
        return;
    }
    shell.out << options.identity << ": " << report.state;
    if (!report.setting.empty()) shell.out << ", setting " << report.setting;
    if (!report.error.empty()) shell.out << ": " << report.why << " (" << report.error << ')';
    if (report.counter) shell.out << "; last counter " << *report.counter;
    shell.out << '\n';
}

Outcome<std::optional<SigningKey>> signing_key(const ConfigOptions& options) {
    if (options.key.empty()) return std::nullopt;
    auto key = SigningKey::load_pem(options.key);
    if (!key) return failure(options.key, key.error());
    return std::move(*key);
}

// The JSON of the change; its secrets, read from standard input in the order they are named, are encrypted.
Outcome<std::string> change_json(const std::vector<SettingWord>& words, ConfigChannel& channel) {
    std::vector<std::string> encrypted(words.size());
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (!words[i].secret) continue;
        const auto device = channel.device_key();
        if (!device) return std::unexpected(device.error());
        auto sealed = encrypt_for(*device, words[i].value);
        if (!sealed) return std::unexpected(sealed.error());
        encrypted[i] = std::move(*sealed);
    }
    return json_text([&](JsonWriter& json) {
        json.begin_object();
        for (std::size_t i = 0; i < words.size(); ++i) write_setting(words[i], encrypted[i], json);
        json.end_object();
    });
}

Outcome<void> set(const ConfigOptions& options, Shell& shell) {
    const auto words = read_setting_words(options.changes, options.unset, shell, options.files);
    if (!words) return std::unexpected(words.error());
    const auto key = signing_key(options);
    if (!key) return std::unexpected(key.error());
    const auto broker = options.broker.access(shell);
    if (!broker) return std::unexpected(broker.error());
    MqttSession session;
    ConfigChannel channel(session, options.identity, *key ? &**key : nullptr);
    if (auto done = session.connect(*broker); !done) return done;
    if (auto done = channel.listen(); !done) return done;
    if (auto online = channel.latest(); !online) return std::unexpected(online.error());
    const auto json = change_json(*words, channel);
    if (!json) return std::unexpected(json.error());
    const auto report = channel.change(*json, Duration(static_cast<std::int64_t>(options.timeout * 1000)));
    if (!report) return std::unexpected(report.error());
    if (options.json || report->state == "kept") print(*report, options, shell);
    return judge(*report);
}

Outcome<void> show(const ConfigOptions& options, Shell& shell) {
    const auto broker = options.broker.access(shell);
    if (!broker) return std::unexpected(broker.error());
    MqttSession session;
    ConfigChannel channel(session, options.identity, nullptr);
    if (auto done = session.connect(*broker); !done) return done;
    if (auto done = channel.listen(); !done) return done;
    const auto report = channel.latest();
    if (!report) return std::unexpected(report.error());
    print(*report, options, shell);
    return {};
}

}  // namespace

void add_config_commands(CLI::App& app, Shell& shell) {
    auto* family = app.add_subcommand("config", "Change a device's settings over the broker");
    family->require_subcommand(1);
    const auto options = std::make_shared<ConfigOptions>();
    const auto add_common = [&](CLI::App& sub) {
        sub.add_option("IDENT", options->identity, "Identity of the device")->required()->check(check_identity_option);
        sub.add_flag("--json", options->json, "Print JSON");
        add_broker_option(sub, options->broker);
    };

    auto* sub = family->add_subcommand("set", "Change settings and wait until the device has kept or refused them");
    add_common(*sub);
    sub->add_option("CHANGE", options->changes,
                    "NAME=VALUE; NAME=- reads the value from standard input, a line each: secrets come no other way");
    sub->add_option("--unset", options->unset, "Back to the default")->type_name("NAME");
    sub->add_option("--file", options->files, "NAME=FILE: the value is a file's text, such as a certificate")
        ->type_name("NAME=FILE");
    sub->add_option("--key", options->key, "Sign with this update key (PEM); needed where settings.signed is on");
    sub->add_option("--timeout", options->timeout, "How long to wait for the device's word")
        ->type_name("SECONDS")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    sub->callback([options, &shell] { shell.finish(set(*options, shell)); });

    sub = family->add_subcommand("show", "Show what became of the latest change");
    add_common(*sub);
    sub->callback([options, &shell] { shell.finish(show(*options, shell)); });
}

}  // namespace esb::cli
