#include "host/nvs/image_reader.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

namespace esb::nvs {
namespace {

enum class State : std::uint8_t { erased = 0, written = 2, empty = 3 };

struct Page {
    std::size_t at;  // in the image
    std::uint32_t sequence;
};

struct Entry {
    std::uint8_t name_space = 0;
    Type type{};
    std::uint8_t span = 0;
    std::uint8_t chunk = 0;
    std::string key;
    std::array<std::uint8_t, 8> value{};
};

struct Index {
    std::uint32_t size = 0;
    std::uint8_t count = 0;
    std::uint8_t first = 0;
};

bool is_blank(ConstBytes bytes) {
    return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0xFF; });
}

// Empty: never used.
Result<std::optional<Page>> read_header(ConstBytes image, std::size_t at) {
    const auto header = image.subspan(at, header_size);
    if (is_blank(header)) return std::optional<Page>();
    ByteReader reader(header);
    const auto state = *reader.le32();
    const auto covered = *reader.take(header_size - 8);
    if (checksum(covered) != *reader.le32()) return fail(errors::nvs_page);
    if (state != page_active && state != page_full && state != page_freeing) return fail(errors::nvs_page);
    if (covered[4] != version_1 && covered[4] != version_2) return fail(errors::nvs_page);
    return std::optional<Page>(Page{at, *ByteReader(covered).le32()});
}

// What a whole image says, before blobs are put together.
class Collector {
public:
    Collector(ConstBytes image, const Cipher* cipher) : image_(image), cipher_(cipher) {}

    Status read(const Page& page);
    Result<std::vector<Value>> finish();

private:
    using Name = std::pair<std::uint8_t, std::string>;

    State state(const Page& page, std::size_t index) const;
    Result<std::vector<std::uint8_t>> bytes(const Page& page, std::size_t index, std::size_t count) const;
    Result<Entry> entry(const Page& page, std::size_t index) const;
    Status take(const Page& page, std::size_t index, const Entry& entry);
    Result<std::vector<std::uint8_t>> long_value(const Page& page, std::size_t index, const Entry& entry) const;
    Status join(const Name& name, const Index& index);

    ConstBytes image_;
    const Cipher* cipher_;
    std::map<std::uint8_t, std::string> name_spaces_;
    std::map<Name, std::pair<Type, std::vector<std::uint8_t>>> values_;
    std::map<Name, Index> indexes_;
    std::map<std::tuple<std::uint8_t, std::string, std::uint8_t>, std::vector<std::uint8_t>> parts_;
};

State Collector::state(const Page& page, std::size_t index) const {
    return static_cast<State>(image_[page.at + bitmap_at + index / 4] >> 2 * (index % 4) & 3);
}

Result<std::vector<std::uint8_t>> Collector::bytes(const Page& page, std::size_t index, std::size_t count) const {
    const std::size_t at = page.at + first_entry_at + index * entry_size;
    const auto stored = image_.subspan(at, count * entry_size);
    std::vector<std::uint8_t> plain(stored.begin(), stored.end());
    if (cipher_ != nullptr) ESB_TRY(cipher_->decrypt(at, plain));
    return plain;
}

Result<Entry> Collector::entry(const Page& page, std::size_t index) const {
    const auto plain = bytes(page, index, 1);
    if (!plain) return fail(plain.error());
    const std::span<const std::uint8_t, entry_size> raw(plain->data(), entry_size);
    if (*ByteReader(raw.subspan<4>()).le32() != entry_checksum(raw)) return fail(errors::nvs_entry);
    Entry made{raw[0], static_cast<Type>(raw[1]), raw[2], raw[3], {}, {}};
    const auto key = as_text(raw.subspan<8, name_max + 1>());
    made.key = key.substr(0, key.find('\0'));
    copy(raw.last<8>(), made.value);
    if (made.key.empty() || made.key.size() > name_max) return fail(errors::nvs_entry);
    if (made.span == 0 || index + made.span > entries_per_page) return fail(errors::nvs_entry);
    return made;
}

Status Collector::read(const Page& page) {
    for (std::size_t index = 0; index < entries_per_page;) {
        const auto is = state(page, index);
        if (is == State::empty || is == State::erased) {
            ++index;
            continue;
        }
        if (is != State::written) return fail(errors::nvs_entry);
        const auto found = entry(page, index);
        if (!found) return fail(found.error());
        ESB_TRY(take(page, index, *found));
        index += found->span;
    }
    return {};
}

