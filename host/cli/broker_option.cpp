#include "host/cli/broker_option.hpp"

#include "host/cli/broker_folder.hpp"
#include "host/cli/config_file.hpp"
#include "host/cli/tool_account.hpp"

namespace esb::cli {

namespace {

bool is_url(const std::string& address) { return address.find("://") != std::string::npos; }

Outcome<BrokerAccess> by_folder(const BrokerOption& option) {
    const auto& [address, folder, words] = option;
    BrokerAddress wanted;
    if (!address.empty()) {
        const auto parsed = parse_broker(address);
        if (!parsed) return std::unexpected(parsed.error());
        wanted = *parsed;
    }
    auto where = folder.empty() ? remembered_broker(wanted) : Outcome<std::filesystem::path>(folder);
    if (!where) return std::unexpected(where.error());
    if (auto good = BrokerFolder::check_for_tools(*where); !good) return std::unexpected(good.error());
    auto found = operator_access(*where);
    if (found && !address.empty()) found->address = wanted;
    return found;
}

}  // namespace

Outcome<BrokerAccess> BrokerOption::access(Shell& shell) const {
    auto all = words;
    all.take_variables();
    if (is_url(address)) {
        all.url = address;
        return access_of(std::move(all), shell);
    }
    if (address.empty() && folder.empty()) {
        const auto file = load_config();
        if (!file) return std::unexpected(file.error());
        all.fill_from(*file);
        if (!all.url.empty()) return access_of(std::move(all), shell);
    }
    if (words.any_beside_url())
        return failure("--ca, --cert, --pin, --psk-identity and passwords go with --broker mqtts://HOST");
    return by_folder(*this);
}

void add_broker_address_option(CLI::App& command, BrokerOption& option) {
    command
        .add_option("--broker", option.address, "The broker's port for tools, or any broker (default: 127.0.0.1:1884)")
        ->envname("ESB_BROKER")
        ->type_name("HOST:PORT|mqtts://[USER@]HOST[:PORT]")
        ->check([](const std::string& text) {
            if (is_url(text)) {
                const auto url = parse_broker_url(text);
                return url ? std::string() : url.error().line;
            }
            const auto parsed = parse_broker(text);
            return parsed ? std::string() : parsed.error().line;
        });
}

void add_broker_option(CLI::App& command, BrokerOption& option) {
    add_broker_address_option(command, option);
    command
        .add_option("--broker-dir", option.folder,
                    "The broker's folder, for the operator's credentials (default: the one you made for the address)")
        ->envname("ESB_BROKER_DIR")
        ->type_name("DIR");
    const auto file = [&](const char* name, std::string& value, const char* variable, const char* help) {
        command.add_option(name, value, help)->envname(variable)->type_name("FILE");
    };
    auto& words = option.words;
    file("--ca", words.ca, "ESB_CA", "Who signs the broker's certificate (PEM)");
    command.add_option("--pin", words.pins, "Or its public key's SHA-256 in hex; two for its replacement")
        ->envname("ESB_PIN")
        ->type_name("SHA256")
        ->delimiter(',');
    command.add_option("--psk-identity", words.psk_identity, "Or who comes with a pre-shared key (ESB_PSK)")
        ->envname("ESB_PSK_IDENTITY");
    file("--psk-file", words.psk_file, "ESB_PSK_FILE", "The key, in hex");
    file("--cert", words.cert, "ESB_CERT", "A certificate to come with (PEM)");
    file("--cert-key", words.cert_key, "ESB_CERT_KEY", "Its key (PEM)");
    file("--password-file", words.password_file, "ESB_PASSWORD_FILE",
         "The password of the URL's user (otherwise ESB_PASSWORD, or it is asked for)");
}

}  // namespace esb::cli
