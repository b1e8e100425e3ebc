// The message of <base>/config. Whatever comes: a patch that a store takes whole or refuses whole, with one named error;
// nothing that is local only; and what was taken reads back the same.
#include "esb/settings/json_patch.hpp"
#include "tests/support/memory_key_value.hpp"

#include <array>
#include <cstdlib>

namespace {

using namespace esb;
using namespace esb::settings;

void require(bool condition) {
    if (!condition) std::abort();
}

void check_taken(const Patch& patch, const Schema& schema) {
    RecordReader reader(patch.records());
    std::string_view before;
    while (const auto record = reader.next()) {
        const auto* setting = schema.find(record->name);
        require(setting != nullptr && !setting->local_only && before < record->name);
        require(record->removal || validate(*setting, record->value).has_value());
        before = record->name;
    }
    require(reader.rest().empty());
}

void check_store(const Patch& patch, const Schema& schema) {
    test::MemoryKeyValue flash;
    Store store(flash, schema);
    require(store.load().has_value());
    const auto committed = store.commit(patch);
    if (!committed) {
        const auto& why = committed.error();
        require(why == errors::setting_address || why == errors::setting_host_address || why == errors::setting_address_clash);
        require(flash.values.empty());
        return;
    }
    RecordReader reader(patch.records());
    while (const auto record = reader.next()) require(store.is_set(record->name) == !record->removal);
    Store again(flash, schema);
    require(again.load().has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Schema schema;
    Patch patch(schema, Origin::mqtt);
    FixedString<name_max> offending;
    const auto read = read_json_patch({data, size}, patch, offending);
    if (!read) {
        require(patch.empty() && !read.error().name().empty());
        return 0;
    }
    require(offending.empty());
    check_taken(patch, schema);
    check_store(patch, schema);
    return 0;
}
