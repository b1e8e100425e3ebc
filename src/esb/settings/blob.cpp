#include "esb/settings/blob.hpp"

#include "esb/base/encoding.hpp"
#include "esb/settings/schema.hpp"

namespace esb::settings {
namespace {

constexpr std::string_view magic = "ESBS";
constexpr std::size_t crc_at = 12;
constexpr std::uint16_t removal_mark = 0xFFFF;

std::uint32_t blob_crc(ConstBytes blob) { return crc32(blob.subspan(blob_common_size), crc32(blob.first(crc_at))); }

bool records_valid(ConstBytes records) {
    RecordReader reader(records);
    std::string_view before;
    while (const auto record = reader.next()) {
        const bool fits = is_name(record->name) && record->value.size() <= value_max && !record->removal;
        if (!fits || record->name <= before) return false;
        before = record->name;
    }
    return reader.rest().empty();
}

}  // namespace

std::size_t encoded_size(const Record& record) { return 1 + record.name.size() + 2 + record.value.size(); }

void encode(const Record& record, ByteWriter& out) {
    const auto length = record.removal ? removal_mark : static_cast<std::uint16_t>(record.value.size());
    out.u8(static_cast<std::uint8_t>(record.name.size())).text(record.name).le16(length).bytes(record.value);
}

std::optional<Record> RecordReader::next() {
    ByteReader ahead = reader_;
    const auto name_size = ahead.u8();
    if (!name_size) return std::nullopt;
    const auto name = ahead.take(*name_size);
    if (!name) return std::nullopt;
    const auto length = ahead.le16();
    if (!length) return std::nullopt;
    const bool removal = *length == removal_mark;
    const auto value = ahead.take(removal ? 0 : *length);
    if (!value) return std::nullopt;
    reader_ = ahead;
    return Record{as_text(*name), *value, removal};
}

Result<BlobHeader> check_blob(ConstBytes blob) {
    if (blob.size() < blob_common_size || as_text(blob.first(magic.size())) != magic) {
        return fail(errors::settings_corrupt);
    }
    ByteReader reader(blob.subspan(magic.size()));
    BlobHeader header;
    header.version = *reader.u8();
    header.staged_mask = *reader.u8();
    const std::size_t length = *reader.le16();
    header.generation = *reader.le32();
    const bool whole = length == blob.size() - blob_common_size && *reader.le32() == blob_crc(blob);
    if (!whole || header.version == 0) return fail(errors::settings_corrupt);
    if (header.version > blob_version) return header;
    const auto begin = records_at(header.version);
    const bool sized = blob.size() >= begin && blob.size() - begin <= records_max;
    if (!sized || !records_valid(blob.subspan(begin))) return fail(errors::settings_corrupt);
    if (begin == blob_header_size) copy(blob.subspan(blob_common_size, header.tag.size()), header.tag);
    return header;
}

void seal_blob(MutBytes blob, const BlobHeader& header) {
    const auto begin = records_at(header.version);
    ByteWriter writer(blob.first(begin));
    const auto length = static_cast<std::uint16_t>(blob.size() - blob_common_size);
    writer.text(magic).u8(header.version).u8(header.staged_mask).le16(length).le32(header.generation);
    if (begin == blob_header_size) copy(header.tag, blob.subspan(blob_common_size));
    writer.le32(blob_crc(blob));
}

std::optional<Record> find_record(ConstBytes records, std::string_view name) {
    RecordReader reader(records);
    while (const auto record = reader.next()) {
        if (record->name == name) return record;
    }
    return std::nullopt;
}

void merge_records(ConstBytes base, ConstBytes patch, ByteWriter& out) {
    RecordReader old_records(base);
    RecordReader changes(patch);
    auto old_record = old_records.next();
    auto change = changes.next();
    while (old_record || change) {
        const bool keep = !change || (old_record && old_record->name < change->name);
        if (keep) {
            encode(*old_record, out);
            old_record = old_records.next();
            continue;
        }
        if (old_record && old_record->name == change->name) old_record = old_records.next();
        if (!change->removal) encode(*change, out);
        change = changes.next();
    }
}

}  // namespace esb::settings
