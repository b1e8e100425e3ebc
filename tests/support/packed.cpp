#include "tests/support/packed.hpp"

namespace esb::test {

ByteVector random_bytes(std::size_t size, unsigned seed) {
    std::minstd_rand random(seed);
    ByteVector bytes(size);
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random() >> 7);
    return bytes;
}

ByteVector code_like(std::size_t size, unsigned seed) {
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

ByteVector next_version(ByteVector bytes, unsigned seed) {
    std::minstd_rand random(seed);
    for (std::size_t i = 0; i + 8 < bytes.size(); i += 100 + random() % 300) bytes[i] = static_cast<std::uint8_t>(bytes[i] + 8);
    const auto middle = bytes.begin() + static_cast<std::ptrdiff_t>(bytes.size() / 3);
    const auto more = code_like(40, seed + 1);
    bytes.insert(middle, more.begin(), more.end());
    if (bytes.size() > 400) bytes.erase(bytes.end() - 200, bytes.end() - 180);
    return bytes;
}

Status UnpackedBytes::read(const ByteVector& from, std::size_t at, MutBytes out) const {
    if (at > from.size() || out.size() > from.size() - at) std::abort();
    if (fails) return fail(errors::flash_failed);
    copy(ConstBytes(from).subspan(at, out.size()), out);
    return {};
}

Status unpack(ota::Unpacker& unpacker, UnpackedBytes& into, ConstBytes file, std::size_t piece_size) {
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
