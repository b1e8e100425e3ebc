// The values: one versioned blob, kept in two generations, so that a cut or a corrupt one leaves the other.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/result.hpp"
#include "esb/chip/key_value.hpp"
#include "esb/settings/schema.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace esb::errors {
inline constexpr ErrorKind settings_full{"settings.full", "the settings do not fit into their blob"};
inline constexpr ErrorKind settings_newer{"settings.newer", "the stored settings are of a newer format"};
}  // namespace esb::errors

namespace esb::settings {

inline constexpr std::size_t blob_max = 3072;  // bytes, all records and the header

// A set of changes that is applied whole or not at all.
class Patch {
public:
    Patch(const Schema& schema, Origin origin);

    // Adds or replaces a change. setting_unknown, setting_local_only (origin mqtt), the errors of parse();
    // settings_full. The patch is then unchanged.
    Status set(std::string_view name, std::string_view text);
    Status set_bytes(std::string_view name, ConstBytes bytes);
    // Back to the default.
    Status unset(std::string_view name);

    bool empty() const { return used_ == 0; }
    void clear();
    const Schema& schema() const { return schema_; }
    // The records, in the blob's form.
    ConstBytes records() const { return ConstBytes(records_).first(used_); }

    ~Patch();  // wipes
    Patch(const Patch&) = delete;
    Patch& operator=(const Patch&) = delete;

private:
    Status put(const Setting& setting, ConstBytes value, bool remove);

    const Schema& schema_;
    Origin origin_;
    std::array<std::uint8_t, blob_max / 2> records_{};
    std::size_t used_ = 0;
};

enum class Loaded : std::uint8_t {
    fresh,      // nothing stored yet
    stored,     // the newest generation
    recovered,  // the newest generation was corrupt: the one before it
    reverted,   // a staged generation was never confirmed: the one before it
    lost,       // neither generation can be read: defaults
};

// Reactor's task only.
class Store {
public:
    Store(chip::KeyValue& key_value, const Schema& schema);
    ~Store();  // wipes
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;

    // Reads the newest good generation. settings_newer leaves all as it is and every commit refused.
    Result<Loaded> load();

    // Values in use (staged ones included): the stored one or the default. Views live until the next change.
    // The name must be in the schema and of that type.
    bool boolean(std::string_view name) const;
    std::int64_t integer(std::string_view name) const;
    std::string_view text(std::string_view name) const;
    ConstBytes bytes(std::string_view name) const;
    // True when a value is stored, even one equal to the default.
    bool is_set(std::string_view name) const;

    // Applies a patch at once and durably. No flash operation when nothing changes. Old values on any error.
    // `busy` while a staged generation waits.
    Status commit(const Patch& patch);

    // Applies a patch on trial: durable as "staged"; load() after a restart goes back to what was before.
    // What needs no stage is treated the same. `busy` while another one waits.
    Status stage(const Patch& patch);
    // The stages that still have to be confirmed; empty when nothing is staged.
    bool waits_for(Stage stage) const;
    bool staged() const { return staged_mask_ != 0; }
    // One stage has succeeded; when it was the last one the staged values become the committed ones, durably.
    Status confirm(Stage stage);
    // The values before stage() return, durably.
    Status revert();

    // Drops every stored value (factory reset), durably.
    Status erase_all();
    // Rises with every change of the values in use, for whoever caches something made of them.
    std::uint32_t revision() const { return revision_; }

private:
    struct Blob {
        std::array<std::uint8_t, blob_max> bytes{};
        std::size_t size = 0;
    };
    Status write(Blob& blob, std::uint8_t staged_mask);
    ConstBytes find(std::string_view name) const;

    chip::KeyValue& key_value_;
    const Schema& schema_;
    Blob active_;             // what is in use
    Blob scratch_;            // the next generation while it is made; the previous one while one is staged
    std::uint32_t generation_ = 0;
    std::uint32_t revision_ = 0;
    std::uint8_t staged_mask_ = 0;
    bool read_only_ = false;
};

}  // namespace esb::settings
