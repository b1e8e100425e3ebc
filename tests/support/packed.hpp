// Images that resemble each other, and their way through an unpacker.
#pragma once

#include "esb/chip/errors.hpp"
#include "esb/ota/errors.hpp"
#include "esb/ota/unpacker.hpp"
#include "host/cli/packer.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

namespace esb::test {

using ByteVector = std::vector<std::uint8_t>;

inline ByteVector random_bytes(std::size_t size, unsigned seed) {
    std::minstd_rand random(seed);
    ByteVector bytes(size);
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random() >> 7);
    return bytes;
}

// Like code: words of which many come again, some with other operands, and tables that count.
inline ByteVector code_like(std::size_t size, unsigned seed) {
    std::minstd_rand random(seed);
    ByteVector bytes;
    while (bytes.size() < size) {
        const auto from = bytes.size() < 64 ? 0 : random() % (bytes.size() - 32);
        switch (random() % 4) {
            case 0:
                for (int i = 0; i < 24; ++i) bytes.push_back(static_cast<std::uint8_t>(random() % 23 * 11));
                break;
            case 1:
                for (unsigned i = 0; i < 16; ++i) bytes.push_back(static_cast<std::uint8_t>(i % 4 == 3 ? 0x40 : i * 4));
                break;
            default:
                for (std::size_t i = 0; i < 20 && bytes.size() >= 64; ++i) bytes.push_back(bytes[from + i]);
        }
    }
    bytes.resize(size);
    return bytes;
}

// A later version: some lines more, some less, and addresses that have moved with them.
inline ByteVector next_version(ByteVector bytes, unsigned seed) {
    std::minstd_rand random(seed);
    for (std::size_t i = 0; i + 8 < bytes.size(); i += 100 + random() % 300) bytes[i] = static_cast<std::uint8_t>(bytes[i] + 8);
    const auto middle = bytes.begin() + static_cast<std::ptrdiff_t>(bytes.size() / 3);
    const auto more = code_like(40, seed + 1);
    bytes.insert(middle, more.begin(), more.end());
    if (bytes.size() > 400) bytes.erase(bytes.end() - 200, bytes.end() - 180);
    return bytes;
}

// What was given out, and the old image. Reads nothing else: the test ends there.
struct UnpackedBytes final : ota::UnpackSource {
    ByteVector made;
    ByteVector old;
    bool fails = false;

    Status read_result(std::size_t at, MutBytes out) override { return read(made, at, out); }
    Status read_old(std::size_t at, MutBytes out) override { return read(old, at, out); }

private:
    Status read(const ByteVector& from, std::size_t at, MutBytes out) const {
        if (at > from.size() || out.size() > from.size() - at) std::abort();
        if (fails) return fail(errors::flash_failed);
        copy(ConstBytes(from).subspan(at, out.size()), out);
        return {};
    }
};

// Hands `file` to `unpacker` in pieces; what is given out goes to `into`.
inline Status unpack(ota::Unpacker& unpacker, UnpackedBytes& into, ConstBytes file, std::size_t piece_size) {
    while (!file.empty()) {
        ConstBytes piece = file.first(std::min(piece_size, file.size()));
        file = file.subspan(piece.size());
        for (bool more = true; more;) {
            const auto made = unpacker.take(piece);
            if (!made) return fail(made.error());
            into.made.insert(into.made.end(), made->begin(), made->end());
            more = !made->empty();
        }
        if (!piece.empty()) std::abort();
    }
    return {};
}

}  // namespace esb::test
