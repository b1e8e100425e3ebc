// What a start after a deep sleep reads back of the link before it: noise, or (first byte odd) something sealed by a good
// CRC. What is accepted encodes to the same bytes.
#include "esb/record/known_link.hpp"
#include "esb/base/encoding.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <vector>

using namespace esb;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    std::vector<std::uint8_t> bytes(data + 1, data + size);
    if (data[0] % 2 == 1) {
        bytes.resize(record::known_link_size);
        const auto content = ConstBytes(bytes).first(record::known_link_size - 4);
        ByteWriter(MutBytes(bytes).subspan(content.size())).le32(crc32(content));
    }
    const auto link = record::decode_known_link(bytes);
    if (!link) return 0;
    std::array<std::uint8_t, record::known_link_size> again;
    ByteWriter out(again);
    record::encode_known_link(*link, out);
    if (out.overflowed() || !equal(again, ConstBytes(bytes).first(again.size()))) std::abort();
    return 0;
}
