#include "host/cli/public_keys.hpp"

#include "esb/base/json.hpp"
#include "host/cli/files.hpp"
#include "host/cli/signing_key.hpp"

namespace esb::cli {
namespace {

constexpr std::size_t key_file_max = 64 * 1024;

Outcome<std::string> key_of_file(const std::string& path) {
    const auto text = read_bare_text(path, key_file_max);
    if (!text) return text;
    if (text->starts_with("-----BEGIN")) {
        const auto key = SigningKey::load_pem(path);
        if (!key) return failure(path, key.error());
        return key->public_text();
    }
    if (!text->starts_with('{')) return text;
    const auto document = JsonDocument::parse(as_bytes(*text));
    if (!document) return failure(path, document.error());
    const auto x = document->root()["x"].text();
    const auto y = document->root()["y"].text();
    if (!x || !y) return failure(path + ": this JWK has no coordinates x and y");
    return std::string(*x) + '.' + std::string(*y);
}

}  // namespace

Outcome<std::string> public_key(const std::string& text_or_file) {
    std::error_code error;
    return std::filesystem::is_regular_file(text_or_file, error) ? key_of_file(text_or_file) : text_or_file;
}

Outcome<std::vector<std::string>> public_keys(const std::vector<std::string>& texts_or_files) {
    std::vector<std::string> keys;
    for (const auto& text : texts_or_files) {
        auto key = public_key(text);
        if (!key) return std::unexpected(key.error());
        keys.push_back(std::move(*key));
    }
    return keys;
}

}  // namespace esb::cli
