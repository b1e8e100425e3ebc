// The secret for one device: whatever comes is refused by name, since nobody here has seen the device's public key.
#include "esb/crypto/jwe.hpp"

#include "host/vchip/entropy_posix.hpp"

#include <array>
#include <cstdlib>

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace esb;
    static vchip::HostEntropy entropy;
    static const auto key = *crypto::make_key_pair(entropy);
    std::array<std::uint8_t, 256> out{};
    const auto opened = crypto::open_jwe(as_text({data, size}), key, entropy, out);
    require(!opened && !opened.error().name().empty());
    return 0;
}
