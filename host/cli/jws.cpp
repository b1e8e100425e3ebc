#include "host/cli/jws.hpp"

#include "esb/base/encoding.hpp"
#include "host/cli/base64url.hpp"

namespace esb::cli {

std::string sign_envelope(const SigningKey& key, std::string_view typ, std::string_view payload) {
    const std::string header = R"({"alg":"ES256","kid":")" + key.kid() + R"(","typ":")" + std::string(typ) + R"("})";
    std::string text = base64url(as_bytes(header)) + '.' + base64url(as_bytes(payload));
    const auto signature = key.sign(text);
    if (!signature) return {};
    return text + '.' + base64url(*signature);
}

}  // namespace esb::cli
