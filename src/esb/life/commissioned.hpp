// Whether the device has ever been on line: written once, gone with a factory reset. Kept twice
// (settings/trust_record.hpp), and one that is lost counts as "it has": then nothing opens and nothing is told.
#pragma once

#include "esb/settings/trust_record.hpp"

#include <cstdint>

namespace esb::life {

class Commissioned {
public:
    explicit Commissioned(chip::KeyValue& key_value)
        : is_record_(key_value, settings::trust_names::commissioned),
          used_record_(key_value, settings::trust_names::key_used) {}

    // At boot, after KeyValue::mount().
    void load() {
        is_ = is_marked(is_record_);
        key_was_used_ = is_marked(used_record_);
    }
    // A round trip has succeeded. No flash operation when that is known already; on an error it is tried again with
    // the next one.
    Status note() {
        ESB_TRY(mark(used_record_, key_was_used_));
        return mark(is_record_, is_);
    }
    // For a factory reset. `key_too`: the key goes as well.
    Status forget(bool key_too) {
        if (key_too) ESB_TRY(clear(used_record_));
        return clear(is_record_);
    }
    bool is() const { return is_; }
    // Outlives a factory reset that keeps the secrets: a key that was in use is not told again.
    bool key_was_used() const { return key_was_used_; }

private:
    using Record = settings::TrustRecord<std::uint8_t>;

    static bool is_marked(const Record& record) {
        std::uint8_t mark = 0;
        if (record.load(mark)) return mark != 0;
        static_cast<void>(record.restore(1));
        return true;
    }
    static Status mark(const Record& record, bool& known) {
        if (known) return {};
        ESB_TRY(record.save(1));
        known = true;
        return {};
    }
    // Nothing is written where nothing was.
    static Status clear(const Record& record) {
        std::uint8_t mark = 0;
        const auto there = record.load(mark);
        if (!there) return record.restore(0);
        return mark != 0 ? record.save(0) : Status();
    }

    Record is_record_;
    Record used_record_;
    bool is_ = false;
    bool key_was_used_ = false;
};

}  // namespace esb::life
