#include "host/nvs/image_writer.hpp"

#include <algorithm>
#include <utility>

namespace esb::nvs {
namespace {

constexpr std::size_t value_at = 24;    // in an entry
constexpr std::size_t checksum_at = 4;  // in an entry
constexpr std::size_t name_spaces_max = 254;

void put_le(MutBytes out, std::uint64_t value) {
    for (auto& byte : out) {
        byte = static_cast<std::uint8_t>(value);
        value >>= 8;
    }
}

Status check_name(std::string_view name) {
    const bool printable = std::all_of(name.begin(), name.end(), [](char c) { return c >= ' ' && c <= '~'; });
    return name.empty() || name.size() > name_max || !printable ? fail(errors::nvs_name) : Status();
}

std::size_t entries_for(std::size_t bytes) { return (bytes + entry_size - 1) / entry_size; }

}  // namespace

ImageWriter::ImageWriter(std::size_t size, std::optional<Cipher> cipher)
    : image_(size, 0xFF), cipher_(std::move(cipher)) {
    begin_page();
}

Result<ImageWriter> ImageWriter::make(std::size_t size, std::optional<Cipher> cipher) {
    if (size % page_size != 0 || size < pages_min * page_size) return fail(errors::nvs_size);
    return ImageWriter(size, std::move(cipher));
}

void ImageWriter::begin_page() {
    const auto header = page().first(header_size);
    put_le(header.first(4), page_active);
    put_le(header.subspan(4, 4), page_);
    header[8] = version_2;
    put_le(header.last(4), checksum(ConstBytes(header).subspan(4, header_size - 8)));
    used_ = 0;
}

Status ImageWriter::next_page() {
    if ((page_ + 2) * page_size >= image_.size()) return fail(errors::nvs_full);
    put_le(page().first(4), page_full);
    ++page_;
    begin_page();
    return {};
}

// ---- values

Status ImageWriter::open(std::string_view name_space) {
    ESB_TRY(check_name(name_space));
    const auto known = std::find(name_spaces_.begin(), name_spaces_.end(), name_space);
    const auto number = static_cast<std::uint8_t>(known - name_spaces_.begin() + 1);
    if (known == name_spaces_.end()) {
        if (name_spaces_.size() == name_spaces_max) return fail(errors::nvs_full);
        ESB_TRY(put_integer({name_space, 0, Type::u8}, number));
        name_spaces_.emplace_back(name_space);
    }
    current_ = number;
    return {};
}

Status ImageWriter::integer(std::string_view key, Type type, std::uint64_t value) {
    ESB_TRY(check_name(key));
    if (current_ == 0) return fail(errors::nvs_name);
    return put_integer({key, current_, type}, value);
}

Status ImageWriter::text(std::string_view key, std::string_view value) {
    ESB_TRY(check_name(key));
    if (current_ == 0) return fail(errors::nvs_name);
    if (value.size() + 1 > text_max || value.find('\0') != std::string_view::npos) return fail(errors::nvs_too_long);
    std::vector<std::uint8_t> bytes(value.begin(), value.end());
    bytes.push_back(0);
    // The generator leaves the last entry of a page free when a text would need it.
    const std::size_t span = entries_for(bytes.size()) + 1;
    if (used_ + span >= entries_per_page) ESB_TRY(next_page());
    return put_bytes({key, current_, Type::text, span}, bytes);
}

Status ImageWriter::blob(std::string_view key, ConstBytes value) {
    ESB_TRY(check_name(key));
    if (current_ == 0) return fail(errors::nvs_name);
    if (used_ == entries_per_page) ESB_TRY(next_page());
    std::uint8_t chunk = 0;
    auto rest = value;
    do {
        const std::size_t room = (entries_per_page - used_ - 1) * entry_size;
        const auto part = rest.first(std::min(room, rest.size()));
        rest = rest.subspan(part.size());
        ESB_TRY(put_bytes({key, current_, Type::blob_part, entries_for(part.size()) + 1, chunk}, part));
        ++chunk;
        if (!rest.empty() || room - part.size() < entry_size) ESB_TRY(next_page());
    } while (!rest.empty());
    auto index = entry_of({key, current_, Type::blob_index});
    put_le(MutBytes(index).subspan(value_at, 4), value.size());
    index[value_at + 4] = chunk;
    index[value_at + 5] = 0;  // the first one's number
    return put(index);
}

// ---- entries

ImageWriter::Entry ImageWriter::entry_of(const Head& head) {
    Entry entry;
    entry.fill(0xFF);
    entry[0] = head.name_space;
    entry[1] = static_cast<std::uint8_t>(head.type);
    entry[2] = static_cast<std::uint8_t>(head.span);
    entry[3] = head.chunk;
    const auto key = MutBytes(entry).subspan(8, name_max + 1);
    std::fill(key.begin(), key.end(), std::uint8_t{0});
    copy(as_bytes(head.key), key);
    return entry;
}

Status ImageWriter::put_integer(const Head& head, std::uint64_t value) {
    if (used_ == entries_per_page) ESB_TRY(next_page());
    auto entry = entry_of(head);
    put_le(MutBytes(entry).subspan(value_at, integer_size(head.type)), value);
    return put(entry);
}

Status ImageWriter::put_bytes(const Head& head, ConstBytes value) {
    auto entry = entry_of(head);
    put_le(MutBytes(entry).subspan(value_at, 2), value.size());
    put_le(MutBytes(entry).last(4), checksum(value));
    ESB_TRY(put(entry));
    return append(value);
}

Status ImageWriter::put(Entry entry) {
    put_le(MutBytes(entry).subspan(checksum_at, 4), entry_checksum(entry));
    return append(entry);
}

// The callers have seen to it that the page has room.
Status ImageWriter::append(ConstBytes bytes) {
    const std::size_t count = entries_for(bytes.size());
    const std::size_t at = first_entry_at + used_ * entry_size;
    const auto place = page().subspan(at, count * entry_size);
    copy(bytes, place);  // what is behind it stays 0xFF
    if (cipher_) ESB_TRY(cipher_->encrypt(page_ * page_size + at, place));
    for (const std::size_t end = used_ + count; used_ < end; ++used_) {
        auto& bits = page()[bitmap_at + used_ / 4];
        bits = static_cast<std::uint8_t>(bits & ~(1U << 2 * (used_ % 4)));
    }
    return {};
}

}  // namespace esb::nvs
