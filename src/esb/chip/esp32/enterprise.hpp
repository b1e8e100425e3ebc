// Enterprise networks by ESP-IDF's supplicant. Nobody has tried it against a network (docs/wifi-enterprise.md).
#pragma once

#include "esb/chip/radio.hpp"

#include <array>
#include <cstdint>
#include <memory>

namespace esb::chip::esp32 {

// The supplicant keeps pointers to certificates and key, so they stay in memory for as long as such a network is in use.
class EnterpriseClient {
public:
    ~EnterpriseClient() { forget(); }

    void set_trust(EnterpriseTrust& trust) { trust_ = &trust; }
    // Gives the supplicant what the network asks for, or takes away what one before has asked for. radio_no_server_name,
    // no_memory, radio_failed, the trust's errors.
    Status use(const Enterprise& with);

private:
    using Text = std::unique_ptr<std::uint8_t[]>;

    Status give(const Enterprise& with);
    Status give_own(const Enterprise& with);
    Result<std::size_t> read(const Enterprise::Certificate& name, Text& out) const;
    void forget();

    static constexpr std::size_t key_size = 51;  // bytes of an ECPrivateKey without its public half (RFC 5915)

    EnterpriseTrust* trust_ = nullptr;
    Text authority_;
    Text own_;
    std::array<std::uint8_t, key_size> key_{};
    bool enabled_ = false;
};

}  // namespace esb::chip::esp32
