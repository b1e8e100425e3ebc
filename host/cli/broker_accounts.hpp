// The broker's accounts: which identity has which key and which topics. Text in, text out; broker_folder.hpp does
// files.
#pragma once

#include "host/cli/outcome.hpp"

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace esb::cli {

// What the author's own topics are when nobody says otherwise, below the device's base.
inline constexpr std::string_view default_topics = "app/#";

// How a device proves to the broker who it is.
enum class Credential {
    psk,
    certificate,  // of an authority that the broker trusts, with the identity as its common name
    password,
};

struct Account {
    std::string identity;
    std::string psk;                  // hex, lower case: what the broker accepts
    std::vector<std::string> topics;  // filters below the base; "read:" or "write:" before one limits it
    bool home_assistant = false;      // may announce itself to Home Assistant

    // How far a change of the key has come (rotation.hpp).
    enum class Rotation {
        none,
        handing_over,  // `next` may be on the device already
        switched,      // `psk` is the new one; the device may still hold the old one too
    };
    Rotation rotation = Rotation::none;
    std::string next = {};  // hex

    Credential credential = Credential::psk;
    std::string password_hash = {};  // as mosquitto has it (password_hash.hpp)
};

// Kept sorted by identity.
class Accounts {
public:
    // The format of `accounts`: a line each, `IDENT PSK [+home-assistant] FILTER...`; lines that begin with '#' are
    // comments. PSK is `OLD>NEW` or `NEW<` while the key is being changed; `certificate` or a password's hash for those
    // who have another credential.
    static Outcome<Accounts> parse(std::string_view text);
    std::string text() const;

    // Refuses: bad or known identities, one whose base topic equals, contains or lies in that of another, keys that
    // are not 32 to 64 hex digits, filters that reach beyond the author's own topics.
    Outcome<void> add(Account account);
    Outcome<void> remove(std::string_view identity);
    // Replaces the account of the same identity; the same refusals.
    Outcome<void> replace(Account account);

    const std::vector<Account>& all() const { return accounts_; }

    // Mosquitto's psk_file and password_file.
    std::string psk_file() const;
    std::string password_file() const;
    // The acl_file of the listener for keys, or of the one for certificates and passwords: an account is worth nothing
    // at the other.
    std::string acl_file(bool for_keys = true) const;

private:
    std::set<std::string>::const_iterator nested_with(const std::string& base) const;

    std::vector<Account> accounts_;
    std::set<std::string> bases_;  // of all of them
};

}  // namespace esb::cli
