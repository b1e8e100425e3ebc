// Pasted certificates. What is decoded is written and read again as the same; what X.509 says of it does not matter here
// beyond not crashing.
#include "esb/base/pem.hpp"
#include "esb/crypto/certificate.hpp"

#include <array>
#include <cstdlib>

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace esb;
    std::array<std::uint8_t, 3072> out, again;
    std::array<char, 8192> text;
    const auto der = decode_pem({reinterpret_cast<const char*>(data), size}, out);
    if (!der) return 0;
    static_cast<void>(crypto::check_certificates(*der));
    static_cast<void>(crypto::read_certificate(*der));
    std::size_t used = 0;
    for (auto rest = *der; !rest.empty();) {
        const auto one = first_certificate(rest);
        require(!one.empty());
        const auto pem = encode_pem("CERTIFICATE", one, text);
        require(pem.has_value());
        if (pem->size() <= pem_max) {
            const auto back = decode_pem(*pem, again);
            require(back.has_value() && equal(*back, one));
        }
        used += one.size();
        rest = rest.subspan(one.size());
    }
    require(used == der->size());
    return 0;
}
