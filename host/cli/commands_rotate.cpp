// esb broker rotate
#include "host/cli/broker_folder.hpp"
#include "host/cli/broker_option.hpp"
#include "host/cli/commands.hpp"
#include "host/cli/device_topics.hpp"
#include "host/cli/json_text.hpp"
#include "host/cli/rotation.hpp"

#include "esb/base/encoding.hpp"
#include "host/vchip/entropy_posix.hpp"

#include <CLI/CLI.hpp>

#include <array>
#include <memory>
#include <optional>

namespace esb::cli {
namespace {

struct Options {
    std::string folder;
    std::string identity;
    std::string broker;
    double timeout = 120;  // seconds, for each step
    bool json = false;
};

class Ports : public RotationPorts {
public:
    Ports(const Options& options, BrokerFolder& folder, MqttSession& session, Shell& shell)
        : options_(options), folder_(folder), session_(session), shell_(shell) {
        session_.on_message([this](const Message& message) { take(message); });
    }

    Outcome<void> listen() {
        for (const auto* leaf : {"online", "config/status"}) {
            if (auto done = session_.subscribe(topic_of(options_.identity, leaf)); !done) return done;
        }
        return {};
    }

    Outcome<std::string> new_key() override {
        vchip::HostEntropy entropy;
        std::array<std::uint8_t, 16> key{};
        if (!entropy.fill(key)) return failure("no random numbers");
        std::array<char, 32> digits{};
        return std::string(hex_encode(key, digits).value_or(std::string_view()));
    }
    Outcome<Account> account() override { return folder_.account(options_.identity); }
    Outcome<void> store(const Account& account) override {
        const auto reload = folder_.replace(account);
        if (!reload) return std::unexpected(reload.error());
        if (*reload == Reload::not_running) return failure("the broker of " + options_.folder + " is not running");
        return {};
    }
    Outcome<std::string> key_in_use() override {
        if (!session_.run_until([this] { return online_ && latest_; }, Duration(std::chrono::seconds(10)))) {
            return failure(options_.identity + " is not on line");
        }
        return latest_->key;
    }
    Outcome<void> change(const std::string& json) override {
        const auto id = config_id(json);
        ended_.reset();
        waiting_for_ = id;
        if (auto done = session_.publish(topic_of(options_.identity, "config"), json); !done) return done;
        const auto patience = Duration(static_cast<std::int64_t>(options_.timeout * 1000));
        if (!session_.run_until([this] { return ended_.has_value(); }, patience)) {
            return failure("no answer from the device in time; run this again to finish");
        }
        if (ended_->state == "kept") return {};
        return failure("the device has " + ended_->state + " the change: " + ended_->why + " (" + ended_->error + ")");
    }
    void tell(const std::string& line) override {
        if (!options_.json) shell_.out << line << std::endl;
    }

private:
    void take(const Message& message) {
        if (message.topic == topic_of(options_.identity, "online")) {
            online_ = message.payload == "1";
            return;
        }
        auto report = read_config_report(message.payload);
        if (!report) return;
        const bool ours = !message.retained && report->id == waiting_for_ && report->state != "staged";
        if (ours) ended_ = *report;
        latest_ = std::move(*report);
    }

    const Options& options_;
    BrokerFolder& folder_;
    MqttSession& session_;
    Shell& shell_;
    bool online_ = false;
    std::string waiting_for_;
    std::optional<ConfigReport> latest_;
    std::optional<ConfigReport> ended_;
};

Outcome<void> rotate(const Options& options, Shell& shell) {
    const auto broker = parse_broker(options.broker);
    if (!broker) return std::unexpected(broker.error());
    auto folder = BrokerFolder::open(options.folder);
    if (!folder) return std::unexpected(folder.error());
    MqttSession session;
    Ports ports(options, *folder, session, shell);
    if (auto done = session.connect(*broker); !done) return done;
    if (auto done = ports.listen(); !done) return done;
    if (auto done = rotate_key(ports); !done) return done;
    if (options.json) {
        shell.out << json_text([&](JsonWriter& json) {
            json.begin_object().key("ident").text(options.identity).key("change").text("rotated").end_object();
        }) << '\n';
    } else {
        shell.out << "rotated the key of " << options.identity << '\n';
    }
    return {};
}

}  // namespace

void add_rotate_command(CLI::App& broker, Shell& shell) {
    const auto options = std::make_shared<Options>();
    auto* sub = broker.add_subcommand("rotate", "Give a device on line a new key; finishes an earlier, broken run");
    sub->add_option("DIR", options->folder, "The broker's folder")->required();
    sub->add_option("IDENT", options->identity, "Identity of the device")->required();
    sub->add_option("--timeout", options->timeout, "How long to wait for each answer of the device")
        ->type_name("SECONDS")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    sub->add_flag("--json", options->json, "Print JSON");
    add_broker_option(*sub, options->broker);
    sub->callback([options, &shell] { shell.finish(rotate(*options, shell)); });
}

}  // namespace esb::cli
