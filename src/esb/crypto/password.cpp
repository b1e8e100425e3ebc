#include "esb/crypto/password.hpp"

#include "esb/crypto/crypto.hpp"

#include <array>

namespace esb::crypto {
namespace {

constexpr std::uint8_t version = 1;
constexpr std::size_t salt_size = 16;

struct HashParts {
    std::uint32_t iterations = 0;
    ConstBytes salt;
    ConstBytes hash;
};

Result<HashParts> parse(ConstBytes stored) {
    if (stored.size() != password_hash_size) return fail(errors::password_corrupt);
    ByteReader reader(stored);
    const auto found = *reader.u8();
    HashParts parts;
    parts.iterations = *reader.le32();
    parts.salt = *reader.take(salt_size);
    parts.hash = reader.rest();
    const bool sane = parts.iterations > 0 && parts.iterations <= password_iterations_max;
    if (found != version || !sane) return fail(errors::password_corrupt);
    return parts;
}

}  // namespace

Result<PasswordHash> hash_password(std::string_view password, chip::Entropy& entropy, std::uint32_t iterations) {
    if (password.size() < password_min || password.size() > password_max) return fail(errors::password_length);
    if (iterations == 0 || iterations > password_iterations_max) return fail(errors::invalid_argument);
    std::array<std::uint8_t, salt_size> salt{};
    ESB_TRY(entropy.fill(salt));
    Digest hash{};
    ESB_TRY(pbkdf2_sha256(as_bytes(password), salt, iterations, hash));
    std::array<std::uint8_t, password_hash_size> stored{};
    ByteWriter writer(stored);
    writer.u8(version).le32(iterations).bytes(salt).bytes(hash);
    Result<PasswordHash> made;
    static_cast<void>(made->assign(stored));  // of exactly this size
    wipe(stored);
    wipe(hash);
    return made;
}

Status check_password_hash(ConstBytes stored) {
    ESB_TRY(parse(stored));
    return {};
}

Status check_password(ConstBytes stored, std::string_view password) {
    const auto parts = parse(stored);
    if (!parts) return fail(parts.error());
    Digest hash{};
    ESB_TRY(pbkdf2_sha256(as_bytes(password), parts->salt, parts->iterations, hash));
    const bool same = equal_constant_time(hash, parts->hash);
    wipe(hash);
    if (!same) return fail(errors::password_wrong);
    return {};
}

}  // namespace esb::crypto
