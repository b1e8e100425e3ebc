#include "host/cli/broker_config.hpp"

#include "esb/base/encoding.hpp"

#include <algorithm>
#include <array>
#include <sstream>
#include <vector>

namespace esb::cli {
namespace {

constexpr std::string_view certificate_suites = "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL";
constexpr std::string_view psk_suites =
    "ECDHE-PSK-CHACHA20-POLY1305:ECDHE-PSK-AES256-CBC-SHA384:ECDHE-PSK-AES128-CBC-SHA256";

std::string limit_lines() {
    return "# No device can hold more: what is larger is not delivered.\nmessage_size_limit " +
           std::to_string(message_size_limit) + '\n';
}

// What both listeners have in common after their first line.
std::string tls_lines(const std::filesystem::path& folder, std::string_view hint, std::string_view psk,
                      std::string_view acl) {
    std::string text = "psk_hint " + std::string(hint) + '\n';
    text += "psk_file " + (folder / psk).string() + '\n';
    text += "use_identity_as_username true\n";
    text += "allow_anonymous false\n";
    text += "acl_file " + (folder / acl).string() + '\n';
    text += "tls_version tlsv1.2\n";
    text += "ciphers " + std::string(psk_suites) + '\n';
    return text;
}

std::string tools_lines(const std::filesystem::path& folder, std::uint16_t port,
                        const std::string& bind = "127.0.0.1") {
    return "# The operator's tools and services that read: each with a key of its own.\nlistener " +
           std::to_string(port) + ' ' + bind + '\n' + tls_lines(folder, "esb-tools", "tools.psk", "tools.acl");
}

// A listener with a certificate, for clients with certificates or, when there is a list of them, with passwords.
std::string certificate_lines(const std::filesystem::path& folder, bool passwords, std::string_view acl) {
    const auto tls = folder / "tls";
    std::error_code error;
    std::string text = "cafile " + (tls / "ca.crt").string() + '\n';
    text += "certfile " + (tls / "server.crt").string() + '\n';
    text += "keyfile " + (tls / "server.key").string() + '\n';
    if (passwords) {
        text += "password_file " + (folder / "passwords").string() + '\n';
    } else {
        if (std::filesystem::exists(tls / "crl.pem", error)) text += "crlfile " + (tls / "crl.pem").string() + '\n';
        text += "require_certificate true\nuse_identity_as_username true\n";
    }
    text += "allow_anonymous false\n";
    text += "acl_file " + (folder / acl).string() + '\n';
    text += "tls_version tlsv1.2\n";
    text += "ciphers " + std::string(certificate_suites) + '\n';
    return text;
}

std::string listener_line(std::uint16_t port, const std::string& bind) {
    return "listener " + std::to_string(port) + ' ' + bind + '\n';
}

std::string device_lines(const std::filesystem::path& folder, const BrokerOptions& options) {
    std::string text;
    if (options.tls.keys) {
        text +=
            "# Devices: TLS with a key of their own. The identity is user name and client id, whatever CONNECT says,\n";
        text += "# so no device can take another's place. Only suites with forward secrecy.\n";
        text += listener_line(options.port, options.bind);
        text += tls_lines(folder, options.hint, "psk", "acl");
        text += "use_username_as_clientid true\n\n";
    }
    if (options.tls.certificates) {
        text += options.tls.passwords
                    ? "# Devices with a user name and a password.\n"
                    : "# Devices with a certificate of their own: its common name is their identity.\n";
        text += listener_line(options.tls.keys ? options.certificate_port : options.port, options.bind);
        text += certificate_lines(folder, options.tls.passwords, "certificates.acl");
        text += "use_username_as_clientid true\n\n";
    }
    if (options.operator_port != 0) {
        text += "# Operators and services that read, with certificates.\n";
        text += listener_line(options.operator_port, options.bind);
        text += certificate_lines(folder, false, "tools.acl") + '\n';
    }
    return text;
}

std::vector<std::string> words_of(const std::string& line) {
    std::istringstream in(line);
    std::vector<std::string> words;
    for (std::string word; in >> word;) words.push_back(word);
    return words;
}

bool is_anonymous_line(const std::string& line) {
    const auto words = words_of(line);
    return words.size() >= 2 && words[0] == "allow_anonymous" && (words[1] == "true" || words[1] == "1");
}

struct Section {  // the lines before the first listener, or one listener
    std::vector<std::string> lines;
    bool anonymous() const { return std::any_of(lines.begin(), lines.end(), is_anonymous_line); }
    // The port, when this is the tools' listener as it was once written.
    std::uint16_t old_tools_port() const {
        const auto words = lines.empty() ? std::vector<std::string>{} : words_of(lines.front());
        const bool tools = words.size() == 3 && words[0] == "listener" && words[2] == "127.0.0.1" && anonymous();
        return tools ? static_cast<std::uint16_t>(parse_unsigned(words[1], 1, 65535).value_or(0)) : 0;
    }
};

std::vector<Section> sections_of(const std::string& config) {
    std::vector<Section> sections(1);
    std::istringstream lines(config);
    for (std::string line; std::getline(lines, line);) {
        const auto words = words_of(line);
        if (!words.empty() && words[0] == "listener") sections.emplace_back();
        sections.back().lines.push_back(line);
    }
    return sections;
}

}  // namespace

std::string mosquitto_config(const std::filesystem::path& folder, const BrokerOptions& options) {
    const auto file = [&folder](std::string_view name) { return (folder / name).string() + '\n'; };
    std::string text;
    text += "# A broker for ESP32 Secure Base devices. Made by `esb broker init`; start it with\n";
    text += "#   mosquitto -c " + file("mosquitto.conf");
    text += "# Accounts are changed by `esb broker add` and `esb broker remove`.\n\n";
    // Has to stand before everything it changes the meaning of.
    text += "per_listener_settings true\n";
    text += "set_tcp_nodelay true\n";  // small packets both ways: Nagle would cost 40 ms each
    text += limit_lines();
    text += "user " + options.user + '\n';
    text += "pid_file " + file("mosquitto.pid");
    text += "persistence true\n";
    text += "persistence_location " + (folder / "data").string() + "/\n";
    text += "autosave_interval 300\n";
    text += "log_dest file " + file("mosquitto.log");
    text += "log_type error\nlog_type warning\nlog_type notice\nlog_type information\n";
    text += "log_timestamp_format %Y-%m-%dT%H:%M:%S\n";
    text += "connection_messages true\n\n";
    text += device_lines(folder, options);
    text += tools_lines(folder, options.tools_port, options.tools_bind);
    return text;
}

bool lets_anybody_in(const std::string& config) {
    const auto sections = sections_of(config);
    return std::any_of(sections.begin(), sections.end(), [](const Section& one) { return one.anonymous(); });
}

Outcome<UpgradedConfig> upgraded_config(const std::string& config, const std::filesystem::path& folder) {
    UpgradedConfig fresh;
    if (config.find("\nmessage_size_limit ") == std::string::npos) fresh.text = limit_lines();
    for (const auto& section : sections_of(config)) {
        const auto port = fresh.tools_port == 0 ? section.old_tools_port() : std::uint16_t{0};
        if (port == 0 && section.anonymous()) {
            return failure(
                "mosquitto.conf has an anonymous listener that esb did not write; take `allow_anonymous true` "
                "away from: " +
                section.lines.front());
        }
        if (port != 0) {
            fresh.tools_port = port;
            fresh.text += tools_lines(folder, port);
        }
        for (std::size_t at = port != 0 ? 1 : 0; at < section.lines.size(); ++at) {
            const auto& line = section.lines[at];
            const bool stale = is_anonymous_line(line) || line.starts_with("# The operator's tools: plain");
            if (!stale) fresh.text += line + '\n';
        }
    }
    if (fresh.tools_port == 0) return failure("mosquitto.conf has no listener for tools on 127.0.0.1");
    return fresh;
}

}  // namespace esb::cli
