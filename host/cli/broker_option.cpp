#include "host/cli/broker_option.hpp"

#include "host/cli/broker_folder.hpp"
#include "host/cli/tool_account.hpp"

namespace esb::cli {

Outcome<BrokerAccess> BrokerOption::access() const {
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

void add_broker_address_option(CLI::App& command, BrokerOption& option) {
    command.add_option("--broker", option.address, "The broker's port for tools (default: 127.0.0.1:1884)")
        ->envname("ESB_BROKER")
        ->type_name("HOST:PORT")
        ->check([](const std::string& text) {
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
}

}  // namespace esb::cli
