#include "host/cli/ledger_text.hpp"

#include "esb/base/ascii.hpp"
#include "esb/base/crc32.hpp"
#include "esb/base/encoding.hpp"
#include "esb/base/identity.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace esb::cli {
namespace {

constexpr std::size_t name_max = 40;
constexpr std::size_t crc_digits = 8;
constexpr char between_settings = '\n';
constexpr std::string_view unset_mark = "-";  // before the name of a setting that goes back to its default

std::string hex(ConstBytes bytes) {
    std::string text(2 * bytes.size(), '\0');
    static_cast<void>(hex_encode(bytes, text));
    return text;
}

std::string crc_of(std::string_view text) {
    const auto crc = crc32(as_bytes(text));
    const std::array<std::uint8_t, 4> bytes{static_cast<std::uint8_t>(crc >> 24), static_cast<std::uint8_t>(crc >> 16),
                                            static_cast<std::uint8_t>(crc >> 8), static_cast<std::uint8_t>(crc)};
    return hex(bytes);
}

std::string sealed(std::string line) {
    line += ' ';
    return line + crc_of(line) + '\n';
}

using Words = std::map<std::string_view, std::string_view>;

// The words of a line behind its kind; empty when one comes twice or is none.
std::optional<Words> words_of(std::string_view line) {
    Words words;
    while (!line.empty()) {
        const auto word = line.substr(0, line.find(' '));
        line.remove_prefix(std::min(word.size() + 1, line.size()));
        const auto equals = word.find('=');
        if (equals == std::string_view::npos) return std::nullopt;
        if (!words.emplace(word.substr(0, equals), word.substr(equals + 1)).second) return std::nullopt;
    }
    return words;
}

bool take(Words& words, std::string_view name, std::string& out) {
    const auto found = words.find(name);
    if (found == words.end()) return false;
    out = found->second;
    words.erase(found);
    return true;
}

bool is_hex(std::string_view text, std::size_t bytes) {
    return text.size() == 2 * bytes && std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

std::string settings_text(const std::vector<SettingWord>& settings) {
    std::string text;
    for (const auto& word : settings) {
        if (!text.empty()) text += between_settings;
        text += word.unset ? std::string(unset_mark) + word.name : word.name + '=' + word.value;
    }
    return text;
}

bool read_settings(std::string_view text, std::vector<SettingWord>& out) {
    while (!text.empty()) {
        const auto line = text.substr(0, text.find(between_settings));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        SettingWord word;
        const auto equals = line.find('=');
        word.unset = line.starts_with(unset_mark);
        if (!word.unset && equals == std::string_view::npos) return false;
        word.name = word.unset ? line.substr(1) : line.substr(0, equals);
        if (!word.unset) word.value = line.substr(equals + 1);
        out.push_back(std::move(word));
    }
    return true;
}

bool read_encryption(std::string_view word, NvsEncryption& out) {
    for (const auto one : {NvsEncryption::none, NvsEncryption::flash, NvsEncryption::hmac}) {
        if (word_of(one) != word) continue;
        out = one;
        return true;
    }
    return false;
}

std::optional<FactoryBatch> read_batch(Words words) {
    FactoryBatch batch;
    std::string by, encryption, lock, size, settings;
    const bool whole = take(words, "name", batch.name) && take(words, "by", by) && take(words, "encrypt", encryption) &&
                       take(words, "lock", lock) && take(words, "nvs", size) && take(words, "settings", settings);
    if (!whole || !words.empty() || !is_batch_name(batch.name)) return std::nullopt;
    batch.prefix = by;
    batch.kind.given = !by.empty();
    batch.kind.lock = lock == "1";
    const auto bytes = parse_unsigned(size, 0, 1U << 24);
    std::string text(settings.size() / 2, '\0');
    const auto decoded = hex_decode(settings, {reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
    if (!bytes || !decoded || !read_encryption(encryption, batch.kind.encryption)) return std::nullopt;
    batch.kind.nvs_size = *bytes;
    if (!read_settings(text, batch.kind.settings)) return std::nullopt;
    return batch;
}

std::optional<LedgerDevice> read_device(Words words) {
    LedgerDevice made;
    auto& device = made.device;
    const bool whole = take(words, "batch", made.batch) && take(words, "ident", device.identity) &&
                       take(words, "psk", device.psk) && take(words, "ap", device.ap_password) &&
                       take(words, "console", device.console_password) && take(words, "salt", device.salt) &&
                       take(words, "nvs", device.nvs_key);
    if (!whole || !words.empty()) return std::nullopt;
    const auto& key = device.nvs_key;
    const bool good = make_identity(device.identity) && is_hex(device.psk, 16) &&
                      (device.salt.empty() ? device.console_password.empty() : is_hex(device.salt, 16)) &&
                      (key.empty() || is_hex(key, 32) || is_hex(key, 64));
    if (!good) return std::nullopt;
    return made;
}

class Parser {
public:
    // False: the line is not one.
    bool take(std::string_view line) {
        if (line.size() < crc_digits ||
            crc_of(line.substr(0, line.size() - crc_digits)) != line.substr(line.size() - crc_digits))
            return false;
        line.remove_suffix(crc_digits);
        if (!line.ends_with(' ')) return false;
        line.remove_suffix(1);
        const auto kind = line.substr(0, line.find(' '));
        const auto words = words_of(line.substr(std::min(kind.size() + 1, line.size())));
        if (!words) return false;
        if (kind == "batch") return add(read_batch(*words));
        return kind == "device" && add(read_device(*words));
    }
    LedgerText text;

private:
    bool add(std::optional<FactoryBatch> batch) {
        if (!batch || !batches_.insert(batch->name).second) return false;
        text.batches.push_back(std::move(*batch));
        return true;
    }
    bool add(std::optional<LedgerDevice> device) {
        if (!device || !batches_.contains(device->batch)) return false;
        if (!identities_.insert(device->device.identity).second) return false;
        text.devices.push_back(std::move(*device));
        return true;
    }

    std::set<std::string> batches_;
    std::set<std::string> identities_;
};

}  // namespace

Outcome<LedgerText> parse_ledger(std::string_view text) {
    if (!text.starts_with(ledger_head)) return failure("this is no ledger of esb factory");
    Parser parser;
    std::size_t number = 1;
    std::size_t at = ledger_head.size();
    for (auto end = text.find('\n', at); end != std::string_view::npos; end = text.find('\n', at)) {
        ++number;
        if (!parser.take(text.substr(at, end - at)))
            return failure("line " + std::to_string(number) + " is damaged; nothing is issued until it is mended");
        at = end + 1;
    }
    parser.text.whole = at;
    return std::move(parser.text);
}

std::string ledger_line(const FactoryBatch& batch) {
    const auto& kind = batch.kind;
    return sealed("batch name=" + batch.name + " by=" + batch.prefix +
                  " encrypt=" + std::string(word_of(kind.encryption)) + " lock=" + (kind.lock ? "1" : "0") +
                  " nvs=" + std::to_string(kind.nvs_size) + " settings=" + hex(as_bytes(settings_text(kind.settings))));
}

std::string ledger_line(const std::string& batch, const FactoryDevice& device) {
    return sealed("device batch=" + batch + " ident=" + device.identity + " psk=" + device.psk +
                  " ap=" + device.ap_password + " console=" + device.console_password + " salt=" + device.salt +
                  " nvs=" + device.nvs_key);
}

bool is_batch_name(std::string_view name) {
    const bool plain = std::all_of(name.begin(), name.end(),
                                   [](char c) { return is_alphanumeric(c) || c == '.' || c == '_' || c == '-'; });
    return plain && !name.empty() && name.size() <= name_max && name.front() != '.' && name.front() != '-';
}

}  // namespace esb::cli