// The bytes behind an entry.
Result<std::vector<std::uint8_t>> Collector::long_value(const Page& page, std::size_t index, const Entry& entry) const {
    ByteReader reader(entry.value);
    const std::size_t size = *reader.le16();
    static_cast<void>(reader.take(2));
    if ((size + entry_size - 1) / entry_size + 1 != entry.span) return fail(errors::nvs_entry);
    auto value = bytes(page, index + 1, entry.span - std::size_t{1});
    if (!value) return value;
    value->resize(size);
    if (checksum(*value) != *reader.le32()) return fail(errors::nvs_entry);
    return value;
}

Status Collector::take(const Page& page, std::size_t index, const Entry& entry) {
    if (const std::size_t size = integer_size(entry.type); size > 0) {
        if (entry.span != 1) return fail(errors::nvs_entry);
        if (entry.name_space != 0) {
            values_[{entry.name_space, entry.key}] = {entry.type, {entry.value.begin(), entry.value.begin() + size}};
            return {};
        }
        name_spaces_[entry.value[0]] = entry.key;
        return entry.type == Type::u8 ? Status() : fail(errors::nvs_entry);
    }
    if (entry.name_space == 0) return fail(errors::nvs_entry);
    if (entry.type == Type::blob_index) {
        ByteReader reader(entry.value);
        indexes_[{entry.name_space, entry.key}] = {*reader.le32(), *reader.u8(), *reader.u8()};
        return entry.span == 1 ? Status() : fail(errors::nvs_entry);
    }
    if (entry.type != Type::text && entry.type != Type::blob && entry.type != Type::blob_part)
        return fail(errors::nvs_entry);
    auto value = long_value(page, index, entry);
    if (!value) return fail(value.error());
    if (entry.type == Type::blob_part) {
        parts_[{entry.name_space, entry.key, entry.chunk}] = std::move(*value);
        return {};
    }
    if (entry.type == Type::text) {
        if (value->empty() || value->back() != 0) return fail(errors::nvs_entry);
        value->pop_back();
    }
    values_[{entry.name_space, entry.key}] = {entry.type, std::move(*value)};
    return {};
}

Status Collector::join(const Name& name, const Index& index) {
    std::vector<std::uint8_t> whole;
    for (unsigned i = 0; i < index.count; ++i) {
        const auto part = parts_.find({name.first, name.second, static_cast<std::uint8_t>(index.first + i)});
        if (part == parts_.end()) return fail(errors::nvs_chunk);
        whole.insert(whole.end(), part->second.begin(), part->second.end());
    }
    if (whole.size() != index.size) return fail(errors::nvs_chunk);
    values_[name] = {Type::blob, std::move(whole)};
    return {};
}

Result<std::vector<Value>> Collector::finish() {
    for (const auto& [name, index] : indexes_) ESB_TRY(join(name, index));
    std::vector<Value> all;
    for (auto& [name, value] : values_) {
        const auto name_space = name_spaces_.find(name.first);
        if (name_space == name_spaces_.end()) return fail(errors::nvs_entry);
        all.push_back({name_space->second, name.second, value.first, std::move(value.second)});
    }
    std::sort(all.begin(), all.end(), [](const Value& a, const Value& b) {
        return std::tie(a.name_space, a.key) < std::tie(b.name_space, b.key);
    });
    return all;
}

}  // namespace

Result<std::vector<Value>> read_image(ConstBytes image, const Cipher* cipher) {
    if (image.empty() || image.size() % page_size != 0) return fail(errors::nvs_size);
    std::vector<Page> pages;
    for (std::size_t at = 0; at < image.size(); at += page_size) {
        const auto page = read_header(image, at);
        if (!page) return fail(page.error());
        if (*page) pages.push_back(**page);
    }
    if (pages.empty()) return fail(errors::nvs_empty);
    // The order in which they were written.
    std::sort(pages.begin(), pages.end(), [](const Page& a, const Page& b) { return a.sequence < b.sequence; });
    Collector collector(image, cipher);
    for (const auto& page : pages) ESB_TRY(collector.read(page));
    return collector.finish();
}

}  // namespace esb::nvs
