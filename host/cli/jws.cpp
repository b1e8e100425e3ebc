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

std::string detach_payload(std::string_view envelope) {
    const auto first = envelope.find('.');
    const auto second = envelope.rfind('.');
    return std::string(envelope.substr(0, first + 1)) + std::string(envelope.substr(second));
}

std::string attach_payload(std::string_view signature, std::string_view payload) {
    const auto middle = signature.find("..");
    if (middle == std::string_view::npos) return {};
    return std::string(signature.substr(0, middle + 1)) + base64url(as_bytes(payload)) +
           std::string(signature.substr(middle + 1));
}

}  // namespace esb::cli
