// For bench/ota:  ota_files pack OUT IMAGE [OLD]      packs an image
//                 ota_files unpack PACKED IMAGE [OLD]  unpacks it, compares, prints what that took as JSON
#include "esb/ota/unpacker.hpp"
#include "host/cli/packer.hpp"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace esb;
using ByteVector = std::vector<std::uint8_t>;

constexpr std::size_t piece_size = 1024;  // as a socket brings it
constexpr std::size_t writer_buffer = 4096;

ByteVector read(const char* path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

struct CountingSource final : ota::UnpackSource {
    ByteVector made;
    ByteVector old;
    std::size_t flash_reads = 0;
    std::size_t flash_bytes = 0;

    Status read_result(std::size_t at, MutBytes out) override {
        const std::size_t programmed = made.size() / writer_buffer * writer_buffer;
        if (at < programmed) count(out.size());
        copy(ConstBytes(made).subspan(at, out.size()), out);
        return {};
    }
    Status read_old(std::size_t at, MutBytes out) override {
        count(out.size());
        copy(ConstBytes(old).subspan(at, out.size()), out);
        return {};
    }
    void count(std::size_t bytes) {
        ++flash_reads;
        flash_bytes += bytes;
    }
};

bool unpack(ota::Unpacker& unpacker, CountingSource& source, ConstBytes file) {
    while (!file.empty()) {
        ConstBytes piece = file.first(std::min(piece_size, file.size()));
        file = file.subspan(piece.size());
        for (bool more = true; more;) {
            const auto made = unpacker.take(piece);
            if (!made) return false;
            source.made.insert(source.made.end(), made->begin(), made->end());
            more = !made->empty();
        }
    }
    return true;
}

int pack(const char* out, const ByteVector& image, const ByteVector& old) {
    std::ofstream(out, std::ios::binary) << cli::pack_image(image, old);
    return 0;
}

int unpack(const char* packed, const ByteVector& image, const ByteVector& old) {
    CountingSource source;
    source.old = old;
    source.made.reserve(image.size());
    ota::Unpacker unpacker(source, static_cast<std::uint32_t>(image.size()), static_cast<std::uint32_t>(old.size()));
    if (!unpack(unpacker, source, read(packed)) || source.made != image) return 1;
    std::cout << "{\"ram\":" << sizeof(unpacker) << ",\"flash_reads\":" << source.flash_reads
              << ",\"flash_bytes\":" << source.flash_bytes << "}\n";
    return 0;
}

}  // namespace

int main(int count, char** words) {
    if (count < 4) return 2;
    const auto image = read(words[3]);
    const auto old = count > 4 ? read(words[4]) : ByteVector();
    return std::string_view(words[1]) == "pack" ? pack(words[2], image, old) : unpack(words[2], image, old);
}
