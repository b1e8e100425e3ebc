#include "host/nvs/keys.hpp"

#include "esb/crypto/hmac.hpp"
#include "host/nvs/format.hpp"

namespace esb::nvs {
namespace {

// What ESP-IDF's nvs_sec_provider hashes for each: eight times these four bytes.
constexpr std::array<std::uint8_t, 4> data_seed{0x5A, 0x5A, 0xBE, 0xAE};
constexpr std::array<std::uint8_t, 4> tweak_seed{0xA5, 0xA5, 0xDE, 0xCE};

crypto::Digest half_of(ConstBytes key, const std::array<std::uint8_t, 4>& seed) {
    std::array<std::uint8_t, 32> message{};
    for (std::size_t i = 0; i < message.size(); ++i) message[i] = seed[i % seed.size()];
    return crypto::hmac_sha256(key, message);
}

}  // namespace

std::vector<std::uint8_t> keys_partition(const Keys& keys) {
    std::vector<std::uint8_t> image(page_size, 0xFF);
    ByteWriter writer(image);
    writer.bytes(keys).le32(checksum(keys));
    return image;
}

Result<Keys> read_keys_partition(ConstBytes image) {
    if (image.size() != page_size) return fail(errors::nvs_keys);
    ByteReader reader(image);
    Keys keys{};
    copy(*reader.take(keys_size), keys);
    if (*reader.le32() != checksum(keys)) return fail(errors::nvs_keys);
    return keys;
}

Keys keys_of_hmac_key(std::span<const std::uint8_t, hmac_key_size> key) {
    Keys keys{};
    copy(half_of(key, data_seed), MutBytes(keys).first(32));
    copy(half_of(key, tweak_seed), MutBytes(keys).last(32));
    return keys;
}

}  // namespace esb::nvs
