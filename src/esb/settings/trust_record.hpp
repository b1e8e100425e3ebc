// Mirrors (mirrors.hpp) with a type. A type has encode(value, ByteWriter&), decode(bytes, value) and absorb(value,
// earlier): what an earlier firmware's record adds to a value, always to the safe side; true if it adds anything.
#pragma once

#include "esb/settings/mirrors.hpp"

#include <array>
#include <cstdint>

namespace esb::settings {

// Numbers only rise by what others say: a floor, a counter, a mark, a count of guesses.
inline void encode(std::uint32_t value, ByteWriter& out) { out.le32(value); }
inline void encode(std::uint8_t value, ByteWriter& out) { out.u8(value); }
inline Status decode(ConstBytes bytes, std::uint32_t& out) {
    if (bytes.size() != 4) return fail(errors::trust_lost);
    out = *ByteReader(bytes).le32();
    return {};
}
inline Status decode(ConstBytes bytes, std::uint8_t& out) {
    if (bytes.size() != 1) return fail(errors::trust_lost);
    out = bytes[0];
    return {};
}
template <typename N>
bool absorb_number(N& value, N earlier) {
    if (earlier <= value) return false;
    value = earlier;
    return true;
}
inline bool absorb(std::uint32_t& value, std::uint32_t earlier) { return absorb_number(value, earlier); }
inline bool absorb(std::uint8_t& value, std::uint8_t earlier) { return absorb_number(value, earlier); }

template <typename T>
class TrustRecord {
public:
    TrustRecord(chip::KeyValue& key_value, const TrustName& name) : mirrors_(key_value, name) {}

    // False when none was ever saved; `out`, which the caller hands in empty, is then as it was. trust_lost.
    Result<bool> load(T& out) const {
        Mirrors::Buffer buffer;
        const auto stored = mirrors_.load(buffer);
        if (!stored) return fail(stored.error());
        if (!*stored) return false;
        if (!decode(**stored, out)) return fail(errors::trust_lost);
        const auto former = mirrors_.former(buffer);
        T earlier{};
        // If that cannot be stored now it counts all the same, and is told again at the next start.
        if (former && decode(*former, earlier) && absorb(out, earlier)) static_cast<void>(write(out, &Mirrors::save));
        return true;
    }
    // trust_lost, also where this firmware cannot read what is there; the errors of Mirrors::save().
    Status save(const T& value) const {
        T present{};
        if (const auto loaded = load(present); !loaded) return fail(loaded.error());
        return write(value, &Mirrors::save);
    }
    Status restore(const T& value) const { return write(value, &Mirrors::restore); }

private:
    Status write(const T& value, Status (Mirrors::*how)(ConstBytes) const) const {
        std::array<std::uint8_t, trust_value_max> bytes;
        ByteWriter writer(bytes);
        encode(value, writer);
        if (writer.overflowed()) return fail(errors::too_long);
        return (mirrors_.*how)(writer.written());
    }

    Mirrors mirrors_;
};

}  // namespace esb::settings
