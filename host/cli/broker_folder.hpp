// A folder with everything a mosquitto for ESP32 Secure Base devices needs.
#pragma once

#include "host/cli/broker_accounts.hpp"
#include "host/cli/broker_tls.hpp"
#include "host/cli/outcome.hpp"
#include "host/cli/running_broker.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace esb::cli {

struct BrokerOptions {
    std::uint16_t port = 8883;              // for devices
    std::uint16_t certificate_port = 8884;  // for those with certificates or passwords, where others have keys
    std::uint16_t operator_port = 0;        // for operators with certificates; 0: there is none
    std::uint16_t tools_port = 1884;        // TLS-PSK, for `esb` and services (tool_account.hpp)
    std::string bind = "127.0.0.1";         // where devices' and operators' ports listen
    std::string tools_bind = "127.0.0.1";
    BrokerTls tls = {};
    std::string hint = "esp32-secure-base";
    std::string user;  // the account mosquitto runs as when root starts it; empty: whoever runs `esb`
};

// Files: mosquitto.conf, accounts (what is true), psk and acl (made from it), where there are certificates or passwords
// passwords, certificates.acl and tls/ (broker_tls.hpp), tools.psk, tools.acl, operator/ and reader/
// (tool_account.hpp), data/, mosquitto.log, mosquitto.pid.
class BrokerFolder {
public:
    // Writes a new folder; fails when it holds a configuration already.
    static Outcome<BrokerFolder> create(const std::filesystem::path& folder, const BrokerOptions& options);
    // Fails unless create() made it, and for one of an older version, whose tools' listener lets everybody in.
    static Outcome<BrokerFolder> open(const std::filesystem::path& folder);
    // Fails for a folder of an older version only.
    static Outcome<void> check_for_tools(const std::filesystem::path& folder);
    // Gives a folder of an older version its tools' accounts and closes the anonymous listener; true when that was
    // necessary. Fails when the owner has added other listeners without access control.
    static Outcome<bool> upgrade(const std::filesystem::path& folder);

    Outcome<Accounts> accounts() const;
    Outcome<Account> account(std::string_view identity) const;
    // Whether its broker has a listener where this counts.
    bool takes(Credential credential) const;
    // All keep other runs out, replace each file atomically and make a running broker read them again; they
    // return once it has begun to (running_broker.hpp).
    Outcome<Reload> add(Account account);
    // All of them, or none.
    Outcome<Reload> add_all(std::vector<Account> accounts);
    // All of them, or none; those that have the same key already stay as they are. Fails for one with another key.
    struct Imported {
        std::size_t added;
        std::size_t known;
        Reload reload;
    };
    Outcome<Imported> import(std::vector<Account> accounts);
    Outcome<Reload> remove(std::string_view identity);
    // Fails when it is no longer as it was read: another run is changing it.
    Outcome<Reload> replace(Account account, const Account& as_it_was);

    std::filesystem::path config() const { return folder_ / "mosquitto.conf"; }
    const std::filesystem::path& path() const { return folder_; }

private:
    explicit BrokerFolder(std::filesystem::path folder) : folder_(std::move(folder)) {}
    Outcome<Reload> change(const std::function<Outcome<void>(Accounts&)>& how);
    Outcome<void> write(const Accounts& accounts) const;
    Outcome<void> write_first(const BrokerTls& tls) const;

    std::filesystem::path folder_;  // absolute
};

// The text of mosquitto.conf for mosquitto 2.0.11 (Debian 12) or later.
std::string mosquitto_config(const std::filesystem::path& folder, const BrokerOptions& options);

}  // namespace esb::cli
