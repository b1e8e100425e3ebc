// AES is Mbed TLS's. Its own key wrap is left out of many builds, ESP-IDF's among them.
#include "esb/crypto/key_wrap.hpp"

#include "esb/base/secret.hpp"
#include "esb/crypto/library.hpp"

#include <array>

namespace esb::crypto {
namespace {

constexpr std::size_t half = 8;  // of AES's block, RFC 3394's unit
constexpr std::size_t pieces = wrapped_key_size / half - 1;
constexpr std::array<std::uint8_t, half> initial_value{0xA6, 0xA6, 0xA6, 0xA6, 0xA6, 0xA6, 0xA6, 0xA6};  // §2.2.3.1

using Block = std::array<std::uint8_t, 2 * half>;

}  // namespace

// §2.2.1: six rounds over the pieces.
Status wrap_key(std::span<const std::uint8_t, 32> with, std::span<const std::uint8_t, 32> key,
                std::span<std::uint8_t, wrapped_key_size> out) {
    library::Aes aes;
    int code = aes.encrypt_with(with);
    Block block{};
    copy(initial_value, block);
    const auto wrapped = MutBytes(out).subspan(half);
    copy(key, wrapped);
    for (std::size_t step = 1; step <= 6 * pieces; ++step) {
        const auto piece = wrapped.subspan((step - 1) % pieces * half, half);
        copy(piece, MutBytes(block).last(half));
        if (code == 0) code = aes.encrypt(block);
        copy(ConstBytes(block).last(half), piece);
        block[half - 1] ^= static_cast<std::uint8_t>(step);  // t is below 256
    }
    copy(ConstBytes(block).first(half), out);
    wipe(block);
    return code == 0 ? Status() : fail(errors::no_memory);
}

// §2.2.2: six rounds over the pieces, backwards.
Status unwrap_key(std::span<const std::uint8_t, 32> with, std::span<const std::uint8_t, wrapped_key_size> wrapped,
                  std::span<std::uint8_t, 32> out) {
    library::Aes aes;
    int code = aes.decrypt_with(with);
    Block block{};
    const auto a = MutBytes(block).first(half);
    copy(wrapped.first(half), a);
    copy(wrapped.subspan(half), out);
    for (std::size_t step = 6 * pieces; step > 0; --step) {
        const auto piece = MutBytes(out).subspan((step - 1) % pieces * half, half);
        block[half - 1] ^= static_cast<std::uint8_t>(step);  // t is below 256
        copy(piece, MutBytes(block).last(half));
        if (code == 0) code = aes.decrypt(block);
        copy(ConstBytes(block).last(half), piece);
    }
    const bool good = code == 0 && equal_constant_time(a, initial_value);
    wipe(block);
    if (good) return {};
    wipe(out);
    return fail(code == 0 ? errors::bad_tag : errors::no_memory);
}

}  // namespace esb::crypto
