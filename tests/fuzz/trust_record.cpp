// A trust record's four entries as flash may hold them. The first byte chooses the record, the next three how long the first
// three entries are; odd lengths are sealed first, so that what a good CRC holds is met as well. Whatever is found: a second
// look finds the same, a value that is known can be raised, and one that is lost only restored.
#include "esb/settings/trust_record.hpp"
#include "esb/ota/records.hpp"
#include "tests/support/memory_key_value.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>

namespace {

using namespace esb;

void require(bool condition) {
    if (!condition) std::abort();
}

std::vector<std::uint8_t> entry(std::string_view key, std::uint8_t version, ConstBytes bytes) {
    if (bytes.size() % 2 == 0) return {bytes.begin(), bytes.end()};
    std::vector<std::uint8_t> sealed(bytes.size() + settings::seal_overhead);
    std::copy(bytes.begin(), bytes.end(), sealed.begin() + 1);
    settings::seal(key, version, sealed);
    return sealed;
}

template <typename T>
void check(test::MemoryKeyValue& store, const settings::TrustName& name, const T& other) {
    const settings::TrustRecord<T> record(store, name);
    T first{};
    const auto found = record.load(first);
    T second{};
    const auto again = record.load(second);
    require(found.has_value() == again.has_value());
    if (found) require(*found == *again);
    const auto saved = record.save(other);
    if (!found) {
        require(!saved);
        require(record.restore(other).has_value());
    }
    T third{};
    const auto last = record.load(third);
    if (!found || saved) require(last.has_value() && *last);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 4 || size > 2400) return 0;
    constexpr settings::TrustName names[] = {settings::trust_names::floor, settings::trust_names::commissioned,
                                             settings::trust_names::quarantine, settings::trust_names::key_set,
                                             settings::trust_names::config_counter};
    const auto& name = names[data[0] % std::size(names)];
    const std::string base(name.key);
    test::MemoryKeyValue store;
    ConstBytes rest(data + 4, size - 4);
    const std::string keys[] = {base + ".a", base + ".b", std::string(settings::trust_mark_key), base};
    for (std::size_t i = 0; i < 4; ++i) {
        const auto length = i < 3 ? std::min<std::size_t>(std::size_t{data[1 + i]} * 3, rest.size()) : rest.size();
        const auto bytes = rest.first(length);
        rest = rest.subspan(length);
        if (!bytes.empty()) store.values[keys[i]] = entry(keys[i], i < 3 ? 2 : 1, bytes);
    }
    if (name.mark == settings::trust_names::quarantine.mark) {
        check(store, name, ota::BadList{});
    } else if (name.mark == settings::trust_names::key_set.mark) {
        check(store, name, ota::KeySet{});
    } else if (name.mark == settings::trust_names::commissioned.mark) {
        check(store, name, std::uint8_t{1});
    } else {
        check(store, name, std::uint32_t{7});
    }
    return 0;
}
