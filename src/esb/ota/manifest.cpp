#include "esb/ota/manifest.hpp"

#include "esb/base/encoding.hpp"
#include "esb/base/features.hpp"
#include "esb/base/json.hpp"

#include <algorithm>
#include <limits>
#include <memory>

namespace esb::ota {
namespace {

constexpr JsonLimits payload_limits{.max_size = 4096, .max_depth = 3};
constexpr JsonLimits deep_limits{.max_size = payload_limits.max_size, .max_depth = 4};
constexpr std::int64_t u32_max = std::numeric_limits<std::uint32_t>::max();

std::unexpected<Error> bad() { return fail(errors::manifest_member); }

template <std::size_t N>
Status read_text(JsonValue value, FixedString<N>& out) {
    const auto text = value.text();
    if (!text || text->empty() || !out.assign(*text)) return bad();
    return {};
}

// A text that may become part of a file name, a topic or a screen: printable ASCII without spaces.
template <std::size_t N>
Status read_word(JsonValue value, FixedString<N>& out) {
    ESB_TRY(read_text(value, out));
    const auto printable = [](char c) { return c > 0x20 && c < 0x7F; };
    const std::string_view word = out.view();
    return std::all_of(word.begin(), word.end(), printable) ? Status() : bad();
}

Status read_u32(JsonValue value, std::int64_t low, std::uint32_t& out) {
    const auto number = value.integer(low, u32_max);
    if (!number) return bad();
    out = static_cast<std::uint32_t>(*number);
    return {};
}

Status read_u32(JsonValue value, std::int64_t low, std::optional<std::uint32_t>& out) {
    return read_u32(value, low, out.emplace());
}

Status read_hash(JsonValue value, std::optional<crypto::Digest>& out) {
    const auto text = value.text();
    auto& digest = out.emplace();
    if (!text || text->size() != 2 * digest.size() || !hex_decode(*text, digest)) return bad();
    return check_hash(digest);
}

Status read_urls(JsonValue value, UrlList& urls, UrlGroup& group) {
    if (!value.is_array()) return bad();
    if (value.size() == 0 || value.size() > max_urls) return fail(errors::manifest_urls);
    for (JsonValue item = value.first(); item.is_present(); item = item.next()) {
        const auto url = item.text();
        if (!url || url->empty()) return bad();
        ESB_TRY(urls.add(group, *url));
    }
    return {};
}

// In one text, each behind a space: firmwares from before the packed forms refuse a list so deep inside.
Status read_form_urls(JsonValue value, UrlList& urls, UrlGroup& group) {
    auto rest = value.text().value_or(std::string_view());
    for (bool more = true; more;) {
        const auto end = std::min(rest.find(' '), rest.size());
        if (end == 0) return bad();
        ESB_TRY(urls.add(group, rest.substr(0, end)));
        more = end < rest.size();
        if (more) rest.remove_prefix(end + 1);
    }
    return {};
}

// Absent means everyone; an empty list would mean nobody and is surely a mistake.
Status read_audience(JsonValue value, const Identity& us, Audience& audience) {
    if (!value.is_present()) return {};
    if (!value.is_array() || value.size() == 0 || value.size() > max_devices) return bad();
    audience = {.everyone = false, .includes_us = false};
    for (JsonValue item = value.first(); item.is_present(); item = item.next()) {
        const auto text = item.text();
        if (!text) return bad();
        const auto identity = make_identity(*text);
        if (!identity) return bad();
        audience.includes_us = audience.includes_us || *identity == us;
    }
    return {};
}

Status read_expiry(JsonValue value, std::optional<UnixTime>& expires) {
    if (!value.is_present()) return {};
    const auto seconds = value.integer(0, std::numeric_limits<std::int64_t>::max());
    if (!seconds) return bad();
    expires = UnixTime(*seconds);
    return {};
}

Result<TrustedKey> read_jwk(JsonValue jwk) {
    if (jwk["kty"].text().value_or("") != "EC" || jwk["crv"].text().value_or("") != "P-256") return bad();
    if (jwk["d"].is_present()) return bad();  // a private key has no business here
    FixedString<2 * base64url_size(32) + 1> text;
    const auto x = jwk["x"].text();
    const auto y = jwk["y"].text();
    if (!x || !y || !text.append(*x) || !text.append('.') || !text.append(*y)) return bad();
    return parse_key(text);
}

// Exactly one spelling of exactly that many bytes.
Status read_bytes(JsonValue value, MutBytes out) {
    const auto text = value.text();
    if (!text || text->size() != base64url_size(out.size()) || !base64url_decode(*text, out)) return bad();
    return {};
}

template <std::size_t N>
Status read_key(JsonValue value, Secret<crypto::wrapped_key_size>& key) {
    std::array<std::uint8_t, N> bytes{};
    ESB_TRY(read_bytes(value, bytes));
    const auto kept = key.assign(bytes);
    wipe(bytes);
    return kept;
}

// Each entry has to be sound, ours is kept.
Status read_wrapped_keys(JsonValue value, const Identity& us, Secret<crypto::wrapped_key_size>& ours) {
    if (!value.is_object() || value.size() == 0 || value.size() > max_devices) return bad();
    for (JsonValue item = value.first(); item.is_present(); item = item.next()) {
        const auto identity = make_identity(item.name());
        Secret<crypto::wrapped_key_size> key;
        if (!identity) return bad();
        ESB_TRY(read_key<crypto::wrapped_key_size>(item, key));
        if (*identity == us) ours = key;
    }
    return {};
}

Status read_encryption(JsonValue value, const Identity& us, std::optional<ImageEncryption>& out) {
    if (!value.is_present()) return {};
    if (value["alg"].text().value_or("") != "A256GCM") return fail(errors::manifest_encryption);
    auto& made = out.emplace();
    const JsonValue plain = value["key"];
    const JsonValue sender = value["epk"];
    const JsonValue wrapped = value["for"];
    if (plain.is_present() == wrapped.is_present() || sender.is_present() != wrapped.is_present()) return bad();
    if (plain.is_present()) return read_key<32>(plain, made.key);
    const auto key = read_jwk(sender);
    if (!key) return fail(key.error());
    made.sender = key->key;
    return read_wrapped_keys(wrapped, us, made.key);
}

Status read_form(JsonValue value, const char* size, UrlList& urls, PackedForm& out) {
    if (!value.is_object()) return bad();
    ESB_TRY(read_u32(value[size], 1, out.size));
    return read_form_urls(value["url"], urls, out.urls);
}

Status read_delta(JsonValue value, UrlList& urls, DeltaForm& out) {
    ESB_TRY(read_form(value, "packed", urls, out));
    std::optional<crypto::Digest> old;
    ESB_TRY(read_hash(value["sha256"], old));
    out.old_sha256 = *old;
    return read_u32(value["size"], 1, out.old_size);
}

Status read_forms(JsonValue root, UpdateManifest& manifest) {
    const JsonValue alone = root["z"];
    const JsonValue deltas = root["from"];
    if (alone.is_present()) ESB_TRY(read_form(alone, "size", manifest.urls, manifest.forms.alone.emplace()));
    if (!deltas.is_present()) return {};
    if (!deltas.is_array() || deltas.size() == 0 || deltas.size() > max_deltas) return bad();
    for (JsonValue item = deltas.first(); item.is_present(); item = item.next()) {
        DeltaForm delta;
        ESB_TRY(read_delta(item, manifest.urls, delta));
        static_cast<void>(manifest.forms.deltas.push_back(delta));  // there is room
    }
    return {};
}

// What becomes a partition's name.
Status read_part(JsonValue value, const UpdateManifest& manifest, FixedString<14>& out) {
    ESB_TRY(read_text(value, out));
    const std::string_view name = out.view();
    const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
    const auto same = [name](const DataFile& other) { return other.part == name; };
    if (!std::all_of(name.begin(), name.end(), allowed)) return bad();
    return std::any_of(manifest.data.begin(), manifest.data.end(), same) ? bad() : Status();
}

Status read_data_file(JsonValue value, UpdateManifest& manifest) {
    if (!value.is_object()) return bad();
    DataFile file;
    ESB_TRY(read_part(value["part"], manifest, file.part));
    ESB_TRY(read_u32(value["size"], 1, file.size));
    std::optional<crypto::Digest> hash;
    ESB_TRY(read_hash(value["sha256"], hash));
    file.sha256 = *hash;
    ESB_TRY(read_urls(value["url"], manifest.urls, file.urls));
    return manifest.data.push_back(file);  // there is room
}

// Its lists of addresses lie deeper than firmwares from before it read: they refuse the whole, and do not install an image
// without its data.
Status read_data(JsonValue value, UpdateManifest& manifest) {
    if (!value.is_present()) return {};
    if constexpr (with_data_partitions) {
        if (!value.is_array() || value.size() == 0 || value.size() > max_data) return bad();
        for (JsonValue item = value.first(); item.is_present(); item = item.next()) {
            ESB_TRY(read_data_file(item, manifest));
        }
        return {};
    } else {
        return fail(errors::ota_data_off);
    }
}

}  // namespace

Status UrlList::add(UrlGroup& group, std::string_view url) {
    if (group.count == 0) group.first = size_;
    const bool follows = group.first + group.count == size_;
    if (!follows || group.count == max_urls || size_ == ends_.size() || !text_.append(url)) {
        return fail(errors::manifest_urls);
    }
    ends_[size_++] = static_cast<std::uint16_t>(text_.size());
    ++group.count;
    return {};
}

std::string_view UrlList::at(const UrlGroup& group, std::size_t index) const {
    index += group.first;
    const std::size_t begin = index == 0 ? 0 : ends_[index - 1];
    return text_.view().substr(begin, ends_[index] - begin);
}

Status check_hash(ConstBytes digest) {
    const auto only = [digest](std::uint8_t byte) {
        return std::all_of(digest.begin(), digest.end(), [byte](std::uint8_t b) { return b == byte; });
    };
    bool of_nothing = equal(digest, crypto::sha256({}));
    if constexpr (with_legacy_md5) of_nothing = of_nothing || equal(digest, crypto::Md5().finish());
    return only(0x00) || only(0xFF) || of_nothing ? Status(fail(errors::manifest_no_hash)) : Status();
}

Status parse_update(ConstBytes payload, const Identity& us, UpdateManifest& manifest) {
    const auto document = JsonDocument::parse(payload, deep_limits);
    if (!document) return fail(document.error());
    const JsonValue root = document->root();
    std::destroy_at(&manifest);  // not by assignment: a second one would be too much for the stack
    std::construct_at(&manifest);
    ESB_TRY(read_word(root["app"], manifest.app));
    ESB_TRY(read_word(root["hw"], manifest.hw));
    ESB_TRY(read_word(root["ver"], manifest.ver));
    ESB_TRY(read_u32(root["seq"], 1, manifest.seq));
    ESB_TRY(read_u32(root["floor"], 0, manifest.floor));
    ESB_TRY(read_u32(root["size"], 1, manifest.size));
    ESB_TRY(read_hash(root["sha256"], manifest.sha256));
    ESB_TRY(read_urls(root["url"], manifest.urls, manifest.urls.own()));
    ESB_TRY(read_audience(root["dev"], us, manifest.audience));
    ESB_TRY(read_expiry(root["exp"], manifest.expires));
    if (manifest.floor > manifest.seq) return bad();  // it would forbid itself
    if constexpr (with_packed_updates) ESB_TRY(read_forms(root, manifest));
    ESB_TRY(read_data(root["data"], manifest));
    return read_encryption(root["enc"], us, manifest.encryption);
}

Result<SignedCommand> parse_command(ConstBytes payload, const Identity& us) {
    const auto document = JsonDocument::parse(payload, payload_limits);
    if (!document) return fail(document.error());
    const JsonValue root = document->root();
    SignedCommand command;
    const std::string_view verb = root["cmd"].text().value_or("");
    if (verb == "rollback") {
        command.kind = SignedCommand::Kind::rollback;
    } else if (verb == "confirm") {
        command.kind = SignedCommand::Kind::confirm;
    } else if (verb != "cancel") {
        return bad();
    }
    ESB_TRY(read_audience(root["dev"], us, command.audience));
    ESB_TRY(read_u32(root["ctr"], 1, command.counter));
    return command;
}

Result<SignedConfig> parse_config(ConstBytes payload, const Identity& us) {
    const auto document = JsonDocument::parse(payload, deep_limits);
    if (!document) return fail(document.error());
    const JsonValue root = document->root();
    SignedConfig config;
    ESB_TRY(read_audience(root["dev"], us, config.audience));
    ESB_TRY(read_u32(root["ctr"], 1, config.counter));
    if (config.audience.everyone || !root["set"].is_object()) return bad();
    return config;
}

Status parse_keys(ConstBytes payload, KeySet& set) {
    const auto document = JsonDocument::parse(payload, payload_limits);
    if (!document) return fail(document.error());
    const JsonValue root = document->root();
    set = {};
    ESB_TRY(read_u32(root["ver"], 1, set.version));
    const JsonValue keys = root["keys"];
    if (!keys.is_array() || keys.size() == 0 || keys.size() > max_keys) return bad();
    for (JsonValue jwk = keys.first(); jwk.is_present(); jwk = jwk.next()) {
        const auto key = read_jwk(jwk);
        if (!key) return fail(key.error());
        const auto same = [&](const TrustedKey& held) { return held.key == key->key; };
        if (std::any_of(set.keys.begin(), set.keys.end(), same)) return bad();
        ESB_TRY(set.keys.push_back(*key));
    }
    return {};
}

}  // namespace esb::ota
