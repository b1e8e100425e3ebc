#include "esb/crypto/mbedtls_version.hpp"

#if ESB_MBEDTLS_PSA
#include "esb/crypto/mbedtls_psa.hpp"

namespace esb::crypto::psa {

bool start() {
    static bool started = false;
    if (!started) started = psa_crypto_init() == PSA_SUCCESS;
    return started;
}

psa_status_t Key::load(psa_key_type_t type, psa_algorithm_t algorithm, psa_key_usage_t usage, ConstBytes bytes) {
    if (!start()) return PSA_ERROR_INSUFFICIENT_MEMORY;
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_set_key_type(&attributes, type);
    psa_set_key_algorithm(&attributes, algorithm);
    psa_set_key_usage_flags(&attributes, usage);
    return psa_import_key(&attributes, bytes.data(), bytes.size(), &id_);
}

Point encode(const P256PublicKey& key) {
    Point point{0x04};
    copy(key.x, MutBytes(point).subspan(1));
    copy(key.y, MutBytes(point).last(key.y.size()));
    return point;
}

int Aes::encrypt_with(ConstBytes key) {
    const auto code = key_.load(PSA_KEY_TYPE_AES, PSA_ALG_ECB_NO_PADDING, PSA_KEY_USAGE_ENCRYPT, key);
    return code != PSA_SUCCESS ? code : psa_cipher_encrypt_setup(&operation_, key_.id(), PSA_ALG_ECB_NO_PADDING);
}

int Aes::decrypt_with(ConstBytes key) {
    const auto code = key_.load(PSA_KEY_TYPE_AES, PSA_ALG_ECB_NO_PADDING, PSA_KEY_USAGE_DECRYPT, key);
    return code != PSA_SUCCESS ? code : psa_cipher_decrypt_setup(&operation_, key_.id(), PSA_ALG_ECB_NO_PADDING);
}

int Aes::crypt(std::array<std::uint8_t, 16>& block) {
    auto given = block;
    std::size_t size = 0;
    const auto code = psa_cipher_update(&operation_, given.data(), given.size(), block.data(), block.size(), &size);
    wipe(given);
    return code == PSA_SUCCESS && size != block.size() ? PSA_ERROR_GENERIC_ERROR : code;
}

}  // namespace esb::crypto::psa
#endif
