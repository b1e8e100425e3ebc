#include "host/cli/broker_words.hpp"

#include "esb/base/encoding.hpp"
#include "esb/base/file_text.hpp"
#include "host/cli/files.hpp"
#include "host/cli/read_certificate.hpp"
#include "host/cli/secret_input.hpp"
#include "host/cli/signing_key.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>

namespace esb::cli {
namespace {

constexpr std::size_t pem_max = 65536;   // bytes
constexpr std::size_t secret_max = 256;  // bytes
constexpr std::uint16_t tls_port = 8883;

std::string variable(const char* name) {
    const char* const value = std::getenv(name);
    return value != nullptr ? value : "";
}

// "a%40b" is "a@b".
Outcome<std::string> percent_decoded(std::string_view text) {
    std::string plain;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '%') {
            plain += text[at];
            continue;
        }
        std::array<std::uint8_t, 1> byte{};
        if (at + 2 >= text.size() || !hex_decode(text.substr(at + 1, 2), byte)) return failure("a broken % in the URL");
        plain += static_cast<char>(byte[0]);
        at += 2;
    }
    return plain;
}

// A host and perhaps a port; IPv6 addresses stand in brackets.
Outcome<BrokerAddress> parse_authority(std::string_view text) {
    BrokerAddress address{{}, tls_port};
    const bool brackets = text.starts_with('[');
    const auto host_end = brackets ? text.find(']') : text.find(':');
    address.host = text.substr(brackets ? 1 : 0, brackets && host_end != text.npos ? host_end - 1 : host_end);
    auto rest = host_end == text.npos ? std::string_view() : text.substr(host_end + (brackets ? 1 : 0));
    const bool clean = std::all_of(address.host.begin(), address.host.end(), [&](unsigned char c) {
        return std::isalnum(c) != 0 || c == '-' || c == '.' || c == '_' || (brackets && c == ':');
    });
    if (address.host.empty() || !clean || (brackets && host_end == text.npos))
        return failure("'" + std::string(text) + "' is no host and port");
    if (rest.empty()) return address;
    const auto port = parse_unsigned(rest.substr(1), 1, 65535);
    if (rest.front() != ':' || !port) return failure("'" + std::string(text) + "' is no host and port");
    address.port = static_cast<std::uint16_t>(*port);
    return address;
}

Outcome<std::string> secret_of_file(const std::string& file) {
    if (auto good = check_private(file); !good) return std::unexpected(good.error());
    auto text = read_text(file, secret_max);
    if (!text) return text;
    while (text->ends_with('\n') || text->ends_with('\r')) text->pop_back();
    return text;
}

// Given as it is, in a file, or asked for; `name` is the variable, for failures.
Outcome<std::string> secret(const std::string& given, const std::string& file, const char* name, bool needed,
                            const std::string& what, Shell& shell) {
    if (!file.empty()) return secret_of_file(file);
    if (!given.empty() || !needed) return given;
    if (!can_ask(shell)) return failure("no " + what + ": " + name + ", a file or a terminal is needed");
    return read_secret(shell, what);
}

Outcome<void> take_psk(const BrokerWords& words, Shell& shell, BrokerAccess& access) {
    access.trust = net::TlsTrust::psk;
    access.identity = words.psk_identity;
    access.source = words.psk_file.empty() ? "what was given" : words.psk_file;
    const auto text =
        secret(words.psk, words.psk_file, "ESB_PSK", true, "pre-shared key of " + words.psk_identity, shell);
    if (!text) return std::unexpected(text.error());
    std::array<std::uint8_t, net::Psk::capacity()> bytes{};
    const auto digits = bare_text(*text);
    const auto key = digits.size() <= 2 * bytes.size() ? hex_decode(digits, bytes) : fail(errors::too_long);
    const bool good = key && key->size() >= 16 && access.key.assign(*key).has_value();
    wipe(bytes);
    return good ? Outcome<void>() : failure("a pre-shared key is 32 to 64 hex digits");
}

Outcome<void> take_pins(const BrokerWords& words, BrokerAccess& access) {
    access.trust = net::TlsTrust::pin;
    if (words.pins.size() > net::max_pins) return failure("at most two pins");
    for (const auto& text : words.pins) {
        net::SpkiPin pin{};
        const auto bytes = text.size() == 2 * pin.size() ? hex_decode(text, pin) : fail(errors::too_short);
        if (!bytes) return failure("a pin is the SHA-256 of a public key, 64 hex digits");
        access.pins.push_back(pin);
    }
    return {};
}

Outcome<std::string> certificates_of(const std::string& file) {
    const auto text = read_file(file, pem_max);
    if (!text) return std::unexpected(text.error());
    auto der = all_pem_bytes(*text, "CERTIFICATE");
    if (der.empty()) return failure(file + " holds no certificate (PEM)");
    return der;
}

