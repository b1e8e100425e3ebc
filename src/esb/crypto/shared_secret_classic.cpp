#include "esb/crypto/mbedtls_version.hpp"

#if !ESB_MBEDTLS_PSA
#include "esb/crypto/mbedtls_classic.hpp"
#include "esb/crypto/shared_secret.hpp"

#include <mbedtls/ecdh.h>
#include <mbedtls/ecp.h>
#include <mbedtls/entropy.h>

namespace esb::crypto {
namespace {

int random_for(void* entropy, unsigned char* out, std::size_t size) {
    const auto filled = static_cast<chip::Entropy*>(entropy)->fill({out, size});
    return filled ? 0 : MBEDTLS_ERR_ENTROPY_SOURCE_FAILED;
}

Error error_of(int code) {
    return Error(code == MBEDTLS_ERR_ENTROPY_SOURCE_FAILED ? errors::no_entropy : errors::no_memory);
}

// Mbed TLS's objects for one agreement, freed (and wiped) together.
struct Agreement {
    mbedtls_ecp_group group;
    mbedtls_ecp_point point;
    mbedtls_mpi secret;
    mbedtls_mpi shared;

    Agreement() {
        mbedtls_ecp_group_init(&group);
        mbedtls_ecp_point_init(&point);
        mbedtls_mpi_init(&secret);
        mbedtls_mpi_init(&shared);
    }
    ~Agreement() {
        mbedtls_mpi_free(&shared);
        mbedtls_mpi_free(&secret);
        mbedtls_ecp_point_free(&point);
        mbedtls_ecp_group_free(&group);
    }
    Agreement(const Agreement&) = delete;
    Agreement& operator=(const Agreement&) = delete;

    int load() { return mbedtls_ecp_group_load(&group, MBEDTLS_ECP_DP_SECP256R1); }
};

}  // namespace

Result<P256KeyPair> make_key_pair(chip::Entropy& entropy) {
    Agreement made;
    int code = made.load();
    if (code == 0) code = mbedtls_ecp_gen_keypair(&made.group, &made.secret, &made.point, random_for, &entropy);
    std::array<std::uint8_t, classic::coordinate_size> secret{};
    std::array<std::uint8_t, classic::point_size> point{};
    std::size_t size = 0;
    if (code == 0) code = mbedtls_mpi_write_binary(&made.secret, secret.data(), secret.size());
    if (code == 0) {
        code = mbedtls_ecp_point_write_binary(&made.group, &made.point, MBEDTLS_ECP_PF_UNCOMPRESSED, &size,
                                              point.data(), point.size());
    }
    P256KeyPair pair;
    if (code == 0) static_cast<void>(pair.secret.assign(secret));
    wipe(secret);
    if (code != 0) return fail(error_of(code));
    copy(ConstBytes(point).subspan(1, classic::coordinate_size), pair.open.x);
    copy(ConstBytes(point).last(classic::coordinate_size), pair.open.y);
    return pair;
}

Status compute_shared_secret(const P256PrivateKey& ours, const P256PublicKey& theirs, chip::Entropy& entropy,
                             Coordinate& out) {
    Agreement with;
    std::array<std::uint8_t, classic::point_size> encoded{};
    encoded[0] = 0x04;  // SEC 1 §2.3.3: uncompressed
    copy(theirs.x, MutBytes(encoded).subspan(1));
    copy(theirs.y, MutBytes(encoded).last(classic::coordinate_size));
    const auto secret = ours.reveal();
    int code = with.load();
    if (code == 0) code = mbedtls_ecp_point_read_binary(&with.group, &with.point, encoded.data(), encoded.size());
    if (code == 0) code = mbedtls_mpi_read_binary(&with.secret, secret.data(), secret.size());
    if (code == 0) {
        code = mbedtls_ecdh_compute_shared(&with.group, &with.shared, &with.point, &with.secret, random_for, &entropy);
    }
    if (code == 0) code = mbedtls_mpi_write_binary(&with.shared, out.data(), out.size());
    return code == 0 ? Status() : fail(error_of(code));
}

}  // namespace esb::crypto
#endif
