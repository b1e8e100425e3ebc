#include "host/cli/signing_key.hpp"

#include "esb/base/encoding.hpp"
#include "esb/base/file_text.hpp"
#include "esb/base/secret.hpp"
#include "esb/ota/keys.hpp"
#include "host/cli/base64url.hpp"

#include <fcntl.h>
#include <mbedtls/ecdsa.h>
#include <mbedtls/pem.h>
#include <mbedtls/pk.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <vector>

namespace esb::cli {
namespace {

int system_random(void*, unsigned char* out, std::size_t size) {
    while (size > 0) {
        const ssize_t got = getrandom(out, size, 0);
        if (got < 0 && errno != EINTR) return -1;
        if (got <= 0) continue;
        out += got;
        size -= static_cast<std::size_t>(got);
    }
    return 0;
}

// A key pair in Mbed TLS's form.
struct Pair {
    mbedtls_pk_context pk;

    Pair() { mbedtls_pk_init(&pk); }
    ~Pair() { mbedtls_pk_free(&pk); }
    Pair(const Pair&) = delete;
    Pair& operator=(const Pair&) = delete;

    mbedtls_ecp_keypair& ec() { return *mbedtls_pk_ec(pk); }
    bool is_p256() {
        return mbedtls_pk_can_do(&pk, MBEDTLS_PK_ECKEY) != 0 && ec().grp.id == MBEDTLS_ECP_DP_SECP256R1 &&
               mbedtls_ecp_check_privkey(&ec().grp, &ec().d) == 0;
    }
    // Makes the pair of a private scalar.
    bool load(const std::array<std::uint8_t, 32>& scalar) {
        return mbedtls_pk_setup(&pk, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)) == 0 &&
               mbedtls_ecp_group_load(&ec().grp, MBEDTLS_ECP_DP_SECP256R1) == 0 &&
               mbedtls_mpi_read_binary(&ec().d, scalar.data(), scalar.size()) == 0 &&
               mbedtls_ecp_check_privkey(&ec().grp, &ec().d) == 0 &&
               mbedtls_ecp_mul(&ec().grp, &ec().Q, &ec().d, &ec().grp.G, system_random, nullptr) == 0;
    }
};

struct Numbers {
    mbedtls_mpi r;
    mbedtls_mpi s;
    Numbers() {
        mbedtls_mpi_init(&r);
        mbedtls_mpi_init(&s);
    }
    ~Numbers() {
        mbedtls_mpi_free(&r);
        mbedtls_mpi_free(&s);
    }
    Numbers(const Numbers&) = delete;
    Numbers& operator=(const Numbers&) = delete;
};

Status write_private_file(const std::filesystem::path& path, std::string_view text) {
    const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (file < 0) return fail(errors::key_file, errno);
    const bool written = write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && fsync(file) == 0;
    const int why = errno;
    close(file);
    return written ? Status() : fail(errors::key_file, why);
}

}  // namespace

Result<SigningKey> SigningKey::from_scalar(const std::array<std::uint8_t, 32>& scalar) {
    Pair pair;
    SigningKey key;
    key.private_ = scalar;
    if (!pair.load(scalar) || mbedtls_mpi_write_binary(&pair.ec().Q.X, key.public_.x.data(), 32) != 0 ||
        mbedtls_mpi_write_binary(&pair.ec().Q.Y, key.public_.y.data(), 32) != 0) {
        return fail(errors::key_failed);
    }
    return key;
}

Result<SigningKey> SigningKey::generate_any() {
    Pair pair;
    std::array<std::uint8_t, 32> scalar{};
    if (mbedtls_pk_setup(&pair.pk, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)) != 0 ||
        mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, &pair.ec(), system_random, nullptr) != 0 ||
        mbedtls_mpi_write_binary(&pair.ec().d, scalar.data(), scalar.size()) != 0) {
        return fail(errors::key_failed);
    }
    auto key = from_scalar(scalar);
    wipe(scalar);
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
    std::vector<unsigned char> text{std::istreambuf_iterator<char>(file), {}};
    text.push_back('\0');  // the PEM parser wants the end inside the length
    const auto pem = as_bytes(without_mark(as_text(text)));
    Pair pair;
    const int parsed = mbedtls_pk_parse_key(&pair.pk, pem.data(), pem.size(), nullptr, 0);
    wipe(text);
    std::array<std::uint8_t, 32> scalar{};
    if (parsed != 0 || !pair.is_p256() || mbedtls_mpi_write_binary(&pair.ec().d, scalar.data(), scalar.size()) != 0) {
        return fail(errors::key_not_p256);
    }
    auto key = from_scalar(scalar);
    wipe(scalar);
    return key;
}

Result<std::string> SigningKey::pem() const {
    Pair pair;
    std::array<unsigned char, 512> text{};
    if (!pair.load(private_) || mbedtls_pk_write_key_pem(&pair.pk, text.data(), text.size()) != 0) {
        return fail(errors::key_failed);
    }
    std::string pem = reinterpret_cast<const char*>(text.data());
    wipe(text);
    return pem;
}

Status SigningKey::save_pem(const std::filesystem::path& path) const {
    const auto text = pem();
    return text ? write_private_file(path, *text) : fail(text.error());
}

std::string SigningKey::public_text() const { return base64url(public_.x) + '.' + base64url(public_.y); }

std::string SigningKey::public_jwk() const {
    return R"({"kty":"EC","crv":"P-256","x":")" + base64url(public_.x) + R"(","y":")" + base64url(public_.y) +
           R"(","kid":")" + kid() + R"(","use":"sig","alg":"ES256"})";
}

std::string SigningKey::kid() const { return std::string(ota::key_id(public_).view()); }

Result<std::array<std::uint8_t, 64>> SigningKey::sign(std::string_view message) const {
    Pair pair;
    Numbers numbers;
    const crypto::Digest digest = crypto::sha256(as_bytes(message));
    std::array<std::uint8_t, 64> signature{};
    if (!pair.load(private_) ||
        mbedtls_ecdsa_sign_det_ext(&pair.ec().grp, &numbers.r, &numbers.s, &pair.ec().d, digest.data(), digest.size(),
                                   MBEDTLS_MD_SHA256, system_random, nullptr) != 0 ||
        mbedtls_mpi_write_binary(&numbers.r, signature.data(), 32) != 0 ||
        mbedtls_mpi_write_binary(&numbers.s, signature.data() + 32, 32) != 0) {
        return fail(errors::key_failed);
    }
    return signature;
}

SigningKey::~SigningKey() { wipe(private_); }

}  // namespace esb::cli