Outcome<void> take_authorities(const BrokerWords& words, BrokerAccess& access) {
    access.trust = net::TlsTrust::ca;
    auto der = certificates_of(words.ca);
    if (!der) return std::unexpected(der.error());
    access.authorities = std::move(*der);
    return {};
}

Outcome<void> take_own_certificate(const BrokerWords& words, BrokerAccess& access) {
    if (words.cert.empty() && words.cert_key.empty()) return {};
    if (words.cert.empty() || words.cert_key.empty()) return failure("--cert and --cert-key go together");
    auto der = certificates_of(words.cert);
    if (!der) return std::unexpected(der.error());
    if (auto good = check_private(words.cert_key); !good) return good;
    const auto key = SigningKey::load_pem(words.cert_key);
    if (!key) return failure(words.cert_key, key.error());
    access.own_certificates = std::move(*der);
    static_cast<void>(access.own_key.assign(key->reveal()));
    return {};
}

}  // namespace

bool BrokerWords::any_beside_url() const {
    return !pins.empty() || !(ca + cert + cert_key + psk_identity + psk_file + password_file + psk + password).empty();
}

void BrokerWords::take_variables() {
    if (psk_file.empty()) psk = variable("ESB_PSK");
    if (password_file.empty()) password = variable("ESB_PASSWORD");
}

void BrokerWords::fill_from(const BrokerWords& other) {
    const auto fill = [](std::string& mine, const std::string& theirs) {
        if (mine.empty()) mine = theirs;
    };
    // Whoever says one thing of a pair means the other by it, too.
    const bool own_trust = !ca.empty() || !pins.empty() || !psk_identity.empty();
    const bool own_certificate = !cert.empty() || !cert_key.empty();
    fill(url, other.url);
    if (!own_trust) {
        ca = other.ca;
        pins = other.pins;
        psk_identity = other.psk_identity;
    }
    if (!own_certificate) {
        cert = other.cert;
        cert_key = other.cert_key;
    }
    if (psk_file.empty()) fill(psk, other.psk);
    if (psk.empty()) fill(psk_file, other.psk_file);
    if (password_file.empty()) fill(password, other.password);
    if (password.empty()) fill(password_file, other.password_file);
}

Outcome<BrokerUrl> parse_broker_url(std::string_view text) {
    if (text.starts_with("mqtt://")) return failure("esb speaks TLS only: mqtts://");
    if (!text.starts_with(broker_scheme))
        return failure("'" + std::string(text) + "' is not mqtts://[USER@]HOST[:PORT]");
    text.remove_prefix(broker_scheme.size());
    if (text.ends_with('/')) text.remove_suffix(1);
    BrokerUrl url;
    if (const auto at = text.rfind('@'); at != text.npos) {
        const auto user = text.substr(0, at);
        if (user.find(':') != user.npos)
            return failure(
                "a password does not belong in a URL; ESB_PASSWORD, --password-file or the terminal take it");
        auto decoded = percent_decoded(user);
        if (!decoded) return std::unexpected(decoded.error());
        if (decoded->empty() || decoded->size() > 128) return failure("a user name has 1 to 128 bytes");
        url.user = std::move(*decoded);
        text.remove_prefix(at + 1);
    }
    auto address = parse_authority(text);
    if (!address) return std::unexpected(address.error());
    url.address = std::move(*address);
    return url;
}

Outcome<BrokerAccess> access_of(BrokerWords words, Shell& shell) {
    auto url = parse_broker_url(words.url);
    if (!url) return std::unexpected(url.error());
    BrokerAccess access;
    access.address = url->address;
    access.user = url->user;
    const int ways = (words.ca.empty() ? 0 : 1) + (words.pins.empty() ? 0 : 1) + (words.psk_identity.empty() ? 0 : 1);
    if (ways != 1) {
        return failure("how is " + access.address.host +
                       " known? By --ca FILE, --pin SHA256 or --psk-identity NAME, one of them");
    }
    auto known = !words.ca.empty()     ? take_authorities(words, access)
                 : !words.pins.empty() ? take_pins(words, access)
                                       : take_psk(words, shell, access);
    if (!known) return std::unexpected(known.error());
    if (auto done = take_own_certificate(words, access); !done) return std::unexpected(done.error());
    const bool proves_itself = !access.own_certificates.empty() || access.trust == net::TlsTrust::psk;
    const bool needed = !access.user.empty() && !proves_itself;
    const auto password =
        secret(words.password, words.password_file, "ESB_PASSWORD", needed, "password of " + access.user, shell);
    if (!password) return std::unexpected(password.error());
    if (!access.user.empty() && !access.password.assign(as_bytes(*password)))
        return failure("a password has at most 128 bytes");
    return access;
}

}  // namespace esb::cli
