// The payloads of an envelope (docs/protocol.md). Parsers judge form only; policy is the updater's.
#pragma once

#include "esb/base/fixed.hpp"
#include "esb/base/identity.hpp"
#include "esb/base/result.hpp"
#include "esb/base/time.hpp"
#include "esb/crypto/crypto.hpp"
#include "esb/crypto/key_wrap.hpp"
#include "esb/ota/errors.hpp"
#include "esb/ota/keys.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace esb::ota {

inline constexpr std::size_t max_urls = 4;
inline constexpr std::size_t urls_max = 2400;   // bytes of all together; an envelope has no room for more
inline constexpr std::size_t max_devices = 32;  // in "dev"
inline constexpr std::size_t max_deltas = 4;    // in "from"
inline constexpr std::size_t max_data = 2;      // in "data"

// Who an envelope is meant for: an absent "dev" means every device. The list itself is not kept: 32 identities would
// take more memory than all the rest.
struct Audience {
    bool everyone = true;
    bool includes_us = true;
};

// Those URLs of a list that one file may be fetched from.
struct UrlGroup {
    std::uint8_t first = 0;
    std::uint8_t count = 0;
};

// One behind the other, because four of the longest would take four times the memory. The image's own come first, those
// of its packed forms and of its data follow in groups of at most max_urls.
class UrlList {
public:
    // manifest_urls when it does not fit.
    Status push_back(std::string_view url) { return add(own_, url); }
    Status add(UrlGroup& group, std::string_view url);
    // The image's own.
    std::size_t size() const { return own_.count; }
    bool empty() const { return own_.count == 0; }
    std::string_view operator[](std::size_t index) const { return at(own_, index); }
    const UrlGroup& own() const { return own_; }
    UrlGroup& own() { return own_; }
    // Of a group.
    std::string_view at(const UrlGroup& group, std::size_t index) const;
    UrlGroup all() const { return {0, size_}; }

private:
    FixedString<urls_max> text_;
    std::array<std::uint16_t, max_urls*(2 + max_deltas + max_data)> ends_{};
    std::uint8_t size_ = 0;
    UrlGroup own_;
};

// "enc": the file is the image in encrypted chunks (chunk_cipher.hpp). Its key is in the manifest, for whoever can read the
// broker's messages, or wrapped for each device by ECDH-ES+A256KW (RFC 7518 §4.6): then `sender` is the ephemeral key.
struct ImageEncryption {
    std::optional<crypto::P256PublicKey> sender;
    Secret<crypto::wrapped_key_size> key;  // 32 bytes, or wrapped_key_size for us; empty: for others only
};

// Other files that the image can be made of (packed_model.hpp); what is signed of it, size and hash, stays.
struct PackedForm {
    std::uint32_t size = 0;  // bytes, before they are encrypted
    UrlGroup urls;
};
struct DeltaForm : PackedForm {
    crypto::Digest old_sha256{};  // of the image that has to run
    std::uint32_t old_size = 0;
};
struct PackedForms {
    std::optional<PackedForm> alone;            // "z"
    FixedVector<DeltaForm, max_deltas> deltas;  // "from"
};

// Data for a pair of partitions (chip/data_partitions.hpp), which the image comes with.
struct DataFile {
    FixedString<14> part;  // of both names, what stands before "_0" and "_1"
    std::uint32_t size = 0;
    crypto::Digest sha256{};
    UrlGroup urls;
};

struct UpdateManifest {
    FixedString<31> app;
    FixedString<15> hw;
    FixedString<31> ver;
    // Always there in an esb-update. A legacy message tells neither size nor hash, and its seq with the descriptor.
    std::optional<std::uint32_t> seq;
    std::uint32_t floor = 0;
    std::optional<std::uint32_t> size;  // bytes
    std::optional<crypto::Digest> sha256;
    UrlList urls;
    Audience audience;
    std::optional<UnixTime> expires;
    std::optional<ImageEncryption> encryption;
    PackedForms forms;  // none where packed updates are left out
    FixedVector<DataFile, max_data> data;  // likewise
};

struct SignedCommand {
    enum class Kind : std::uint8_t { rollback, confirm, cancel };
    Kind kind = Kind::cancel;
    Audience audience;
    std::uint32_t counter = 0;
};

struct KeySet {
    std::uint32_t version = 0;
    FixedVector<TrustedKey, max_keys> keys;
};

// A signed change of settings. Its `set` is read by whoever knows the settings.
struct SignedConfig {
    Audience audience;
    std::uint32_t counter = 0;
};

// Unknown members are ignored; known ones of the wrong type or range are manifest_member. `us` is who asks, for the
// audience. The large ones fill what the caller has, whose contents after an error are worth nothing.
Status parse_update(ConstBytes payload, const Identity& us, UpdateManifest& out);
// The hash of some file, as far as that can be seen: what a build script that lost its hash writes in its place, zeros,
// ones, or the hash of an empty file, is manifest_no_hash.
Status check_hash(ConstBytes digest);
Result<SignedCommand> parse_command(ConstBytes payload, const Identity& us);
// `dev`, `ctr` and `set` (an object) must be there.
Result<SignedConfig> parse_config(ConstBytes payload, const Identity& us);
Status parse_keys(ConstBytes payload, KeySet& out);

}  // namespace esb::ota
