// Which of the two stored generations is used after a start.
#include "esb/settings/store.hpp"

namespace esb::settings {
Result<Loaded> Store::load() {
    staged_mask_ = 0;
    generation_ = 0;
    committed_generation_.reset();
    committed_key_ = 1;
    const auto a = read(0);
    const auto b = read(1);
    const auto loaded = choose(a, b);
    scratch().clear();
    values_changed();
    refusal_ = loaded ? std::nullopt : std::optional(loaded.error());
    recall_local(loaded);
    return loaded;
}

// Reads the key into the blob of the same number, which stays empty unless it is good.
Store::Found Store::read(std::size_t key) {
    using enum Found::State;
    auto& blob = blobs_[key];
    blob.clear();
    const auto got = key_value_.get(keys[key], blob.bytes);
    if (!got) {
        if (got.error() == errors::kv_not_found) return {absent, {}, std::nullopt};
        // Longer than anything this version writes: its generation is not known.
        if (got.error() == errors::kv_too_small) return {newer, {}, std::nullopt};
        return {unreadable, {}, got.error()};
    }
    const auto header = check_blob(*got);
    const bool readable = header && header->version <= blob_version;
    if (!readable) blob.clear();
    if (!header) return {corrupt, {}, std::nullopt};
    if (!readable) return {newer, *header, std::nullopt};
    blob.size = got->size();
    if (header->version < blob_version) migrate(blob, header->version);
    return {good, *header, std::nullopt};
}

// Gives a blob of an earlier version today's form, in memory; the flash gets it with the next change.
void Store::migrate(Blob& blob, std::uint8_t version) {
    const auto begin = records_at(version);
    const auto records = blob.view().subspan(begin);
    copy(records, MutBytes(blob.bytes).subspan(blob_header_size));  // they overlap: copy() moves
    blob.size = blob_header_size + records.size();
}

Result<Loaded> Store::choose(Found a, Found b) {
    using enum Found::State;
    std::array<Found, 2> found = {a, b};
    for (std::size_t key = 0; key < 2; ++key) {
        auto& theirs = found[key];
        const auto& ours = found[1 - key];
        if (theirs.state != newer) continue;
        const bool usable = ours.state == good && ours.header.staged_mask == 0;
        const bool dated = theirs.header.version > blob_version;
        if (usable && dated && is_newer(ours.header.generation, theirs.header.generation)) {
            theirs.state = absent;  // superseded: as good as not there
            continue;
        }
        committed_key_ = key;
        active_ = 1 - key;
        if (!usable) active().clear();
        return fail(errors::settings_newer);
    }
    if (found[0].state == good || found[1].state == good) return choose_good(found);

    for (const auto& one : found) {
        if (one.state == unreadable) return fail(*one.error);
    }
    return found[0].state == absent && found[1].state == absent ? Loaded::fresh : Loaded::lost;
}

// At least one of them is good.
Result<Loaded> Store::choose_good(std::span<const Found, 2> found) {
    using enum Found::State;
    const bool second = found[1].state == good &&
                        (found[0].state != good || is_newer(found[1].header.generation, found[0].header.generation));
    const std::size_t newest = second ? 1 : 0;
    const std::size_t older = 1 - newest;
    const bool older_damaged = found[older].state == corrupt || found[older].state == unreadable;
    generation_ = found[newest].header.generation;

    if (found[newest].header.staged_mask != 0 && !older_damaged) {
        active_ = older;
        committed_key_ = older;
        if (found[older].state == good) committed_generation_ = found[older].header.generation;
        reverted_tag_ = found[newest].header.tag;
        // So that it is reported once. If this fails it is reverted again next time, and overwritten by a change.
        static_cast<void>(remove(newest));
        return Loaded::reverted;
    }
    // A staged generation with nothing sound to go back to is better than none.
    active_ = newest;
    committed_key_ = newest;
    committed_generation_ = generation_;
    return older_damaged ? Loaded::recovered : Loaded::stored;
}

}  // namespace esb::settings
