// Certificates, which are too long for the settings' blob. Settings name them by their SHA-256 (names::certificates), so
// that a change of settings, its trial and its way back are also theirs: what a setting names, or may name again when a
// trial ends, is never overwritten. A cut leaves at most a certificate that nobody names, whose place is the next one's.
//
//   crt.0 .. crt.7 (crt.b with enterprise networks)   DER, one certificate behind another
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/result.hpp"
#include "esb/chip/key_value.hpp"
#include "esb/crypto/crypto.hpp"
#include "esb/settings/store.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace esb::settings {

class Shelf {
public:
    static constexpr std::size_t places = with_wifi_enterprise ? 12 : 8;
    static constexpr std::size_t longest = 3072;  // bytes of DER: what 4 KB of PEM can hold
    using Name = std::array<std::uint8_t, 32>;    // SHA-256

    Shelf(chip::KeyValue& key_value, const Store& store) : key_value_(key_value), store_(store) {}

    // Durable when it returns, before any setting names it. Nothing is written when it is there already. too_long,
    // no_memory, shelf_full, the store's errors.
    Result<Name> put(ConstBytes der);
    // The same from PEM. The errors of decode_pem(); bad_certificate.
    Result<Name> put_pem(std::string_view pem);
    // Copies it and returns its part of `out`. not_found, the store's errors.
    Result<ConstBytes> get(ConstBytes name, MutBytes out) const;
    // Whether a certificate that a setting names is for this public key.
    bool needs_key(const crypto::P256PublicKey& key) const;
    // Factory reset.
    static Status erase_all(chip::KeyValue& key_value);

private:
    std::optional<Name> name_at(std::size_t place, MutBytes buffer) const;

    chip::KeyValue& key_value_;
    const Store& store_;
    std::array<std::uint32_t, places> written_{};  // when, since the start; what was put last is about to be named
    std::uint32_t puts_ = 0;
};

// Certificates in a change. setting_certificate where the setting is for something else.
Status set_certificate(Patch& patch, std::string_view name, std::string_view pem, Shelf& shelf);
bool is_certificate(std::string_view name);
bool is_pem(std::string_view text);

}  // namespace esb::settings
