#include "tests/support/test_signer.hpp"

namespace esb::test {

std::string base64url(ConstBytes bytes) {
    std::string text(base64url_size(bytes.size()), '\0');
    if (!base64url_encode(bytes, text)) std::abort();
    return text;
}

std::string hex(ConstBytes bytes) {
    std::string text(2 * bytes.size(), '\0');
    if (!hex_encode(bytes, text)) std::abort();
    return text;
}

TestSigner::TestSigner(std::string_view name) {
    // Below the order of the group unless it begins with 32 one bits.
    const auto seed = crypto::sha256(as_bytes(name));
    copy(seed, scalar_);
    check(cli::library::public_half(scalar_, key_));
}

std::string TestSigner::jwk() const {
    return R"({"kty":"EC","crv":"P-256","x":")" + base64url(key_.x) + R"(","y":")" + base64url(key_.y) + R"("})";
}

std::array<std::uint8_t, 64> TestSigner::sign(std::string_view message) {
    std::array<std::uint8_t, 64> signature{};
    check(cli::library::sign_es256(scalar_, crypto::sha256(as_bytes(message)), signature));
    return signature;
}

std::string TestSigner::header(std::string_view typ) const {
    return R"({"alg":"ES256","kid":")" + kid() + R"(","typ":")" + std::string(typ) + R"("})";
}

std::string TestSigner::sign_with_header(std::string_view header_json, std::string_view payload) {
    const std::string text = base64url(header_json) + '.' + base64url(payload);
    return text + '.' + base64url(sign(text));
}

std::string TestSigner::envelope(std::string_view typ, std::string_view payload) {
    return sign_with_header(header(typ), payload);
}

void TestSigner::check(bool done) {
    if (!done) std::abort();
}

}  // namespace esb::test
