// Small named values in flash, with NVS's semantics.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/result.hpp"
#include "esb/chip/errors.hpp"

#include <cstddef>
#include <string_view>

namespace esb::chip {

inline constexpr std::size_t kv_key_max = 15;      // bytes, NVS's limit
inline constexpr std::size_t kv_value_max = 4000;  // bytes, NVS's limit of a string or single-page blob

enum class Mount { existing, formatted };  // how the store was found: as it was, or made anew

class KeyValue {  // small values by their keys, in flash
public:
    virtual ~KeyValue() = default;

    // Makes the store usable; an erased partition is formatted. Must succeed before any other call.
    virtual Result<Mount> mount() = 0;
    // Copies the value and returns its part of `out`. kv_not_found; kv_too_small (detail: its size).
    virtual Result<ConstBytes> get(std::string_view key, MutBytes out) = 0;
    // Replaces the value: durable on return. If the power goes meanwhile, this key has its old or its new
    // value afterwards and no other key changes. Writing an equal value does not touch the flash. kv_full.
    virtual Status put(std::string_view key, ConstBytes value) = 0;
    // Durable on return; success also when there was no such key.
    virtual Status remove(std::string_view key) = 0;
    // True when mounting found that a part of the store has gone bad: a key that is not there may have been there.
    virtual bool damaged() const { return false; }
    // After mounting: true when nobody who reads the flash out can read what is kept (NVS encryption).
    virtual bool encrypted() const { return false; }
};

}  // namespace esb::chip
