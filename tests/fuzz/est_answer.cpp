// What an EST server answers: base64 around PKCS#7 around certificates.
#include "esb/base/pem.hpp"
#include "esb/crypto/certificate.hpp"
#include "esb/crypto/pkcs7.hpp"

#include <array>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace esb;
    std::array<std::uint8_t, 4096> message;
    std::array<std::uint8_t, 3072> out;
    const auto decoded = decode_base64({reinterpret_cast<const char*>(data), size}, message);
    const auto found = crypto::read_pkcs7_certificates(decoded ? *decoded : ConstBytes(data, size), out);
    if (!found) return 0;
    std::size_t used = 0;
    for (auto rest = *found; !rest.empty(); rest = rest.subspan(first_certificate(rest).size())) {
        if (first_certificate(rest).empty()) std::abort();
        used += first_certificate(rest).size();
        static_cast<void>(crypto::read_certificate(rest));
    }
    if (used != found->size()) std::abort();
    return 0;
}
