#include "esb/settings/store.hpp"

#include "esb/base/secret.hpp"

#include <algorithm>
#include <array>

namespace esb::settings {
namespace {

constexpr std::size_t other(std::size_t key) { return 1 - key; }

constexpr std::uint8_t stage_bit(Stage stage) {
    return stage == Stage::none ? std::uint8_t{0} : static_cast<std::uint8_t>(1U << static_cast<unsigned>(stage));
}

}  // namespace

void Store::Blob::clear() {
    wipe(bytes);
    size = 0;
}

Store::Store(chip::KeyValue& key_value, const Schema& schema)
    : key_value_(key_value), schema_(schema), local_(key_value, trust_names::local_settings) {}
Store::~Store() {
    for (auto& blob : blobs_) blob.clear();
}

// --- what is in use

std::optional<ConstBytes> Store::find(const Setting& setting) const {
    const auto record = find_record(active().records(), setting.name);
    if (!record || !validate(setting, record->value)) return std::nullopt;
    return record->value;
}

ConstBytes Store::in_use(std::string_view name, Type type) const {
    const auto* setting = schema_.find(name);
    if (setting == nullptr || setting->type != type) return {};
    return find(*setting).value_or(as_bytes(setting->fallback));
}

bool Store::boolean(std::string_view name) const {
    const auto* setting = schema_.find(name);
    if (setting == nullptr || setting->type != Type::boolean) return false;
    if (const auto stored = find(*setting)) return number(*stored) != 0;
    const auto fallback = parse(*setting, setting->fallback);
    return fallback && number(fallback->reveal()) != 0;
}

std::int64_t Store::integer(std::string_view name) const {
    const auto* setting = schema_.find(name);
    if (setting == nullptr || setting->type != Type::integer) return 0;
    if (const auto stored = find(*setting)) return number(*stored);
    const auto fallback = parse(*setting, setting->fallback);
    return fallback ? number(fallback->reveal()) : 0;
}

std::string_view Store::text(std::string_view name) const {
    const auto* setting = schema_.find(name);
    return as_text(in_use(name, setting != nullptr && setting->type == Type::choice ? Type::choice : Type::text));
}

ConstBytes Store::bytes(std::string_view name) const {
    const auto octets = in_use(name, Type::octets);
    return octets.empty() ? in_use(name, Type::key) : octets;
}

bool Store::is_set(std::string_view name) const {
    const auto* setting = schema_.find(name);
    return setting != nullptr && find(*setting).has_value();
}

Result<std::string_view> Store::show(std::string_view name, std::span<char> out) const {
    const auto* setting = schema_.find(name);
    if (setting == nullptr) return fail(errors::setting_unknown);
    if (const auto stored = find(*setting)) return format(*setting, *stored, out);
    const auto fallback = parse(*setting, setting->fallback);
    if (!fallback) return fail(fallback.error());
    return format(*setting, fallback->reveal(), out);
}

// --- changes

Status Store::writable() const {
    if (refusal_) return fail(*refusal_);
    if (staged()) return fail(errors::busy);
    return {};
}

Store::Changes Store::changes(const Patch& patch) const {
    Changes changes;
    RecordReader reader(patch.records());
    while (const auto change = reader.next()) {
        const auto old_record = find_record(active().records(), change->name);
        const bool same = change->removal ? !old_record : old_record && equal(old_record->value, change->value);
        if (same) continue;
        changes.any = true;
        const auto* setting = schema_.find(change->name);
        if (setting != nullptr) changes.stages = static_cast<std::uint8_t>(changes.stages | stage_bit(setting->stage));
    }
    return changes;
}

Status Store::commit(const Patch& patch) { return apply(patch, nullptr); }
Status Store::stage(const Patch& patch, const ChangeTag& tag) { return apply(patch, &tag); }

Status Store::apply(const Patch& patch, const ChangeTag* trial) {
    ESB_TRY(writable());
    const auto changed = changes(patch);
    if (!changed.any) return {};

    ByteWriter writer(MutBytes(scratch().bytes).subspan(blob_header_size));
    merge_records(active().records(), patch.records(), writer);
    scratch().size = blob_header_size + writer.size();
    const std::uint8_t mask = trial != nullptr ? changed.stages : std::uint8_t{0};
    const auto allowed = check(writer, patch.origin());
    const auto written = allowed ? write(scratch(), mask, mask != 0 ? *trial : ChangeTag{}) : allowed;
    if (!written) {
        scratch().clear();
        return written;
    }
    swap();
    staged_mask_ = mask;
    ++revision_;
    if (mask != 0) return {};
    committed();
    return {};
}

// What was written last counts from now on.
void Store::committed() {
    committed_key_ = other(committed_key_);
    committed_generation_ = generation_;
    if (local_changed()) note_local();
    scratch().clear();
}

// Whether these records may take the place of those in use.
Status Store::check(const ByteWriter& records, Origin by) const {
    if (records.overflowed()) return fail(errors::settings_full);
    ESB_TRY(check_together(records.written(), active().records()));
    return check_protection(active().records(), records.written(), by);
}

// Puts a blob under the key that does not hold the committed values.
Status Store::write(Blob& blob, std::uint8_t staged_mask, const ChangeTag& tag) {
    seal_blob(MutBytes(blob.bytes).first(blob.size), {blob_version, staged_mask, generation_ + 1, tag});
    ESB_TRY(key_value_.put(keys[other(committed_key_)], blob.view()));
    ++generation_;
    return {};
}

bool Store::waits_for(Stage stage) const { return (staged_mask_ & stage_bit(stage)) != 0; }

Status Store::confirm(Stage stage) {
    if (!waits_for(stage)) return {};
    const auto left = static_cast<std::uint8_t>(staged_mask_ & ~stage_bit(stage));
    if (left == 0) {
        ESB_TRY(write(active(), 0));
        committed();
    }
    staged_mask_ = left;
    return {};
}

Status Store::revert() {
    if (!staged()) return {};
    ESB_TRY(remove(other(committed_key_)));
    drop_staged();
    return {};
}

void Store::drop_staged() {
    swap();
    scratch().clear();
    staged_mask_ = 0;
    ++revision_;
}

Status Store::remove(std::size_t key) { return key_value_.remove(keys[key]); }

Status Store::erase_all_but(std::span<const std::string_view> kept) {
    ESB_TRY(revert());
    if (refusal_) return erase_all();
    ByteWriter writer(MutBytes(scratch().bytes).subspan(blob_header_size));
    RecordReader reader(active().records());
    while (const auto record = reader.next()) {
        if (std::find(kept.begin(), kept.end(), record->name) != kept.end()) encode(*record, writer);
    }
    if (writer.size() == 0) return erase_all();
    // Nothing to leave out: no flash operation, but for a second key that still holds an older generation.
    if (writer.size() == active().records().size()) {
        scratch().clear();
        ESB_TRY(remove(other(committed_key_)));
        return keep_local(true);
    }
    scratch().size = blob_header_size + writer.size();
    if (const auto written = write(scratch(), 0); !written) {
        scratch().clear();
        return written;
    }
    swap();
    committed_key_ = other(committed_key_);
    committed_generation_ = generation_;
    scratch().clear();
    ++revision_;
    ESB_TRY(remove(other(committed_key_)));
    return keep_local(true);
}

Status Store::erase_all() {
    if (refusal_ && *refusal_ == errors::settings_not_loaded) static_cast<void>(load());  // generations go on rising
    // The committed values go last: cut in between, the device still has settings that belong together.
    ESB_TRY(remove(other(committed_key_)));
    if (staged()) drop_staged();
    if (const auto removed = remove(committed_key_); !removed) {
        refusal_ = removed.error();
        return removed;
    }
    refusal_.reset();
    committed_generation_.reset();
    if (active().size == 0 && !local_lost_) return {};
    ++generation_;
    ++revision_;
    active().clear();
    return keep_local(true);
}

}  // namespace esb::settings
