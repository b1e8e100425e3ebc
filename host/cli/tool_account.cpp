#include "host/cli/tool_account.hpp"

#include "esb/base/encoding.hpp"
#include "host/cli/config_file.hpp"
#include "host/cli/files.hpp"
#include "host/vchip/entropy_posix.hpp"

#include <sstream>

namespace esb::cli {
namespace {

constexpr std::size_t key_size = 32;       // bytes
constexpr std::size_t small_file = 65536;  // bytes; far more than these files have

std::string text_of(const BrokerAddress& address) { return address.host + ':' + std::to_string(address.port); }

Outcome<std::string> random_key() {
    vchip::HostEntropy entropy;
    std::array<std::uint8_t, key_size> key{};
    std::array<char, 2 * key_size> digits{};
    if (!entropy.fill(key)) return failure("no random numbers");
    const std::string text(hex_encode(key, digits).value_or(std::string_view()));
    wipe(key);
    return text;
}

Outcome<void> write_credentials(const std::filesystem::path& folder, const ToolAccount& account, const std::string& key,
                                std::uint16_t port) {
    if (auto done = make_private_folder(folder); !done) return done;
    const std::string text = "-h 127.0.0.1\n-p " + std::to_string(port) + "\n--psk-identity " +
                             std::string(account.name) + "\n--psk " + key + '\n';
    for (const auto file : credential_files) {
        if (auto done = replace_file(folder / file, text, 0600); !done) return done;
    }
    return {};
}

}  // namespace

Outcome<void> make_tool_accounts(const std::filesystem::path& broker_folder, std::uint16_t port) {
    std::string keys;
    std::string acl = "# Made by esb. The operator reads and writes all topics, the reader reads them.\n";
    for (const auto& account : tool_accounts) {
        const auto key = random_key();
        if (!key) return std::unexpected(key.error());
        const auto folder = broker_folder / account.folder;
        if (auto done = write_credentials(folder, account, *key, port); !done) return done;
        keys += std::string(account.name) + ':' + *key + '\n';
        acl += "user " + std::string(account.name) + '\n';
        for (const auto* filter : {"#", "$SYS/#"}) {
            const bool own = filter[0] == '$';  // the broker's own: nobody writes there
            acl += "topic " + std::string(own ? "read" : account.access) + ' ' + filter + '\n';
        }
    }
    if (auto done = replace_file(broker_folder / "tools.acl", acl, 0600); !done) return done;
    return replace_file(broker_folder / "tools.psk", keys, 0600);
}

bool has_tool_accounts(const std::filesystem::path& broker_folder) {
    std::error_code error;
    return std::filesystem::exists(broker_folder / "tools.psk", error) &&
           std::filesystem::exists(broker_folder / "tools.acl", error);
}

Outcome<BrokerAccess> operator_access(const std::filesystem::path& broker_folder) {
    const auto file = broker_folder / operator_account.folder / credential_files.front();
    if (auto good = check_private(file); !good) return failure("no operator credentials: " + good.error().line);
    const auto text = read_file(file, small_file);
    if (!text) return failure("no operator credentials: " + text.error().line);

    BrokerAccess access;
    std::string key;
    std::istringstream lines(*text);
    for (std::string option, value; lines >> option >> value;) {
        if (option == "-h") access.address.host = value;
        if (option == "-p") {
            const auto port = parse_unsigned(value, 1, 65535);
            access.address.port = static_cast<std::uint16_t>(port.value_or(0));
        }
        if (option == "--psk-identity") access.identity = value;
        if (option == "--psk") key = value;
    }
    std::array<std::uint8_t, key_size> bytes{};
    const auto decoded = hex_decode(key, bytes);
    const bool good = decoded && decoded->size() == key_size && !access.identity.empty() && access.address.port != 0 &&
                      access.key.assign(*decoded).has_value();
    wipe(bytes);
    if (!good) return failure(file.string() + " does not hold what `esb broker init` writes there");
    access.source = file.string();
    return access;
}

Outcome<void> remember_broker(const BrokerAddress& address, const std::filesystem::path& broker_folder) {
    const auto folder = config_folder();
    std::error_code error;
    std::filesystem::create_directories(folder.parent_path(), error);
    if (auto done = make_private_folder(folder); !done) return done;
    const auto lock = FolderLock::take(folder);
    if (!lock) return std::unexpected(lock.error());
    std::string text = text_of(address) + ' ' + broker_folder.string() + '\n';
    if (const auto known = read_file(folder / "brokers", small_file)) {
        std::istringstream lines(*known);
        for (std::string line; std::getline(lines, line);) {
            if (!line.starts_with(text_of(address) + ' ')) text += line + '\n';
        }
    }
    return replace_file(folder / "brokers", text, 0600);
}

Outcome<std::filesystem::path> remembered_broker(const BrokerAddress& address) {
    const auto wanted = text_of(address) + ' ';
    if (const auto known = read_file(config_folder() / "brokers", small_file)) {
        std::istringstream lines(*known);
        for (std::string line; std::getline(lines, line);) {
            if (line.starts_with(wanted)) return std::filesystem::path(line.substr(wanted.size()));
        }
    }
    return failure("no operator credentials found for " + text_of(address) +
                   ": name the broker's folder with --broker-dir or ESB_BROKER_DIR (`esb broker init` makes one)");
}

}  // namespace esb::cli
