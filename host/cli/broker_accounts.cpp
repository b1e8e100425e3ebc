#include "host/cli/broker_accounts.hpp"

#include "esb/base/encoding.hpp"
#include "esb/base/file_text.hpp"
#include "esb/base/identity.hpp"
#include "esb/device/home.hpp"
#include "esb/device/home_assistant_config.hpp"
#include "host/cli/accounts_csv.hpp"
#include "host/cli/password_hash.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <sstream>
#include <utility>

namespace esb::cli {
namespace {

// What a device may do below its base: exact topics (docs/protocol.md).
struct Rule {
    std::string_view access;
    std::string_view leaf;
};
constexpr std::array rules{
    Rule{"readwrite", "ping"}, Rule{"write", "online"},        Rule{"write", "status"},
    Rule{"read", "ota"},       Rule{"read", "ota/do"},         Rule{"write", "ota/status"},
    Rule{"read", "crash/do"},  Rule{"write", "crash"},
    Rule{"read", "config"},    Rule{"write", "config/status"}, Rule{"write", "log"},
};

bool is_reserved(std::string_view level) {
    return std::any_of(rules.begin(), rules.end(),
                       [level](const Rule& rule) { return rule.leaf.substr(0, rule.leaf.find('/')) == level; });
}

std::string base_of(std::string_view identity) {
    std::string base(identity);
    std::replace(base.begin(), base.end(), '-', '/');
    return base;
}

std::string identity_of(std::string_view base) {
    std::string identity(base);
    std::replace(identity.begin(), identity.end(), '/', '-');
    return identity;
}

Outcome<void> check_identity(const std::string& identity) {
    if (!make_identity(identity)) {
        return failure("'" + identity + "' is not an identity: 1 to 40 of A-Z a-z 0-9 _ -, no empty part between -");
    }
    const auto base = base_of(identity);
    const auto last = base.substr(base.rfind('/') + 1);
    // "X-ota" would make X/ota/status, which is what the device X reports its updates on.
    if (last == "ota" || last == "config") return failure("an identity must not end in -" + last);
    // Its own topics could be what another device tells Home Assistant.
    if (base.substr(0, base.find('/')) == "homeassistant")
        return failure("an identity must not begin with homeassistant");
    return {};
}

Outcome<void> check_psk(const std::string& psk) {
    const bool hex = std::all_of(psk.begin(), psk.end(), [](unsigned char c) { return std::isxdigit(c) != 0; });
    if (!hex || psk.size() % 2 != 0 || psk.size() < psk_digits_min || psk.size() > psk_digits_max) {
        return failure("the PSK must be 32 to 64 hex digits (16 to 32 bytes)");
    }
    return {};
}

std::pair<std::string_view, std::string_view> access_and_filter(std::string_view text) {
    for (const std::string_view access : {"read", "write"}) {
        if (text.starts_with(access) && text.substr(access.size()).starts_with(':')) {
            return {access, text.substr(access.size() + 1)};
        }
    }
    return {"readwrite", text};
}

bool levels_well_formed(std::string_view filter) {
    for (;;) {
        const auto slash = filter.find('/');
        const auto level = filter.substr(0, slash);
        if (level.empty()) return false;
        if (level.size() > 1 && level.find_first_of("+#") != std::string_view::npos) return false;
        if (level == "#" && slash != std::string_view::npos) return false;
        if (slash == std::string_view::npos) return true;
        filter.remove_prefix(slash + 1);
    }
}

Outcome<void> check_topics(const std::string& text) {
    const auto filter = access_and_filter(text).second;
    const bool printable =
        std::all_of(filter.begin(), filter.end(), [](unsigned char c) { return c > ' ' && c != 127; });
    if (!printable || filter.size() > 80 || !levels_well_formed(filter)) {
        return failure("'" + text + "' is not a topic filter");
    }
    const auto first = filter.substr(0, filter.find('/'));
    if (first == "#" || first == "+" || is_reserved(first)) {
        return failure("'" + text +
                       "' would reach the base's own topics; begin with a level of your own, such as app/#");
    }
    return {};
}

Outcome<void> check(const Account& account) {
    if (auto good = check_identity(account.identity); !good) return good;
    const bool has_key = account.credential == Credential::psk;
    if (account.credential == Credential::password && !is_password_hash(account.password_hash))
        return failure("this is no password's hash as mosquitto has it");
    if (auto good = has_key ? check_psk(account.psk) : Outcome<void>(); !good) return good;
    if (account.rotation == Account::Rotation::handing_over) {
        if (auto good = check_psk(account.next); !good) return good;
    }
    for (const auto& filter : account.topics) {
        if (auto good = check_topics(filter); !good) return good;
    }
    return {};
}

constexpr std::string_view certificate_word = "certificate";

// The key's column: "PSK", "OLD>NEW" or "NEW<"; "certificate"; a password's hash.
void read_key(const std::string& word, Account& account) {
    if (word == certificate_word || is_password_hash(word)) {
        account.credential = word == certificate_word ? Credential::certificate : Credential::password;
        if (account.credential == Credential::password) account.password_hash = word;
        return;
    }
    const auto mark = word.find_first_of("<>");
    account.psk = word.substr(0, mark);
    if (mark == std::string::npos) return;
    account.next = word.substr(mark + 1);
    const bool over = word[mark] == '>';
    account.rotation = over ? Account::Rotation::handing_over : Account::Rotation::switched;
}

std::string key_text(const Account& account) {
    if (account.credential == Credential::certificate) return std::string(certificate_word);
    if (account.credential == Credential::password) return account.password_hash;
    switch (account.rotation) {
        case Account::Rotation::handing_over:
            return account.psk + '>' + account.next;
        case Account::Rotation::switched:
            return account.psk + '<';
        case Account::Rotation::none:
            break;
    }
    return account.psk;
}

bool earlier(const Account& a, const Account& b) { return a.identity < b.identity; }

// In the file `accounts`; no topic filter looks like it.
constexpr std::string_view home_assistant_word = "+home-assistant";

constexpr std::string_view generated = "# Made by esb from the file accounts; changes here are lost.\n";

}  // namespace

Outcome<Accounts> Accounts::parse(std::string_view text) {
    Accounts accounts;
    std::istringstream lines{std::string(without_mark(text))};
    std::string line;
    for (int number = 1; std::getline(lines, line); ++number) {
        if (bare_text(line).empty() || line.front() == '#') continue;
        std::istringstream words(line);
        Account account;
        std::string key;
        words >> account.identity >> key;
        read_key(key, account);
        for (std::string word; words >> word;) {
            if (word == home_assistant_word) {
                account.home_assistant = true;
            } else {
                account.topics.push_back(word);
            }
        }
        if (auto added = accounts.add(std::move(account)); !added) {
            return failure("accounts, line " + std::to_string(number) + ": " + added.error().line);
        }
    }
    return accounts;
}

std::string Accounts::text() const {
    std::string text = "# Accounts of the broker: identity, PSK, the author's topics. Change with `esb broker`.\n";
    for (const auto& account : accounts_) {
        text += account.identity + ' ' + key_text(account);
        if (account.home_assistant) text += ' ' + std::string(home_assistant_word);
        for (const auto& filter : account.topics) text += ' ' + filter;
        text += '\n';
    }
    return text;
}

Outcome<void> Accounts::add(Account account) {
    if (auto good = check(account); !good) return good;
    std::transform(account.psk.begin(), account.psk.end(), account.psk.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const auto base = base_of(account.identity);
    if (bases_.contains(base)) return failure(account.identity + " has an account already");
    if (const auto other = nested_with(base); other != bases_.end()) {
        return failure("the base topic " + base + " and " + *other + " of " + identity_of(*other) +
                       " lie in one another: one device could reach the other's topics");
    }
    bases_.insert(base);
    accounts_.insert(std::upper_bound(accounts_.begin(), accounts_.end(), account, earlier), std::move(account));
    return {};
}

// One that contains `base`, or lies in it.
std::set<std::string>::const_iterator Accounts::nested_with(const std::string& base) const {
    for (auto slash = base.find('/'); slash != std::string::npos; slash = base.find('/', slash + 1)) {
        if (const auto outer = bases_.find(base.substr(0, slash)); outer != bases_.end()) return outer;
    }
    const auto inner = bases_.lower_bound(base + '/');
    return inner != bases_.end() && inner->starts_with(base + '/') ? inner : bases_.end();
}

Outcome<void> Accounts::remove(std::string_view identity) {
    const auto found = std::find_if(accounts_.begin(), accounts_.end(),
                                    [identity](const Account& account) { return account.identity == identity; });
    if (found == accounts_.end()) return failure(std::string(identity) + " has no account");
    bases_.erase(base_of(identity));
    accounts_.erase(found);
    return {};
}

Outcome<void> Accounts::replace(Account account) {
    if (auto good = check(account); !good) return good;
    for (auto& known : accounts_) {
        if (known.identity != account.identity) continue;
        known = std::move(account);
        return {};
    }
    return failure(account.identity + " has no account");
}

std::string Accounts::psk_file() const {
    std::string text;  // mosquitto 2.0 knows no comments here
    for (const auto& account : accounts_) {
        if (account.credential == Credential::psk) text += account.identity + ':' + account.psk + '\n';
    }
    return text;
}

std::string Accounts::password_file() const {
    std::string text;
    for (const auto& account : accounts_) {
        if (account.credential == Credential::password) text += account.identity + ':' + account.password_hash + '\n';
    }
    return text;
}

std::string Accounts::acl_file(bool for_keys) const {
    std::string text(generated);
    for (const auto& account : accounts_) {
        if ((account.credential == Credential::psk) != for_keys) continue;
        const auto base = base_of(account.identity);
        text += "\nuser " + account.identity + '\n';
        for (const auto& rule : rules) {
            text += "topic " + std::string(rule.access) + ' ' + base + '/' + std::string(rule.leaf) + '\n';
        }
        for (std::size_t i = 0; account.home_assistant && i < ha_entities; ++i) {
            text += "topic write " + std::string(ha_topic(static_cast<HaEntity>(i), account.identity).view()) + '\n';
        }
        if (account.home_assistant) text += "topic read " + std::string(ha_status_topic) + '\n';
        for (const auto& entry : account.topics) {
            const auto [access, filter] = access_and_filter(entry);
            text += "topic " + std::string(access) + ' ' + base + '/' + std::string(filter) + '\n';
        }
    }
    return text;
}

}  // namespace esb::cli
