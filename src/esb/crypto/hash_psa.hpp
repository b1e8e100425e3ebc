// A hash of PSA's in the memory of ours.
#pragma once

#include "esb/base/bytes.hpp"

#include <psa/crypto.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace esb::crypto::psa {

// PSA copies what it is given to the heap unless it is built as ESP-IDF builds it; a hash has nobody to tell that there
// was no memory.
#if !defined(MBEDTLS_PSA_ASSUME_EXCLUSIVE_BUFFERS)
#error "Build Mbed TLS 4 with MBEDTLS_PSA_ASSUME_EXCLUSIVE_BUFFERS, as ESP-IDF does."
#endif

// Not to be gone on from: what is left in a failed hash is known to everybody, and signatures of it can be made up.
inline void require(psa_status_t status) {
    if (status != PSA_SUCCESS) std::abort();
}

template <psa_algorithm_t algorithm, std::size_t size>
struct Hash {
    static psa_hash_operation_t& in(std::uint8_t* state) {
        return *std::launder(reinterpret_cast<psa_hash_operation_t*>(state));
    }
    static const psa_hash_operation_t& in(const std::uint8_t* state) {
        return *std::launder(reinterpret_cast<const psa_hash_operation_t*>(state));
    }
    static void make(std::uint8_t* state) {
        auto* const made = new (state) psa_hash_operation_t(PSA_HASH_OPERATION_INIT);
        require(psa_hash_setup(made, algorithm));
    }
    static void clone(std::uint8_t* state, const std::uint8_t* other) {
        auto* const made = new (state) psa_hash_operation_t(PSA_HASH_OPERATION_INIT);
        require(psa_hash_clone(&in(other), made));
    }
    static void drop(std::uint8_t* state) { static_cast<void>(psa_hash_abort(&in(state))); }
    static void update(std::uint8_t* state, ConstBytes bytes) {
        require(psa_hash_update(&in(state), bytes.data(), bytes.size()));
    }
    static std::array<std::uint8_t, size> finish(std::uint8_t* state) {
        std::array<std::uint8_t, size> digest{};
        std::size_t written = 0;
        require(psa_hash_finish(&in(state), digest.data(), digest.size(), &written));
        require(psa_hash_setup(&in(state), algorithm));
        return digest;
    }
};

}  // namespace esb::crypto::psa
