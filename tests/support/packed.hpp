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

ByteVector random_bytes(std::size_t size, unsigned seed);

// Like code: words of which many come again, some with other operands, and tables that count.
ByteVector code_like(std::size_t size, unsigned seed);

// A later version: some lines more, some less, and addresses that have moved with them.
ByteVector next_version(ByteVector bytes, unsigned seed);

// What was given out, and the old image. Reads nothing else: the test ends there.
struct UnpackedBytes final : ota::UnpackSource {
    ByteVector made;
    ByteVector old;
    bool fails = false;

    Status read_result(std::size_t at, MutBytes out) override { return read(made, at, out); }
    Status read_old(std::size_t at, MutBytes out) override { return read(old, at, out); }

private:
    Status read(const ByteVector& from, std::size_t at, MutBytes out) const;
};

// Hands `file` to `unpacker` in pieces; what is given out goes to `into`.
Status unpack(ota::Unpacker& unpacker, UnpackedBytes& into, ConstBytes file, std::size_t piece_size);

}  // namespace esb::test
