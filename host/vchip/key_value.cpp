#include "host/vchip/key_value.hpp"

#include "esb/base/trace.hpp"

#include <algorithm>
#include <utility>

namespace esb::vchip {
namespace {

using kv_log::EntryKind;
using kv_log::PageHeader;

Status check_key(std::string_view key) {
    if (key.empty() || key.size() > chip::kv_key_max) return fail(errors::kv_bad_key);
    for (const char c : key) {
        if (c < ' ' || c > '~') return fail(errors::kv_bad_key);
    }
    return {};
}

}  // namespace

KeyValue::KeyValue(Region partition, std::optional<NvsCipher> cipher)
    : region_(partition),
      cipher_(std::move(cipher)),
      pages_(static_cast<std::uint32_t>(partition.size() / erase_unit)) {}

// ---- mounting

Result<chip::Mount> KeyValue::mount() {
    mounted_ = false;
    damaged_ = false;
    if (pages_ < 3) return fail(errors::kv_corrupt);
    const auto newest = find_newest();
    if (!newest) return fail(newest.error());
    if (!*newest) return format();
    if ((*newest)->encrypted && !cipher_) return fail(errors::kv_corrupt);
    encrypted_ = (*newest)->encrypted;
    ESB_TRY(load(**newest));
    mounted_ = true;
    return chip::Mount::existing;
}

Result<chip::Mount> KeyValue::format() {
    const auto erased = looks_erased();
    if (!erased) return fail(erased.error());
    if (!*erased) return fail(errors::kv_corrupt);
    encrypted_ = cipher_.has_value();
    places_.clear();
    oldest_ = 1;
    newest_ = 0;
    ESB_TRY(open_page());
    mounted_ = true;
    suspect_ = false;
    return chip::Mount::formatted;
}

// The first page formatted is number 1; a cut there may have left anything in its place.
Result<bool> KeyValue::looks_erased() {
    for (std::uint32_t place = 0; place < pages_; ++place) {
        const auto page = read_page(place);
        if (!page) return fail(page.error());
        if (place != 1 && !kv_log::all_bytes(*page, 0xFF)) return false;
    }
    return true;
}

Result<std::optional<PageHeader>> KeyValue::find_newest() const {
    std::optional<PageHeader> newest;
    for (std::uint32_t place = 0; place < pages_; ++place) {
        std::array<std::uint8_t, kv_log::header_size> bytes{};
        ESB_TRY(region_.read(start_of(place), bytes));
        const auto header = kv_log::parse_header(bytes, pages_);
        if (!header || header->sequence % pages_ != place) continue;
        if (!newest || header->sequence > newest->sequence) newest = header;
    }
    return newest;
}

Status KeyValue::reload() {
    const auto newest = find_newest();
    if (!newest) return fail(newest.error());
    if (!*newest) return fail(errors::kv_corrupt);
    return load(**newest);
}

// Takes the header as it was read once: if its cells are unstable, the next read may say something else.
Status KeyValue::load(const PageHeader& newest) {
    suspect_ = true;
    is_open_ = false;  // this session appends to pages of its own only
    newest_ = newest.sequence;
    oldest_ = newest.oldest;
    const auto in_doubt = settle(newest);
    if (!in_doubt) return fail(in_doubt.error());
    auto places = replay(newest_, end_);
    if (!places) return fail(places.error());
    places_ = std::move(*places);
    if (*in_doubt) {
        const auto opened = open_page();
        // Worn cells: what is there can be read all the same, and the next write tries again.
        return opened || opened.error() != errors::flash_failed ? opened : Status();
    }
    suspect_ = false;
    return {};
}

// Decides which page is the newest, and makes certain what it holds. True if something is left that was not believed.
Result<bool> KeyValue::settle(const PageHeader& newest) {
    const auto page = read_page(newest_);
    if (!page) return fail(page.error());
    const auto footer = kv_log::parse_footer(*page, newest);
    if (used() == pages_) {
        const auto complete = footer ? holds_all_copies(newest, *page) : Result<bool>(false);
        if (!complete) return complete;
        if (!*complete) return settle_without_newest();
    }
    const auto left = settle_entries(newest, *page);
    if (!left) return left;
    if (footer) {
        ESB_TRY(region_.program(start_of(newest_) + kv_log::footer_at, kv_log::encode_footer(newest_, *footer)));
        oldest_ = *footer;
    }
    return *left ? left : next_is_begun();
}

// When it is made anew, a cut may leave header and footer and take a copy. Behind an entry that is none the footer was believed.
Result<bool> KeyValue::holds_all_copies(const PageHeader& newest, const Page& page) {
    const bool was_damaged = damaged_;  // the oldest page may be erased by now: it is free
    auto before = replay(newest_ - 1, newest.before.value_or(kv_log::footer_at));
    damaged_ = was_damaged;
    if (!before) return fail(before.error());
    for (const auto& entry : kv_log::scan(page, code_of(newest_)).entries) {
        const auto place = before->find(entry.key);
        if (place == before->end() || place->second.page != oldest_) return true;
        const auto original = value_of(place->first, place->second);
        if (!original && original.error() != errors::kv_corrupt) return fail(original.error());
        if (!original) return true;
        const bool is_copy =
            entry.kind == EntryKind::value && kv_log::value_of(page, code_of(newest_), entry) == *original;
        if (!is_copy) return true;
        before->erase(place);
    }
    return std::none_of(before->begin(), before->end(), [this](const auto& one) { return one.second.page == oldest_; });
}

// It holds copies only, and not all of them.
Result<bool> KeyValue::settle_without_newest() {
    --newest_;
    const auto page = read_page(newest_);
    if (!page) return fail(page.error());
    if (const auto header = kv_log::parse_header(*page, pages_)) {
        if (const auto left = settle_entries(*header, *page); !left) return left;
    }
    return true;
}

Result<bool> KeyValue::settle_entries(const PageHeader& header, const Page& page) {
    const auto found = kv_log::scan(page, code_of(newest_));
    Page believed(page.begin(), page.begin() + static_cast<std::ptrdiff_t>(found.end));
    copy(kv_log::encode(header), believed);
    ESB_TRY(region_.program(start_of(newest_), believed));
    end_ = found.end;
    return found.garbage;
}

// A header that is neither one of earlier use nor missing: another time it may be read as the newest.
Result<bool> KeyValue::next_is_begun() const {
    std::array<std::uint8_t, kv_log::header_size> bytes{};
    ESB_TRY(region_.read(start_of(newest_ + 1), bytes));
    const auto header = kv_log::parse_header(bytes, pages_);
    const bool is_earlier = header && header->sequence <= newest_;
    return !is_earlier && !kv_log::all_bytes(bytes, 0xFF);
}

Result<KeyValue::Places> KeyValue::replay(std::uint32_t last, std::size_t end_of_last) {
    Places places;
    for (std::uint32_t page = oldest_; page <= last; ++page) {
        std::size_t end = end_of_last;
        if (page < last) {
            std::array<std::uint8_t, kv_log::header_size> bytes{};
            ESB_TRY(region_.read(start_of(page + 1), bytes));
            const auto next = kv_log::parse_header(bytes, pages_);
            end = next && next->sequence == page + 1 ? next->before.value_or(kv_log::footer_at) : kv_log::footer_at;
        }
        ESB_TRY(replay(page, end, places));
    }
    return places;
}

Status KeyValue::replay(std::uint32_t page, std::size_t end, Places& places) {
    const auto bytes = read_page(page);
    if (!bytes) return fail(bytes.error());
    const auto header = kv_log::parse_header(*bytes, pages_);
    if (!header || header->sequence != page) {  // went bad: what it held is lost, the others are not
        damaged_ = true;
        return {};
    }
    for (const auto& entry : kv_log::scan(*bytes, code_of(page)).entries) {
        if (entry.offset >= end) break;
        if (entry.kind == EntryKind::value) {
            places[entry.key] = Place{page, entry.offset, entry.value_size};
        } else {
            places.erase(entry.key);
        }
    }
    return {};
}

// ---- reading

Result<ConstBytes> KeyValue::get(std::string_view key, MutBytes out) {
    if (!mounted_) return fail(errors::kv_corrupt);
    ESB_TRY(check_key(key));
    const auto place = places_.find(std::string(key));
    if (place == places_.end()) return fail(errors::kv_not_found);
    const std::size_t size = place->second.size;
    if (size > out.size()) return fail(errors::kv_too_small, static_cast<std::int32_t>(size));
    const auto value = value_of(place->first, place->second);
    if (!value) return fail(value.error());
    copy(*value, out);
    return out.first(size);
}

std::vector<std::string> KeyValue::keys() const {
    std::vector<std::string> all;
    for (const auto& [key, place] : places_) all.push_back(key);
    return all;
}

Result<KeyValue::Page> KeyValue::read_page(std::uint32_t page) const {
    Page bytes(erase_unit);
    ESB_TRY(region_.read(start_of(page), bytes));
    return bytes;
}

Result<KeyValue::Page> KeyValue::value_of(const std::string& key, const Place& place) const {
    const auto page = read_page(place.page);
    if (!page) return fail(page.error());
    const auto entry = kv_log::parse_entry(*page, code_of(place.page), place.offset);
    if (!entry || entry->key != key || entry->value_size != place.size) return fail(errors::kv_corrupt);
    return kv_log::value_of(*page, code_of(place.page), *entry);
}

// ---- writing

Status KeyValue::put(std::string_view key, ConstBytes value) {
    if (!mounted_) return fail(errors::kv_corrupt);
    ESB_TRY(check_key(key));
    if (value.size() > chip::kv_value_max) return fail(errors::too_long);
    if (suspect_) ESB_TRY(reload());
    const std::string name(key);
    if (const auto place = places_.find(name); place != places_.end()) {
        const auto present = value_of(name, place->second);
        if (!present && present.error() != errors::kv_corrupt) return fail(present.error());
        if (present && equal(*present, value)) return {};
    }
    trace::event("nvs", "put", {{"key", key}, {"size", value.size()}});
    ESB_TRY(reserve(kv_log::entry_size(value.size()), kv_log::value_limit));
    return append(EntryKind::value, name, value);
}

Status KeyValue::remove(std::string_view key) {
    if (!mounted_) return fail(errors::kv_corrupt);
    ESB_TRY(check_key(key));
    if (suspect_) ESB_TRY(reload());
    const std::string name(key);
    if (!places_.contains(name)) return {};
    trace::event("nvs", "remove", {{"key", key}});
    ESB_TRY(reserve(kv_log::entry_size(0), kv_log::footer_at));
    return append(EntryKind::removal, name, {});
}

// Makes the newest page one that has `size` bytes left below `limit`.
Status KeyValue::reserve(std::size_t size, std::size_t limit) {
    const std::size_t capacity = (pages_ - 1) * (kv_log::value_limit - kv_log::header_size);
    const bool removal = limit == kv_log::footer_at;  // needs no room in the end
    if (!removal && bytes_in_use() + size > capacity) return fail(errors::kv_full);
    // Once around the ring packs the entries as densely as it ever gets.
    for (std::uint32_t round = 0; round <= pages_; ++round) {
        if (takes(size, limit)) return {};
        if (round > 0) ESB_TRY(fill_newest());
        ESB_TRY(open_page());
    }
    return takes(size, limit) ? Status{} : fail(errors::kv_full);
}

Status KeyValue::open_page() {
    PageHeader header{newest_ + 1, oldest_in_use(newest_ + 1), encrypted_};
    if (newest_ != 0) header.before = end_;
    is_open_ = false;
    suspect_ = true;
    const std::size_t start = start_of(header.sequence);
    ESB_TRY(region_.erase(start, erase_unit));
    ESB_TRY(region_.program(start, kv_log::encode(header)));
    newest_ = header.sequence;
    oldest_ = header.oldest;
    end_ = kv_log::header_size;
    is_open_ = true;
    if (used() == pages_) ESB_TRY(clean_oldest());
    suspect_ = false;
    return {};
}

// The entries of one page always fit into an empty one.
Status KeyValue::clean_oldest() {
    for (const auto& key : keys_in(oldest_)) ESB_TRY(copy_to_newest(key));
    const std::uint32_t oldest = oldest_in_use(newest_);
    ESB_TRY(region_.program(start_of(newest_) + kv_log::footer_at, kv_log::encode_footer(newest_, oldest)));
    oldest_ = oldest;
    return {};
}

// Uses what is left of the newest page for entries of the oldest ones, so that they share pages.
Status KeyValue::fill_newest() {
    for (std::uint32_t page = oldest_; page < newest_; ++page) {
        for (const auto& key : keys_in(page)) {
            if (!takes(kv_log::entry_size(places_[key].size), kv_log::value_limit)) continue;
            ESB_TRY(copy_to_newest(key));
        }
    }
    return {};
}

Status KeyValue::copy_to_newest(const std::string& key) {
    const auto value = value_of(key, places_[key]);
    if (!value && value.error() == errors::kv_corrupt) {
        places_.erase(key);  // went bad since it was mounted: there is nothing to keep
        return {};
    }
    if (!value) return fail(value.error());
    return append(EntryKind::value, key, *value);
}

Status KeyValue::append(EntryKind kind, const std::string& key, ConstBytes value) {
    const auto bytes = kv_log::encode(code_of(newest_), end_, kind, key, value);
    const bool was_suspect = suspect_;
    suspect_ = true;
    ESB_TRY(region_.program(start_of(newest_) + end_, bytes));
    suspect_ = was_suspect;
    if (kind == EntryKind::value) {
        places_[key] = Place{newest_, end_, value.size()};
    } else {
        places_.erase(key);
    }
    end_ += bytes.size();
    return {};
}

// In the order in which the page holds them.
std::vector<std::string> KeyValue::keys_in(std::uint32_t page) const {
    std::vector<std::string> keys;
    for (const auto& [key, place] : places_) {
        if (place.page == page) keys.push_back(key);
    }
    std::sort(keys.begin(), keys.end(),
              [this](const auto& a, const auto& b) { return places_.at(a).offset < places_.at(b).offset; });
    return keys;
}

std::uint32_t KeyValue::oldest_in_use(std::uint32_t otherwise) const {
    std::uint32_t oldest = otherwise;
    for (const auto& [key, place] : places_) oldest = std::min(oldest, place.page);
    return oldest;
}

std::size_t KeyValue::bytes_in_use() const {
    std::size_t sum = 0;
    for (const auto& [key, place] : places_) sum += kv_log::entry_size(place.size);
    return sum;
}

}  // namespace esb::vchip
