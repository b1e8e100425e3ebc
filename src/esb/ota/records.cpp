#include "esb/ota/records.hpp"

#include <algorithm>
#include <array>

namespace esb::ota {
namespace {

constexpr std::uint8_t record_version = 1;

// Reads a record to its end; a read that fails gives zeros and latches, so that one check at the end is enough.
class RecordReader {
public:
    explicit RecordReader(ConstBytes bytes) : reader_(bytes) {}

    std::uint8_t u8() { return value(reader_.u8()); }
    std::uint32_t u32() { return value(reader_.le32()); }
    // An enumeration with `count` values.
    template <typename E>
    E choice(unsigned count) {
        return choice<E>(u8(), count);
    }
    template <typename E>
    E choice(unsigned raw, unsigned count) {
        if (raw < count) return static_cast<E>(raw);
        failed_ = true;
        return {};
    }
    void refuse() { failed_ = true; }
    void bytes(MutBytes out) { copy(value(reader_.take(out.size())), out); }
    template <std::size_t N>
    void text(FixedString<N>& out) {
        if (!out.assign(as_text(value(reader_.take(u8()))))) failed_ = true;
    }

    bool is_at_end() const { return reader_.empty(); }
    Status end() const { return failed_ || !reader_.empty() ? Status(fail(errors::ota_record)) : Status(); }

private:
    template <typename T>
    T value(Result<T> read) {
        if (!read) failed_ = true;
        return read.value_or(T{});
    }
    ByteReader reader_;
    bool failed_ = false;
};

// The first byte of an image's record, beside the slot.
enum ImageBit : std::uint8_t { without_size = 0x10, without_sha256 = 0x20, without_job = 0x40, says_so = 0x80 };

std::uint8_t absent_bits(const ImageRecord& image) {
    return static_cast<std::uint8_t>((image.size ? 0 : without_size) | (image.sha256 ? 0 : without_sha256) |
                                     (image.job ? 0 : without_job));
}

bool has_zeros(const ImageRecord& image) {
    constexpr crypto::Digest zeros{};
    return image.size == 0U || image.sha256 == zeros || image.job == zeros;
}

void image_from(RecordReader& in, ImageRecord& out) {
    const std::uint8_t first = in.u8();
    const bool says = (first & says_so) != 0;
    out.slot = in.choice<chip::SlotId>(first & 0x0F, 2);
    out.seq = in.u32();
    if ((first & without_size) == 0) out.size = in.u32();
    if ((first & without_sha256) == 0) in.bytes(out.sha256.emplace());
    if ((first & without_job) == 0) in.bytes(out.job.emplace());
    if (says == (absent_bits(out) != 0 || has_zeros(out))) return;
    if (says || (first & ~1U) != 0) return in.refuse();  // not how it would be written
    if (out.size == 0U) out.size.reset();
    if (out.sha256 == crypto::Digest{}) out.sha256.reset();
    if (out.job == crypto::Digest{}) out.job.reset();
}

template <typename E>
std::uint8_t raw(E value) {
    return static_cast<std::uint8_t>(value);
}

}  // namespace

bool BadList::contains(const crypto::Digest& digest) const {
    return std::find(digests.begin(), digests.end(), digest) != digests.end();
}

void BadList::add(const crypto::Digest& digest) {
    if (contains(digest)) return;
    if (digests.full()) digests.erase(0);
    static_cast<void>(digests.push_back(digest));  // there is room now
}

bool absorb(BadList& list, const BadList& earlier) {
    bool more = false;
    for (const auto& digest : earlier.digests) {
        if (list.contains(digest)) continue;
        list.add(digest);
        more = true;
    }
    return more;
}

bool absorb(KeySet& set, const KeySet& earlier) {
    if (earlier.version <= set.version) return false;
    set = earlier;
    return true;
}

const FailureList::Entry* FailureList::find(const crypto::Digest& job) const {
    const auto* const found =
        std::find_if(entries.begin(), entries.end(), [&](const Entry& entry) { return entry.job == job; });
    return found != entries.end() ? found : nullptr;
}

FailureList::Entry& FailureList::of(const crypto::Digest& job) {
    const auto* const found = find(job);
    Entry entry = found != nullptr ? *found : Entry{job, {}, 0};
    if (!forget(job) && entries.full()) entries.erase(0);
    static_cast<void>(entries.push_back(entry));  // there is room now
    return entries[entries.size() - 1];
}

bool FailureList::forget(const crypto::Digest& job) {
    const auto* const found = find(job);
    if (found == nullptr) return false;
    entries.erase(static_cast<std::size_t>(found - entries.begin()));
    return true;
}

const DataRecord::Part* DataRecord::find(std::string_view name) const {
    const auto* const found =
        std::find_if(parts.begin(), parts.end(), [&](const Part& part) { return part.name == name; });
    return found != parts.end() ? found : nullptr;
}

void encode(const MarkRecord& record, ByteWriter& out) {
    out.bytes(record.job).le32(record.bytes).bytes(record.prefix);
    if (record.form != full_form) out.u8(record.form).le32(record.packed);
}
void encode(const ImageRecord& record, ByteWriter& out) {
    const std::uint8_t absent = absent_bits(record);
    const bool says = absent != 0 || has_zeros(record);
    out.u8(static_cast<std::uint8_t>(raw(record.slot) | absent | (says ? says_so : 0))).le32(record.seq);
    if (record.size) out.le32(*record.size);
    if (record.sha256) out.bytes(*record.sha256);
    if (record.job) out.bytes(*record.job);
}
void encode(const TrialRecord& record, ByteWriter& out) {
    encode(record.image, out);
    out.u8(static_cast<std::uint8_t>(record.ver.size())).text(record.ver);
    out.le32(record.floor).le32(record.from_seq);
    out.u8(raw(record.phase)).u8(raw(record.cause)).u8(record.rollback ? 1 : 0);
    out.u8(record.crashes).u8(record.other_failures);
}
void encode(const BadList& record, ByteWriter& out) {
    out.u8(static_cast<std::uint8_t>(record.digests.size()));
    for (const auto& digest : record.digests) out.bytes(digest);
}
void encode(const FailureList& record, ByteWriter& out) {
    out.u8(static_cast<std::uint8_t>(record.entries.size()));
    for (const auto& entry : record.entries) out.bytes(entry.job).bytes(entry.strikes).u8(entry.failures);
}
void encode(const KeySet& record, ByteWriter& out) {
    out.le32(record.version).u8(static_cast<std::uint8_t>(record.keys.size()));
    for (const auto& key : record.keys) out.bytes(key.key.x).bytes(key.key.y);
}

void encode(const WaitRecord& record, ByteWriter& out) {
    out.bytes(record.job).u8(record.wanted ? 1 : 0).le32(static_cast<std::uint32_t>(record.postponed.count()));
    if (!record.until) return;
    const auto until = static_cast<std::uint64_t>(record.until->count());
    out.le32(static_cast<std::uint32_t>(until)).le32(static_cast<std::uint32_t>(until >> 32));
}
void encode(const SkipRecord& record, ByteWriter& out) {
    out.bytes(record.job);
    if (record.seq) out.le32(*record.seq);
}
void encode(const DataRecord& record, ByteWriter& out) {
    out.le32(record.seq).u8(static_cast<std::uint8_t>(record.parts.size()));
    for (const auto& part : record.parts) {
        out.u8(static_cast<std::uint8_t>(part.name.size())).text(part.name).le32(part.size).bytes(part.sha256);
    }
}

Status decode(ConstBytes bytes, MarkRecord& out) {
    RecordReader in(bytes);
    in.bytes(out.job);
    out.bytes = in.u32();
    in.bytes(out.prefix);
    if (in.is_at_end()) return in.end();
    out.form = in.u8();
    out.packed = in.u32();
    if (out.form == full_form || out.form >= first_delta + max_deltas) in.refuse();
    return in.end();
}
Status decode(ConstBytes bytes, ImageRecord& out) {
    RecordReader in(bytes);
    image_from(in, out);
    return in.end();
}
Status decode(ConstBytes bytes, TrialRecord& out) {
    RecordReader in(bytes);
    image_from(in, out.image);
    in.text(out.ver);
    out.floor = in.u32();
    out.from_seq = in.u32();
    out.phase = in.choice<TrialPhase>(8);
    out.cause = in.choice<TrialCause>(7);
    out.rollback = in.choice<std::uint8_t>(2) != 0;
    out.crashes = in.u8();
    out.other_failures = in.u8();
    return in.end();
}
Status decode(ConstBytes bytes, BadList& out) {
    RecordReader in(bytes);
    for (std::uint8_t left = in.u8(); left > 0; --left) {
        crypto::Digest digest{};
        in.bytes(digest);
        if (!out.digests.push_back(digest)) return fail(errors::ota_record);
    }
    return in.end();
}
Status decode(ConstBytes bytes, FailureList& out) {
    RecordReader in(bytes);
    for (std::uint8_t left = in.u8(); left > 0; --left) {
        FailureList::Entry entry;
        in.bytes(entry.job);
        in.bytes(entry.strikes);
        entry.failures = in.u8();
        if (!out.entries.push_back(entry)) return fail(errors::ota_record);
    }
    return in.end();
}
Status decode(ConstBytes bytes, KeySet& out) {
    RecordReader in(bytes);
    out.version = in.u32();
    for (std::uint8_t left = in.u8(); left > 0; --left) {
        TrustedKey key;
        in.bytes(key.key.x);
        in.bytes(key.key.y);
        if (!crypto::check_public_key(key.key)) return fail(errors::ota_record);
        key.kid = key_id(key.key);
        if (!out.keys.push_back(key)) return fail(errors::ota_record);
    }
    return in.end();
}

Status decode(ConstBytes bytes, WaitRecord& out) {
    RecordReader in(bytes);
    in.bytes(out.job);
    out.wanted = in.choice<std::uint8_t>(2) != 0;
    out.postponed = UnixTime(in.u32());
    if (in.is_at_end()) return in.end();
    const std::uint64_t low = in.u32(), high = in.u32();
    if (high > 0xFF) in.refuse();  // no clock says so
    out.until = UnixTime(static_cast<std::int64_t>(high << 32 | low));
    return in.end();
}
Status decode(ConstBytes bytes, SkipRecord& out) {
    RecordReader in(bytes);
    in.bytes(out.job);
    if (!in.is_at_end()) out.seq = in.u32();
    return in.end();
}
Status decode(ConstBytes bytes, DataRecord& out) {
    RecordReader in(bytes);
    out.seq = in.u32();
    for (std::uint8_t left = in.u8(); left > 0; --left) {
        DataRecord::Part part;
        in.text(part.name);
        part.size = in.u32();
        in.bytes(part.sha256);
        if (!out.parts.push_back(part)) return fail(errors::ota_record);
    }
    return in.end();
}

Result<ConstBytes> seal_record(std::string_view key, ConstBytes content, MutBytes out) {
    if (out.size() < content.size() + settings::seal_overhead) return fail(errors::too_long);
    const auto record = out.first(content.size() + settings::seal_overhead);
    copy(content, record.subspan(1));
    seal_in_place(key, record);
    return record;
}

void seal_in_place(std::string_view key, MutBytes record) { settings::seal(key, record_version, record); }

Result<ConstBytes> unseal_record(std::string_view key, ConstBytes stored) {
    const auto content = settings::unseal(key, record_version, stored);
    return content ? Result<ConstBytes>(*content) : fail(errors::ota_record);
}

Records::Records(chip::KeyValue& key_value)
    : mark(key_value, record_keys::mark),
      trial(key_value, record_keys::trial),
      run(key_value, record_keys::run),
      previous(key_value, record_keys::previous),
      failures(key_value, record_keys::failures),
      wait(key_value, record_keys::wait),
      skip(key_value, record_keys::skip),
      floor(key_value, settings::trust_names::floor),
      bad(key_value, settings::trust_names::quarantine),
      counter(key_value, settings::trust_names::command_counter),
      config_counter(key_value, settings::trust_names::config_counter),
      keys(key_value, settings::trust_names::key_set),
      key_value_(key_value) {}

Result<std::string_view> Records::load_job(MutBytes scratch) const {
    const auto stored = key_value_.get(record_keys::job, scratch);
    if (!stored) return fail(stored.error());
    const auto content = unseal_record(record_keys::job, *stored);
    if (!content) return fail(content.error());
    return as_text(*content);
}
Status Records::save_job(std::string_view message, MutBytes scratch) const {
    const auto sealed = seal_record(record_keys::job, as_bytes(message), scratch);
    if (!sealed) return fail(sealed.error());
    return key_value_.put(record_keys::job, *sealed);
}
Status Records::remove_job() const { return key_value_.remove(record_keys::job); }

}  // namespace esb::ota
