// An encrypted image: 4096-byte chunks, the last one shorter, each behind AES-256-GCM with its tag, so that a download goes
// on at any chunk and one chunk of memory suffices. The nonce is the chunk's number; the additional data, how many
// there are and the image's SHA-256, tie each to its place in its image. A key is used for one image only: each packed
// form of it has a key of its own, made of the image's.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/result.hpp"
#include "esb/base/secret.hpp"
#include "esb/crypto/crypto.hpp"
#include "esb/crypto/key_agreement.hpp"
#include "esb/ota/errors.hpp"
#include "esb/ota/manifest.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace esb::ota {

using ContentKey = Secret<32>;

inline constexpr std::size_t chunk_size = 4096;  // bytes of the image
inline constexpr std::size_t chunk_tag_size = 16;

// Of the file, for an image of that size.
constexpr std::uint64_t encrypted_size(std::uint32_t image_size) {
    return image_size + (std::uint64_t{image_size} + chunk_size - 1) / chunk_size * chunk_tag_size;
}

// What encrypts and opens chunk `number`; numbers are big-endian.
std::array<std::uint8_t, 12> chunk_nonce(std::uint32_t number);
std::array<std::uint8_t, 36> chunk_additional(std::uint32_t image_size, const crypto::Digest& image);

// The key of the manifest's image. `ours` may be null. ota_no_key, ota_wrong_key; bad_key, no_entropy, no_memory.
Result<ContentKey> content_key(const ImageEncryption& encryption, const crypto::P256KeyPair* ours,
                               chip::Entropy& entropy);

// The key of a packed form. `name`: "esb z", or "esb from " and the old image's SHA-256 in hex.
ContentKey key_of_form(const ContentKey& key, std::string_view name);

// Opens the image, or the one of its packed forms that it was told of last.
class ChunkCipher {
public:
    ChunkCipher(const ContentKey& key, std::uint32_t image_size, const crypto::Digest& image);

    void use_image();
    void use_form(std::string_view name, std::uint32_t size);

    // Where the chunk of that byte begins in the file; at the end of what was encrypted, the file's end.
    std::uint64_t file_offset(std::uint32_t offset) const;
    std::uint64_t file_size() const { return encrypted_size(size_); }
    // What is taken next is the chunk of that byte; of it, only what does not lie before it is given. What was collected of
    // another chunk is dropped.
    void begin(std::uint32_t offset);
    // Takes bytes of the file off `piece`. The opened chunk once it is whole, until the next call; empty before that.
    // ota_chunk, ota_size (bytes behind the last chunk), no_memory; the chunk is then to be begun again.
    Result<ConstBytes> take(ConstBytes& piece);

private:
    std::uint32_t number() const { return static_cast<std::uint32_t>(at_ / chunk_size); }

    ContentKey image_key_;
    std::uint32_t image_size_;
    crypto::Digest image_;
    ContentKey key_;      // of what is opened
    std::uint32_t size_;  // of that
    std::array<std::uint8_t, 36> additional_;
    std::uint32_t at_ = 0;       // where the chunk begins in it
    std::size_t skipped_ = 0;    // of the chunk
    std::size_t collected_ = 0;  // of it, in `buffer_`
    std::array<std::uint8_t, chunk_size + chunk_tag_size> buffer_;
};

// Null where the image is not encrypted. Errors of content_key(), ota_heap.
Result<std::unique_ptr<ChunkCipher>> make_cipher(const UpdateManifest& manifest, const crypto::P256KeyPair* ours,
                                                 chip::Entropy& entropy);

}  // namespace esb::ota
