#include "host/cli/signing_key.hpp"

#include "esb/base/encoding.hpp"
#include "esb/base/file_text.hpp"
#include "esb/base/secret.hpp"
#include "esb/crypto/key_agreement.hpp"
#include "esb/ota/keys.hpp"
#include "host/cli/base64url.hpp"
#include "host/cli/der.hpp"
#include "host/cli/files.hpp"
#include "host/cli/library.hpp"
#include "host/vchip/entropy_posix.hpp"

#include <cerrno>
#include <fstream>
#include <vector>

namespace esb::cli {
namespace {

// A key pair in Mbed TLS's form.
struct Pair {
    mbedtls_pk_context pk;

    Pair() { mbedtls_pk_init(&pk); }
    ~Pair() { mbedtls_pk_free(&pk); }
    Pair(const Pair&) = delete;
    Pair& operator=(const Pair&) = delete;
};

// The words of id-prime256v1 (RFC 5480 §2.1.1.1).
constexpr std::string_view p256{"\x2A\x86\x48\xCE\x3D\x03\x01\x07", 8};

constexpr std::size_t key_max = 64 * 1024;  // bytes; more is no key, and may be endless

}  // namespace

Result<SigningKey> SigningKey::from_scalar(const std::array<std::uint8_t, 32>& scalar) {
    SigningKey key;
    key.private_ = scalar;
    if (!library::public_half(scalar, key.public_)) return fail(errors::key_failed);
    return key;
}

Result<SigningKey> SigningKey::generate_any() {
    vchip::HostEntropy entropy;
    const auto pair = crypto::make_key_pair(entropy);
    if (!pair) return fail(errors::key_failed);
    SigningKey key;
    copy(pair->secret.reveal(), key.private_);
    key.public_ = pair->open;
    return key;
}

Result<SigningKey> SigningKey::generate() {
    auto key = generate_any();
    // A public text that begins with "-" would be taken for an option on a command line; one key in 64 is thrown away.
    for (int tries = 0; key && key->public_text().starts_with('-') && tries < 64; ++tries) key = generate_any();
    return key;
}

Result<SigningKey> SigningKey::load_pem(const std::filesystem::path& path) {
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    if (!file) return fail(errors::key_file, errno);
    std::vector<unsigned char> text(key_max + 1);
    file.read(reinterpret_cast<char*>(text.data()), key_max + 1);
    const auto size = static_cast<std::size_t>(file.gcount());
    if (file.bad() || size > key_max) return fail(errors::key_file, file.bad() ? errno : EFBIG);
    text.resize(size + 1);  // the PEM parser wants the end inside the length
    text.back() = '\0';
    const auto pem = as_bytes(without_mark(as_text(text)));
    Pair pair;
    const int parsed = library::parse_key(pair.pk, pem);
    wipe(text);
    std::array<std::uint8_t, 32> scalar{};
    if (parsed != 0 || !library::read_scalar(pair.pk, scalar)) return fail(errors::key_not_p256);
    auto key = from_scalar(scalar);
    wipe(scalar);
    return key;
}

// ECPrivateKey (RFC 5915 §3).
Result<std::string> SigningKey::pem() const {
    constexpr std::string_view version{"\1", 1}, uncompressed{"\4", 1};
    const auto curve = der::element(der::context_constructed(0), der::oid(p256));
    const auto point = std::string(uncompressed) + std::string(as_text(public_.x)) + std::string(as_text(public_.y));
    const auto open = der::element(der::context_constructed(1), der::bit_string(point));
    auto secret = der::octet_string(as_text(private_));
    auto bytes = der::sequence({der::element(der::integer_tag, version), secret, curve, open});
    auto text = der::pem("EC PRIVATE KEY", bytes);
    for (auto* const used : {&secret, &bytes}) wipe({reinterpret_cast<std::uint8_t*>(used->data()), used->size()});
    return text;
}

Status SigningKey::save_pem(const std::filesystem::path& path) const {
    auto text = pem();
    if (!text) return fail(text.error());
    const bool saved = create_file(path, *text, 0600).has_value();
    const int why = errno;
    wipe({reinterpret_cast<std::uint8_t*>(text->data()), text->size()});
    return saved ? Status() : fail(errors::key_file, why);
}

std::string SigningKey::public_text() const { return base64url(public_.x) + '.' + base64url(public_.y); }

std::string SigningKey::public_jwk() const {
    return R"({"kty":"EC","crv":"P-256","x":")" + base64url(public_.x) + R"(","y":")" + base64url(public_.y) +
           R"(","kid":")" + kid() + R"(","use":"sig","alg":"ES256"})";
}

std::string SigningKey::kid() const { return std::string(ota::key_id(public_).view()); }

Result<std::array<std::uint8_t, 64>> SigningKey::sign(std::string_view message) const {
    std::array<std::uint8_t, 64> signature{};
    if (!library::sign_es256(private_, crypto::sha256(as_bytes(message)), signature)) return fail(errors::key_failed);
    return signature;
}

SigningKey::~SigningKey() { wipe(private_); }

}  // namespace esb::cli
