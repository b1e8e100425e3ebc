// XTS-AES-256 (IEEE 1619), with which NVS is encrypted; Mbed TLS 4 has got it no more.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/result.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace esb::vchip {

// Movable. Not for several threads at a time.
class Xts {
public:
    using Tweak = std::array<std::uint8_t, 16>;  // the number of the data unit, least byte first

    // The key of the data, then that of the tweak. no_memory.
    static Result<Xts> make(std::span<const std::uint8_t, 64> keys);
    Xts(Xts&&) noexcept;
    Xts& operator=(Xts&&) noexcept;
    ~Xts();

    // One data unit, in place, of at least 16 bytes. too_short, no_memory.
    Status encrypt(const Tweak& tweak, MutBytes unit) const { return crypt(true, tweak, unit); }
    Status decrypt(const Tweak& tweak, MutBytes unit) const { return crypt(false, tweak, unit); }

private:
    struct Keys;
    explicit Xts(std::unique_ptr<Keys> keys);
    Status crypt(bool encrypts, Tweak tweak, MutBytes unit) const;

    std::unique_ptr<Keys> keys_;
};

}  // namespace esb::vchip
