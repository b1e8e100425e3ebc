// Any file as a firmware image: sizes stay inside, what verifies is exactly what sealing makes, one flipped bit is
// refused.
#include "host/vchip/image.hpp"

#include "esb/crypto/crypto.hpp"

#include <cstdlib>

namespace {

using namespace esb;
using namespace esb::vchip;

void require(bool holds) {
    if (!holds) std::abort();
}

ImageReader reader_of(ConstBytes bytes) {
    return [bytes](std::size_t offset, MutBytes out) -> Status {
        require(offset <= bytes.size() && out.size() <= bytes.size() - offset);  // never asked for more
        copy(bytes.subspan(offset, out.size()), out);
        return {};
    };
}

void check_verified(ConstBytes image, std::size_t size) {
    require(size <= image.size() && size % image_alignment == 0);
    const auto hash = crypto::sha256(image.first(size - image_hash_size));
    require(equal(hash, image.subspan(size - image_hash_size, image_hash_size)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ConstBytes file(data, size);
    const auto parsed = parse_image_size(reader_of(file), size);
    if (parsed) require(*parsed <= size);
    const auto verified = verify_image(reader_of(file), size);
    if (verified) check_verified(file, *verified);
    require(!verified || *verified == *parsed);

    const auto sealed = seal_image(file);
    if (!sealed) return 0;
    const auto again = verify_image(reader_of(*sealed), sealed->size());
    require(again && *again == sealed->size());
    require(seal_image(*sealed).value() == *sealed);
    auto flipped = *sealed;
    flipped[size % flipped.size()] ^= 0x10;
    require(!verify_image(reader_of(flipped), flipped.size()));
    return 0;
}
