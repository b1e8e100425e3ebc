#include "host/cli/broker_folder.hpp"

#include "host/cli/broker_config.hpp"
#include "host/cli/device_topics.hpp"
#include "host/cli/files.hpp"
#include "host/cli/running_broker.hpp"
#include "host/cli/tool_account.hpp"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <functional>
#include <map>
#include <tuple>

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

namespace esb::cli {
namespace {

constexpr std::size_t accounts_file_max = 16 * 1024 * 1024;  // bytes

Outcome<void> check(const std::filesystem::path& folder, const BrokerOptions& options) {
    const auto path = folder.string();
    const auto control = [](unsigned char c) { return c < ' ' || c == 127; };
    if (std::any_of(path.begin(), path.end(), control))
        return failure("the folder's name contains a control character");
    if (options.port == 0 || options.tools_port == 0) return failure("a port is 1 to 65535");
    std::vector<std::uint16_t> ports{options.port, options.tools_port};
    if (options.tls.keys && options.tls.certificates) ports.push_back(options.certificate_port);
    if (options.operator_port != 0) ports.push_back(options.operator_port);
    std::sort(ports.begin(), ports.end());
    if (std::adjacent_find(ports.begin(), ports.end()) != ports.end()) return failure("the ports must differ");
    if (options.operator_port != 0 && (!options.tls.certificates || options.tls.passwords))
        return failure("operators' certificates need devices with certificates: --tls ca or both");
    for (const auto& bind : {options.bind, options.tools_bind}) {
        if (address_bytes(bind).empty()) return failure("'" + bind + "' is not an address to listen on");
    }
    if (auto good = check_broker_tls(options.tls); !good) return good;
    const bool plain = std::all_of(options.hint.begin(), options.hint.end(), [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
    });
    if (options.hint.empty() || options.hint.size() > 64 || !plain) {
        return failure("a hint is 1 to 64 letters, digits, dots, - and _");
    }
    return {};
}

// Not judged when a folder is read: an older esb has let it in.
Outcome<void> check_new(const Account& account) {
    if (!is_below_app(topic_of(account.identity, ""))) return {};
    return failure("an identity must not have app behind its first part: that is where authors' topics are");
}

std::string name_of(uid_t uid) {
    const passwd* entry = ::getpwuid(uid);
    return entry != nullptr ? entry->pw_name : "mosquitto";
}

// What a run that broke off has left has no accounts yet.
Outcome<void> check_unused(const BrokerFolder& folder) {
    std::error_code error;
    if (std::filesystem::exists(folder.config(), error)) return failure(folder.config().string() + " exists already");
    if (!std::filesystem::exists(folder.path() / "accounts", error)) return {};
    const auto known = folder.accounts();
    if (!known) return std::unexpected(known.error());
    if (known->all().empty()) return {};
    return failure(folder.path().string() + " has accounts already, whose keys would be lost");
}

Outcome<void> make_folder(const std::filesystem::path& path, const passwd* owner) {
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
        return failure(path.string() + ": " + std::strerror(errno));
    if (owner == nullptr) return {};
    if (::chown(path.c_str(), owner->pw_uid, owner->pw_gid) != 0)
        return failure(path.string() + ": " + std::strerror(errno));
    return {};
}

}  // namespace

Outcome<BrokerFolder> BrokerFolder::create(const std::filesystem::path& folder, const BrokerOptions& options) {
    std::error_code error;
    const auto absolute = std::filesystem::absolute(folder, error).lexically_normal();
    BrokerFolder made(absolute.has_filename() ? absolute : absolute.parent_path());
    if (auto good = check(made.folder_, options); !good) return std::unexpected(good.error());

    auto complete = options;
    const passwd* owner = nullptr;
    if (complete.user.empty()) {
        complete.user = name_of(::geteuid());
    } else {
        owner = ::getpwnam(complete.user.c_str());
        if (owner == nullptr) return failure("there is no user '" + complete.user + "'");
        if (::geteuid() != 0 && owner->pw_uid != ::geteuid())
            return failure("only root can give the folder to another user");
    }
    if (std::filesystem::exists(made.config(), error)) return failure(made.config().string() + " exists already");
    for (const auto& path : {made.folder_, made.folder_ / "data"}) {
        if (auto done = make_folder(path, owner); !done) return std::unexpected(done.error());
    }
    const auto lock = FolderLock::take(made.folder_);
    if (!lock) return std::unexpected(lock.error());
    if (auto good = check_unused(made); !good) return std::unexpected(good.error());
    if (auto done = made.write_first(options.tls); !done) return std::unexpected(done.error());
    if (auto done = make_tool_accounts(made.folder_, options.tools_port); !done) return std::unexpected(done.error());
    const auto text = mosquitto_config(made.folder_, complete);
    if (auto done = create_file(made.config(), text, 0600); !done) return std::unexpected(done.error());
    return made;
}

Outcome<BrokerFolder> BrokerFolder::open(const std::filesystem::path& folder) {
    std::error_code error;
    BrokerFolder opened(std::filesystem::absolute(folder, error));
    if (!std::filesystem::exists(opened.folder_ / "accounts", error)) {
        return failure(folder.string() + " is not a broker's folder; make one with: esb broker init " +
                       folder.string());
    }
    if (auto good = check_for_tools(folder); !good) return std::unexpected(good.error());
    return opened;
}

Outcome<void> BrokerFolder::check_for_tools(const std::filesystem::path& folder) {
    const auto config = read_file(folder / "mosquitto.conf", config_file_max);
    if (!config || (has_tool_accounts(folder) && !lets_anybody_in(*config))) return {};
    return failure(folder.string() + " lets everybody on this machine in; close that with: esb broker upgrade " +
                   folder.string() + ", then restart mosquitto");
}

Outcome<bool> BrokerFolder::upgrade(const std::filesystem::path& folder) {
    std::error_code error;
    const BrokerFolder old(std::filesystem::absolute(folder, error));
    if (!std::filesystem::exists(old.folder_ / "accounts", error))
        return failure(folder.string() + " is not a broker's folder");
    if (check_for_tools(folder)) return false;
    const auto lock = FolderLock::take(old.folder_);
    if (!lock) return std::unexpected(lock.error());
    const auto config = read_file(old.config(), config_file_max);
    if (!config) return std::unexpected(config.error());
    const auto fresh = upgraded_config(*config, old.folder_);
    if (!fresh) return std::unexpected(fresh.error());
    if (auto done = make_tool_accounts(old.folder_, fresh->tools_port); !done) return std::unexpected(done.error());
    if (auto done = replace_file(old.config(), fresh->text, 0600); !done) return std::unexpected(done.error());
    return true;
}

Outcome<Accounts> BrokerFolder::accounts() const {
    const auto text = read_text(folder_ / "accounts", accounts_file_max);
    if (!text) return std::unexpected(text.error());
    return Accounts::parse(*text);
}

Outcome<Account> BrokerFolder::account(std::string_view identity) const {
    const auto known = accounts();
    if (!known) return std::unexpected(known.error());
    for (const auto& account : known->all()) {
        if (account.identity == identity) return account;
    }
    return failure(std::string(identity) + " has no account");
}

Outcome<Reload> BrokerFolder::change(const std::function<Outcome<void>(Accounts&)>& how) {
    const auto lock = FolderLock::take(folder_);
    if (!lock) return std::unexpected(lock.error());
    auto current = accounts();
    if (!current) return std::unexpected(current.error());
    if (auto done = how(*current); !done) return std::unexpected(done.error());
    if (auto done = write(*current); !done) return std::unexpected(done.error());
    return reload_mosquitto(folder_);
}

Outcome<Reload> BrokerFolder::add(Account account) {
    std::vector<Account> only;
    only.push_back(std::move(account));
    return add_all(std::move(only));
}

Outcome<Reload> BrokerFolder::add_all(std::vector<Account> added) {
    for (const auto& account : added) {
        if (!takes(account.credential)) return failure("the broker of this folder has no listener for such a credential");
        if (auto good = check_new(account); !good) return std::unexpected(good.error());
    }
    return change([&](Accounts& accounts) {
        for (auto& account : added) {
            if (auto done = accounts.add(std::move(account)); !done) return done;
        }
        return Outcome<void>();
    });
}

Outcome<BrokerFolder::Imported> BrokerFolder::import(std::vector<Account> imported) {
    if (!takes(Credential::psk)) return failure("the broker of this folder has no listener for such a credential");
    std::size_t known = 0;
    const auto done = change([&](Accounts& accounts) -> Outcome<void> {
        std::map<std::string, std::string, std::less<>> keys;
        for (const auto& account : accounts.all()) keys.emplace(account.identity, account.psk);
        for (auto& account : imported) {
            const auto present = keys.find(account.identity);
            if (present == keys.end()) {
                auto added = check_new(account);
                if (added) added = accounts.add(account);
                if (!added) return failure(account.identity + ": " + added.error().line);
            } else if (present->second == account.psk) {
                ++known;
            } else {
                return failure(account.identity + " has an account with another key");
            }
        }
        return {};
    });
    if (!done) return std::unexpected(done.error());
    return Imported{imported.size() - known, known, *done};
}

Outcome<Reload> BrokerFolder::remove(std::string_view identity) {
    return change([&](Accounts& accounts) { return accounts.remove(identity); });
}

Outcome<Reload> BrokerFolder::replace(Account account, const Account& as_it_was) {
    return change([&](Accounts& accounts) -> Outcome<void> {
        const auto& all = accounts.all();
        const auto key = [](const Account& one) {
            return std::tie(one.identity, one.psk, one.next, one.rotation, one.credential, one.topics,
                            one.home_assistant);
        };
        if (std::none_of(all.begin(), all.end(), [&](const Account& one) { return key(one) == key(as_it_was); }))
            return failure("another run has changed the account of " + as_it_was.identity);
        return accounts.replace(std::move(account));
    });
}

// `accounts` first: it decides. Whatever a cut leaves of the other two, a key without topics and topics without a key
// both give nothing, and the next change writes them again.
Outcome<void> BrokerFolder::write(const Accounts& accounts) const {
    if (auto done = replace_file(folder_ / "accounts", accounts.text(), 0600); !done) return done;
    for (const auto& [name, text] :
         {std::pair{"psk", accounts.psk_file()}, std::pair{"acl", accounts.acl_file()},
          std::pair{"passwords", accounts.password_file()}, std::pair{"certificates.acl", accounts.acl_file(false)}}) {
        std::error_code error;
        if (!std::filesystem::exists(folder_ / name, error)) continue;  // there is no such listener
        if (auto done = replace_file(folder_ / name, text, 0600); !done) return done;
    }
    return {};
}

// Which of these files there are says which listeners.
Outcome<void> BrokerFolder::write_first(const BrokerTls& tls) const {
    const Accounts nobody;
    std::vector<std::pair<std::string_view, std::string>> files{{"accounts", nobody.text()}};
    if (tls.keys) files.insert(files.end(), {{"psk", nobody.psk_file()}, {"acl", nobody.acl_file()}});
    if (tls.certificates) files.emplace_back("certificates.acl", nobody.acl_file(false));
    if (tls.passwords) files.emplace_back("passwords", nobody.password_file());
    for (const auto& [name, text] : files) {
        if (auto done = replace_file(folder_ / name, text, 0600); !done) return done;
    }
    return tls.certificates ? make_broker_tls(folder_, tls) : Outcome<void>();
}

bool BrokerFolder::takes(Credential credential) const {
    std::error_code error;
    const bool passwords = std::filesystem::exists(folder_ / "passwords", error);
    switch (credential) {
        case Credential::psk:
            return std::filesystem::exists(folder_ / "psk", error);
        case Credential::password:
            return passwords;
        case Credential::certificate:
            break;
    }
    return !passwords && std::filesystem::exists(folder_ / "certificates.acl", error);
}

}  // namespace esb::cli
