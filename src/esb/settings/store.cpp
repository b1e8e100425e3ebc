#include "esb/settings/store.hpp"

#include "esb/base/secret.hpp"
#include "esb/settings/together.hpp"

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

// Whoever changes the values in use calls this. The blob stays the only place where they are: this finds them in it.
void Store::values_changed() {
    ++revision_;
    places_.fill(0);
    RecordReader reader(active().records());
    std::size_t place = blob_header_size;
    while (const auto record = reader.next()) {
        const auto table = base_table().first(base_named);
        const auto same_name = [&](const Setting& setting) { return setting.name == record->name; };
        const auto row = std::find_if(table.begin(), table.end(), same_name);
        if (row != table.end() && validate(*row, record->value)) {
            places_[static_cast<std::size_t>(row - table.begin())] = static_cast<std::uint16_t>(place);
        }
        place += encoded_size(*record);
    }
}

std::optional<ConstBytes> Store::stored(AnyKey key) const {
    const std::size_t place = places_[key.row()];
    if (place == 0) return std::nullopt;
    return RecordReader(active().view().subspan(place)).next()->value;
}

ConstBytes Store::in_use(AnyKey key) const {
    const auto value = stored(key);
    return value ? *value : as_bytes(schema_.at(key).fallback);
}

std::int32_t Store::number_in_use(AnyKey key) const {
    const auto value = stored(key);
    return value ? static_cast<std::int32_t>(number(*value)) : fallback_number(schema_.at(key));
}

// By name: an author's settings, and the base's for those who have got but a name.
const Setting* Store::find(std::string_view name, Type type, Type or_type) const {
    const auto* setting = schema_.find(name);
    return setting != nullptr && (setting->type == type || setting->type == or_type) ? setting : nullptr;
}

std::optional<ConstBytes> Store::stored(const Setting& setting) const {
    const auto record = find_record(active().records(), setting.name);
    if (!record || !validate(setting, record->value)) return std::nullopt;
    return record->value;
}

std::int32_t Store::number_in_use(const Setting& setting) const {
    const auto value = stored(setting);
    return value ? static_cast<std::int32_t>(number(*value)) : fallback_number(setting);
}

bool Store::boolean(std::string_view name) const {
    const auto* setting = find(name, Type::boolean, Type::boolean);
    return setting != nullptr && number_in_use(*setting) != 0;
}

std::int32_t Store::integer(std::string_view name) const {
    const auto* setting = find(name, Type::integer, Type::integer);
    return setting != nullptr ? number_in_use(*setting) : 0;
}

std::string_view Store::text(std::string_view name) const {
    const auto* setting = find(name, Type::text, Type::choice);
    return setting != nullptr ? as_text(stored(*setting).value_or(as_bytes(setting->fallback))) : std::string_view();
}

ConstBytes Store::bytes(std::string_view name) const {
    const auto* setting = find(name, Type::octets, Type::key);
    return setting != nullptr ? stored(*setting).value_or(as_bytes(setting->fallback)) : ConstBytes();
}

bool Store::is_set(std::string_view name) const {
    const auto* setting = schema_.find(name);
    return setting != nullptr && stored(*setting).has_value();
}

Result<std::string_view> Store::show(std::string_view name, std::span<char> out) const {
    const auto* setting = schema_.find(name);
    if (setting == nullptr) return fail(errors::setting_unknown);
    if (const auto value = stored(*setting)) return format(*setting, *value, out);
    const auto fallback = parse(*setting, setting->fallback);
    if (!fallback) return fail(fallback.error());
    return format(*setting, fallback->reveal(), out);
}

bool Store::mentions(std::span<const Key<Type::key>> among, ConstBytes value) const {
    const auto in = [value](ConstBytes records, AnyKey key) {
        const auto record = find_record(records, key);
        return record && equal(record->value, value);
    };
    return std::any_of(among.begin(), among.end(), [&](AnyKey key) {
        return in(active().records(), key) || (staged() && in(scratch().records(), key));
    });
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
    values_changed();
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
    values_changed();
}

Status Store::remove(std::size_t key) { return key_value_.remove(keys[key]); }

Status Store::erase_all_but(std::span<const AnyKey> kept) {
    ESB_TRY(revert());
    if (refusal_) return erase_all();
    ByteWriter writer(MutBytes(scratch().bytes).subspan(blob_header_size));
    RecordReader reader(active().records());
    while (const auto record = reader.next()) {
        const auto same_name = [&](AnyKey key) { return key.name() == record->name; };
        if (std::any_of(kept.begin(), kept.end(), same_name)) encode(*record, writer);
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
    values_changed();
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
    active().clear();
    values_changed();
    return keep_local(true);
}

}  // namespace esb::settings
