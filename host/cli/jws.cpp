#include "host/cli/jws.hpp"

#include "esb/base/encoding.hpp"

namespace esb::cli {
namespace {

std::string base64url(ConstBytes bytes) {
    std::string text(base64url_size(bytes.size()), '\0');
    static_cast<void>(base64url_encode(bytes, text));
    return text;
}

}  // namespace

std::string sign_envelope(const SigningKey& key, std::string_view typ, std::string_view payload) {
    const std::string header = R"({"alg":"ES256","kid":")" + key.kid() + R"(","typ":")" + std::string(typ) + R"("})";
    std::string text = base64url(as_bytes(header)) + '.' + base64url(as_bytes(payload));
    const auto signature = key.sign(text);
    if (!signature) return {};
    return text + '.' + base64url(*signature);
}

}  // namespace esb::cli
