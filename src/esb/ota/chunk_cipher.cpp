#include "esb/ota/chunk_cipher.hpp"

#include "esb/crypto/hmac.hpp"

#include <algorithm>
#include <new>
#include <utility>

namespace esb::ota {
namespace {

void put_be32(MutBytes out, std::uint32_t number) {
    for (std::size_t i = 0; i < 4; ++i) out[i] = static_cast<std::uint8_t>(number >> (24 - 8 * i));
}

}  // namespace

std::array<std::uint8_t, 12> chunk_nonce(std::uint32_t number) {
    std::array<std::uint8_t, 12> nonce{};
    put_be32(MutBytes(nonce).last(4), number);
    return nonce;
}

std::array<std::uint8_t, 36> chunk_additional(std::uint32_t image_size, const crypto::Digest& image) {
    std::array<std::uint8_t, 36> additional{};
    put_be32(additional, static_cast<std::uint32_t>((std::uint64_t{image_size} + chunk_size - 1) / chunk_size));
    copy(image, MutBytes(additional).subspan(4));
    return additional;
}

Result<ContentKey> content_key(const ImageEncryption& encryption, const crypto::P256KeyPair* ours,
                               chip::Entropy& entropy) {
    ContentKey key;
    if (!encryption.sender) {
        ESB_TRY(key.assign(encryption.key.reveal()));
        return key;
    }
    if (encryption.key.empty() || ours == nullptr) return fail(errors::ota_no_key);
    std::array<std::uint8_t, 32> wrapping{};
    std::array<std::uint8_t, 32> bytes{};
    ESB_TRY(crypto::agree_on_key(ours->secret, *encryption.sender, {.algorithm = "ECDH-ES+A256KW"}, entropy, wrapping));
    const auto opened =
        crypto::unwrap_key(wrapping, encryption.key.reveal().first<crypto::wrapped_key_size>(), bytes);
    wipe(wrapping);
    static_cast<void>(key.assign(bytes));
    wipe(bytes);
    if (!opened) return fail(errors::ota_wrong_key);
    return key;
}

ContentKey key_of_form(const ContentKey& key, std::string_view name) {
    auto digest = crypto::hmac_sha256(key.reveal(), as_bytes(name));
    ContentKey made;
    static_cast<void>(made.assign(digest));  // same size
    wipe(digest);
    return made;
}

ChunkCipher::ChunkCipher(const ContentKey& key, std::uint32_t image_size, const crypto::Digest& image)
    : image_key_(key), image_size_(image_size), image_(image) {
    use_image();
}

void ChunkCipher::use_image() {
    key_ = image_key_;
    size_ = image_size_;
    additional_ = chunk_additional(size_, image_);
    begin(0);
}

void ChunkCipher::use_form(std::string_view name, std::uint32_t size) {
    key_ = key_of_form(image_key_, name);
    size_ = size;
    additional_ = chunk_additional(size_, image_);
    begin(0);
}

std::uint64_t ChunkCipher::file_offset(std::uint32_t offset) const {
    return encrypted_size(offset == size_ ? size_ : offset - offset % std::uint32_t{chunk_size});
}

void ChunkCipher::begin(std::uint32_t offset) {
    skipped_ = offset == size_ ? 0 : offset % chunk_size;
    at_ = offset - static_cast<std::uint32_t>(skipped_);
    collected_ = 0;
}

Result<ConstBytes> ChunkCipher::take(ConstBytes& piece) {
    const std::size_t plain = std::min<std::size_t>(chunk_size, size_ - at_);
    if (plain == 0) return piece.empty() ? Result<ConstBytes>(ConstBytes()) : fail(errors::ota_size);
    const std::size_t taken = std::min(piece.size(), plain + chunk_tag_size - collected_);
    copy(piece.first(taken), MutBytes(buffer_).subspan(collected_));
    piece = piece.subspan(taken);
    collected_ += taken;
    if (collected_ < plain + chunk_tag_size) return ConstBytes();
    collected_ = 0;
    const auto chunk = MutBytes(buffer_).first(plain);
    const auto tag = ConstBytes(buffer_).subspan(plain).first<chunk_tag_size>();
    const auto opened = crypto::open_aes256_gcm(key_.reveal().first<32>(), chunk_nonce(number()), additional_, chunk,
                                                tag, chunk);
    if (!opened) return fail(opened.error() == errors::bad_tag ? Error(errors::ota_chunk) : opened.error());
    at_ += static_cast<std::uint32_t>(plain);
    return ConstBytes(chunk).subspan(std::exchange(skipped_, 0));
}

Result<std::unique_ptr<ChunkCipher>> make_cipher(const UpdateManifest& manifest, const crypto::P256KeyPair* ours,
                                                 chip::Entropy& entropy) {
    std::unique_ptr<ChunkCipher> made;
    if (!manifest.encryption) return made;
    const auto key = content_key(*manifest.encryption, ours, entropy);
    if (!key) return fail(key.error());
    made.reset(new (std::nothrow) ChunkCipher(*key, *manifest.size, *manifest.sha256));
    if (!made) return fail(errors::ota_heap);
    return made;
}

}  // namespace esb::ota
