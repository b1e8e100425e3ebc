// The key pairs of the device's own certificates. They are made here and never leave; nothing reads or writes them from
// outside. Each has a place of its own, so that a new one is never written over one that a certificate needs.
//
//   tls.key.0 .. tls.key.3 (.4 with enterprise networks)   sealed: secret, x, y
#pragma once

#include "esb/base/result.hpp"
#include "esb/chip/entropy.hpp"
#include "esb/chip/key_value.hpp"
#include "esb/crypto/certificate.hpp"
#include "esb/settings/shelf.hpp"

#include <cstddef>
#include <optional>

namespace esb::life {

// Holds nothing in memory.
class ClientKeys {
public:
    // A broker each, a network, and one that waits for its certificate.
    static constexpr std::size_t places = with_wifi_enterprise ? 5 : 4;

    ClientKeys(chip::KeyValue& key_value, chip::Entropy& entropy, const settings::Shelf& shelf)
        : key_value_(key_value), entropy_(entropy), shelf_(shelf) {}

    // The pair that this public key is of. not_found.
    Result<crypto::P256KeyPair> find(const crypto::P256PublicKey& open) const;
    // One that no certificate in use needs: the same until it gets one, made when there is none. no_entropy, no_memory,
    // shelf_full, the store's errors.
    Result<crypto::P256KeyPair> spare();
    // Factory reset.
    static Status erase_all(chip::KeyValue& key_value);

private:
    std::optional<crypto::P256KeyPair> at(std::size_t place) const;
    Result<crypto::P256KeyPair> make(std::size_t place);

    chip::KeyValue& key_value_;
    chip::Entropy& entropy_;
    const settings::Shelf& shelf_;
};

}  // namespace esb::life
