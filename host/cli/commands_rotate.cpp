// esb broker rotate
#include "host/cli/broker_folder.hpp"
#include "host/cli/broker_option.hpp"
#include "host/cli/commands.hpp"
#include "host/cli/config_channel.hpp"
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

struct RotateOptions {
    std::string folder;
    std::string identity;
    std::string key;  // PEM; empty: changes go unsigned
    BrokerOption broker;
    double timeout = 120;  // seconds, for each step
    bool json = false;
};

class Ports : public RotationPorts {
public:
    Ports(const RotateOptions& options, BrokerFolder& folder, ConfigChannel& channel, Shell& shell)
        : options_(options), folder_(folder), channel_(channel), shell_(shell) {}

    Outcome<std::string> new_key() override {
        vchip::HostEntropy entropy;
        std::array<std::uint8_t, 16> key{};
        if (!entropy.fill(key)) return failure("no random numbers");
        std::array<char, 32> digits{};
        return std::string(hex_encode(key, digits).value_or(std::string_view()));
    }
    Outcome<Account> account() override {
        auto found = folder_.account(options_.identity);
        if (found) stored_ = *found;
        return found;
    }
    // Two runs at once would give the device the key of one and the broker that of the other.
    Outcome<void> store(const Account& account) override {
        const auto reload = folder_.replace(account, stored_);
        if (!reload) return std::unexpected(reload.error());
        stored_ = account;
        if (*reload == Reload::not_running) return failure("the broker of " + options_.folder + " is not running");
        return {};
    }
    Outcome<std::string> key_in_use() override {
        const auto report = channel_.latest();
        if (!report) return std::unexpected(report.error());
        return report->key;
    }
    Outcome<crypto::P256PublicKey> device_key() override { return channel_.device_key(); }
    Outcome<void> change(const std::string& json) override {
        const auto report = channel_.change(json, Duration(static_cast<std::int64_t>(options_.timeout * 1000)));
        if (!report) return failure(report.error().line + "; run this again to finish");
        return judge(*report);
    }
    void tell(const std::string& line) override {
        if (!options_.json) shell_.out << line << std::endl;
    }

private:
    const RotateOptions& options_;
    BrokerFolder& folder_;
    ConfigChannel& channel_;
    Shell& shell_;
    Account stored_;  // as the folder has it
};

Outcome<void> rotate(const RotateOptions& options, Shell& shell) {
    auto folder = BrokerFolder::open(options.folder);
    if (!folder) return std::unexpected(folder.error());
    const auto account = folder->account(options.identity);
    if (!account) return std::unexpected(account.error());
    if (account->credential != Credential::psk) return failure(options.identity + " has no pre-shared key");
    const auto broker = BrokerOption{options.broker.address, options.folder}.access(shell);
    if (!broker) return std::unexpected(broker.error());
    std::optional<SigningKey> key;
    if (!options.key.empty()) {
        auto loaded = SigningKey::load_pem(options.key);
        if (!loaded) return failure(options.key, loaded.error());
        key = std::move(*loaded);
    }
    MqttSession session;
    ConfigChannel channel(session, options.identity, key ? &*key : nullptr);
    Ports ports(options, *folder, channel, shell);
    if (auto done = session.connect(*broker); !done) return done;
    if (auto done = channel.listen(); !done) return done;
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
    const auto options = std::make_shared<RotateOptions>();
    auto* sub = broker.add_subcommand("rotate", "Give a device on line a new key; finishes an earlier, broken run");
    sub->add_option("DIR", options->folder, "The broker's folder")->required();
    sub->add_option("IDENT", options->identity, "Identity of the device")->required();
    sub->add_option("--timeout", options->timeout, "How long to wait for each answer of the device")
        ->type_name("SECONDS")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    sub->add_option("--key", options->key,
                    "Sign the changes with this update key (PEM); needed where settings.signed is on");
    sub->add_flag("--json", options->json, "Print JSON");
    add_broker_address_option(*sub, options->broker);
    sub->callback([options, &shell] { shell.finish(rotate(*options, shell)); });
}

}  // namespace esb::cli
