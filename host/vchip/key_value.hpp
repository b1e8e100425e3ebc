// chip::KeyValue on a simulated partition: a log of entries over a ring of 4 KiB pages.
//
// Every put or remove appends one entry with a CRC to the newest page; the newest entry of a key counts. A page has
// a sequence number and a fixed place (number modulo pages), its header names the oldest page that still counts, and
// where the entries of the page before end.
// When the newest page is full the next place is erased and becomes the newest. If that was the last free one, the
// entries of the oldest page that still count are copied into the newest, whose footer then declares the oldest
// page free. Thus wear is even, and only free pages are ever erased.
//
// Power cuts: what is torn is the last operation of each start, and its cells may be read differently each time.
// - Mounting programs what it believes of the newest page once more, so that what was read by luck from unstable cells
//   becomes certain before anybody acts on it. A cell that should be 1 is never driven to 0.
// - What mounting does not believe it leaves as it is and opens the next page, whose header says where the entries of
//   this one end. The same where the next page was begun.
// - A session never appends to a page of an earlier one: cells that look erased behind a torn entry may not be.
// - Without a free page the newest one holds copies only, until its footer is there and the session goes on. Without all of
//   that it is dropped and made anew at once.
//
// With a cipher a store that is formatted is encrypted; one that was made in the clear stays so.
#pragma once

#include "esb/chip/key_value.hpp"
#include "host/vchip/flash.hpp"
#include "host/vchip/key_value_log.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace esb::vchip {

class KeyValue final : public chip::KeyValue {
public:
    // `partition`: at least three pages of 4 KiB; its flash outlives the object.
    explicit KeyValue(Region partition, std::optional<NvsCipher> cipher = {});

    // An erased partition, or one whose very first formatting was cut off, is formatted. kv_corrupt when there is
    // something else but no page that can be read, or pages that are encrypted and no cipher; nothing is changed then.
    Result<chip::Mount> mount() override;
    Result<ConstBytes> get(std::string_view key, MutBytes out) override;
    Status put(std::string_view key, ConstBytes value) override;
    Status remove(std::string_view key) override;
    bool damaged() const override { return damaged_; }
    bool encrypted() const override { return encrypted_; }

    // All keys, for tools and tests.
    std::vector<std::string> keys() const;

private:
    using Page = std::vector<std::uint8_t>;
    struct Place {
        std::uint32_t page;  // sequence number
        std::size_t offset;  // of the entry in its page
        std::size_t size;    // of the value
    };

    using Places = std::map<std::string, Place>;

    Result<chip::Mount> format();
    Result<bool> looks_erased();
    Status reload();
    Status load(const kv_log::PageHeader& newest);
    Result<bool> settle(const kv_log::PageHeader& newest);
    Result<bool> holds_all_copies(const kv_log::PageHeader& newest, const Page& page);
    Result<bool> settle_without_newest();
    Result<bool> settle_entries(const kv_log::PageHeader& header, const Page& page);
    Result<bool> next_is_begun() const;
    Result<Places> replay(std::uint32_t last, std::size_t end_of_last);
    Status replay(std::uint32_t page, std::size_t end, Places& places);

    Status reserve(std::size_t size, std::size_t limit);
    Status open_page();
    Status clean_oldest();
    Status fill_newest();
    Status copy_to_newest(const std::string& key);
    Status append(kv_log::EntryKind kind, const std::string& key, ConstBytes value);

    Result<Page> read_page(std::uint32_t page) const;
    Result<std::optional<kv_log::PageHeader>> find_newest() const;
    Result<Page> value_of(const std::string& key, const Place& place) const;
    std::vector<std::string> keys_in(std::uint32_t page) const;
    std::uint32_t oldest_in_use(std::uint32_t otherwise) const;
    std::size_t bytes_in_use() const;
    std::uint32_t used() const { return newest_ - oldest_ + 1; }
    bool takes(std::size_t size, std::size_t limit) const { return is_open_ && end_ + size <= limit; }
    std::size_t start_of(std::uint32_t page) const { return page % pages_ * erase_unit; }
    kv_log::PageCode code_of(std::uint32_t page) const { return {page, encrypted_ ? &*cipher_ : nullptr}; }

    Region region_;
    std::optional<NvsCipher> cipher_;
    bool encrypted_ = false;
    std::uint32_t pages_;
    bool mounted_ = false;
    bool damaged_ = false;
    bool suspect_ = false;  // a write failed: the flash is read anew before the next one
    Places places_;
    std::uint32_t oldest_ = 1;  // as the flash declares it: pages below are free
    std::uint32_t newest_ = 0;
    std::size_t end_ = kv_log::header_size;  // where the entries of the newest page end
    bool is_open_ = false;                 // the newest page takes entries behind them
};

}  // namespace esb::vchip
