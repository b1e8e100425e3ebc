// The base's local-only settings (the console's password, the update key, ...) are what somebody decided at the device. A
// generation of settings that rots gives way to the one before it, and that may be from before the decision. So these few
// are kept once more, as mirrors: le32 generation of the settings they are from | records.
#include "esb/base/secret.hpp"
#include "esb/settings/store.hpp"

#include <algorithm>

namespace esb::settings {
namespace {

// The local-only ones among these records.
void put_local(ConstBytes records, ByteWriter& out) {
    for (const auto& setting : base_table()) {
        if (!setting.local_only) continue;
        if (const auto record = find_record(records, setting.name)) encode(*record, out);
    }
}

}  // namespace

// After load(): if the settings are older than the copy, or gone, the copy's values come back.
void Store::recall_local(const Result<Loaded>& how) {
    Mirrors::Buffer buffer;
    local_lost_ = false;
    const auto kept = local_.load(buffer);
    if (!kept) {
        // The copy alone is lost; or else nobody can say.
        const bool sound = how && (*how == Loaded::stored || *how == Loaded::reverted);
        if (!sound || !keep_local(true)) local_lost_ = true;
        return;
    }
    if (!*kept && how) note_local();
    if (!*kept) return;
    ByteReader reader(**kept);
    const auto generation = reader.le32().value_or(0);
    if (how && committed_generation_ && !is_newer(generation, *committed_generation_)) return note_local();
    if (is_newer(generation, generation_)) generation_ = generation;
    if (!adopt_local(reader.rest())) local_lost_ = true;
    wipe(buffer);
}

Status Store::adopt_local(ConstBytes kept) {
    Patch patch(schema_, Origin::firmware);
    for (const auto& setting : base_table()) {
        if (!setting.local_only) continue;
        const auto record = find_record(kept, setting.name);
        // One that today's schema refuses counts as not set, as it would in the settings.
        const bool good = record && validate(setting, record->value);
        ESB_TRY(good ? patch.set_bytes(setting.name, record->value) : patch.unset(setting.name));
    }
    return changes(patch).any ? commit(patch) : Status();
}

// After every commit. What cannot be stored now is stored after the next start.
void Store::note_local() { static_cast<void>(keep_local(false)); }

Status Store::keep_local(bool anew) {
    std::array<std::uint8_t, trust_value_max> bytes;
    ByteWriter writer(bytes);
    writer.le32(committed_generation_.value_or(generation_));
    put_local(active().records(), writer);
    if (writer.overflowed()) return fail(errors::too_long);
    Mirrors::Buffer buffer;
    const auto kept = local_.load(buffer);
    const auto now = writer.written().subspan(4);
    Status done;
    if (!kept) {
        done = anew ? local_.restore(writer.written()) : Status(fail(kept.error()));
    } else {
        const ConstBytes before = *kept ? (*kept)->subspan(std::min<std::size_t>(4, (*kept)->size())) : ConstBytes();
        // After a wiping the generation counts as well: no earlier settings may come back to life.
        const bool wiped = anew && !committed_generation_;
        if (wiped || !equal(before, now)) done = local_.save(writer.written());
    }
    wipe(bytes);
    wipe(buffer);
    if (done && anew) local_lost_ = false;
    return done;
}

// Between the values in use and those that scratch() still holds, which were in use before.
bool Store::local_changed() const {
    const auto same = [this](const Setting& setting) {
        const auto now = find_record(active().records(), setting.name);
        const auto before = find_record(scratch().records(), setting.name);
        return now.has_value() == before.has_value() && (!now || equal(now->value, before->value));
    };
    const auto table = base_table();
    return !std::all_of(table.begin(), table.end(), [&](const Setting& s) { return !s.local_only || same(s); });
}

}  // namespace esb::settings
