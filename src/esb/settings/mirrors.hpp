// Two copies of what a device must never forget, and a mark that says that they exist. The one that is damaged or behind
// is mended from the other; when both are gone but the mark is there, the value is lost, and whoever needs it refuses
// (`trust.lost`) instead of beginning anew.
//
//   NAME.a, NAME.b  u8 2 | le32 generation | value | CRC-32     the newest generation counts
//   trust           u8 2 | u8 repairs | a byte for each record | CRC-32
//                   the mark: 0 = never saved; otherwise bit 7, and the low bits of the generation that is in use
//
// A save writes a, then b, then the mark: whatever a cut leaves, the value is the old or the new one, and nothing that has
// taken effect is without its mark. One rotten bit costs one of the three, and the other two mend it. Two may take both
// mirrors, and in a store that is a log bring their values before the last back to life: the mark knows better.
//
// The firmwares before this one kept a single record under NAME. As long as that is there it is written too, before the
// mirrors: a trial or a signed roll-back may go back to such a firmware, which must not begin anew either.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/result.hpp"
#include "esb/chip/key_value.hpp"
#include "esb/settings/errors.hpp"
#include "esb/settings/sealed.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace esb::settings {

// What the first firmwares kept under the record's name.
enum class Former : std::uint8_t {
    none,
    sealed,  // sealed.hpp, version 1
    plain,   // the value as it is, one byte
};

struct TrustName {
    std::string_view key;  // at most 13 characters
    std::uint8_t mark;     // its place in `trust`
    Former former;
};

// All of them; a place is never used again for another.
namespace trust_names {
inline constexpr TrustName floor{"ota.floor", 0, Former::sealed};
inline constexpr TrustName key_set{"ota.keys", 1, Former::sealed};
inline constexpr TrustName command_counter{"ota.ctr", 2, Former::sealed};
inline constexpr TrustName quarantine{"ota.bad", 3, Former::sealed};
inline constexpr TrustName config_counter{"cfg.ctr", 4, Former::none};
inline constexpr TrustName commissioned{"commissioned", 5, Former::plain};
inline constexpr TrustName key_used{"key.used", 6, Former::plain};
inline constexpr TrustName birth_shown{"born.shown", 7, Former::plain};
inline constexpr TrustName lock_guesses{"lock.guesses", 8, Former::plain};
inline constexpr TrustName local_settings{"cfg.local", 9, Former::none};
inline constexpr TrustName reset_due{"reset.due", 10, Former::none};
}  // namespace trust_names

inline constexpr std::size_t trust_value_max = 576;  // bytes
inline constexpr std::string_view trust_mark_key = "trust";
inline constexpr std::size_t trust_places = 24;

// Keeps nothing in memory.
class Mirrors {
public:
    using Buffer = std::array<std::uint8_t, trust_value_max + 4 + seal_overhead>;

    Mirrors(chip::KeyValue& key_value, const TrustName& name) : key_value_(key_value), name_(name) {}

    // The newest value, in `buffer`; empty when none was ever saved. Mends what is damaged, as far as the flash takes it.
    // trust_lost.
    Result<std::optional<ConstBytes>> load(Buffer& buffer) const;
    // What the first firmwares' record says today, where there is one: such a firmware may have run meanwhile.
    std::optional<ConstBytes> former(Buffer& buffer) const;
    // Durable when it returns; no flash operation when nothing changes. trust_lost; the store's error, after which a
    // restart may find the old or the new value.
    Status save(ConstBytes value) const;
    // The same after a loss: somebody at the device has decided. Whatever rots later, nothing from before comes back.
    Status restore(ConstBytes value) const;

private:
    struct Copy {
        enum class State : std::uint8_t {
            absent,
            good,
            bad,
            unreadable,  // the store does not answer; the next start may find out
        };
        State state = State::absent;
        std::uint32_t generation = 0;
        ConstBytes value{};
    };
    struct Mark {
        std::uint8_t repairs = 0;
        std::array<std::uint8_t, trust_places> records{};
    };

    static Copy::State failed_read(const Error& why);
    // The newest value, mended; State::absent when none was ever saved.
    Result<Copy> find(Buffer& buffer) const;
    Copy read(char which, Buffer& buffer) const;
    Copy read_former(Buffer& buffer) const;
    Result<Copy> find_without(Copy::State a, Copy::State b, Buffer& buffer) const;
    Status put(char which, std::uint32_t generation, ConstBytes value) const;
    Status put_former(ConstBytes value) const;
    Status write(std::uint32_t generation, ConstBytes value) const;
    Mark read_mark() const;
    Status write_mark(const Mark& mark) const;
    Status set_mark(std::uint32_t generation) const;

    chip::KeyValue& key_value_;
    TrustName name_;
};

}  // namespace esb::settings
