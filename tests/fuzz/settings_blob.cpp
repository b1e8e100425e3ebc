// Stored settings. What is accepted is in the one allowed form; a store over any contents of its two keys loads,
// keeps what it does not understand, and can be written, restarted and erased.
#include "esb/settings/store.hpp"
#include "tests/support/memory_key_value.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <vector>

namespace {

using namespace esb;
using namespace esb::settings;

void require(bool condition) {
    if (!condition) std::abort();
}

std::vector<std::uint8_t> encoded_again(ConstBytes blob, const BlobHeader& header) {
    const auto begin = records_at(header.version);
    std::vector<std::uint8_t> out(blob.size());
    ByteWriter writer(MutBytes(out).subspan(begin));
    RecordReader reader(blob.subspan(begin));
    while (const auto record = reader.next()) encode(*record, writer);
    require(!writer.overflowed() && writer.size() + begin == blob.size());
    seal_blob(out, header);
    return out;
}

void check_codec(ConstBytes blob) {
    const auto header = check_blob(blob);
    if (!header || header->version > blob_version) return;
    require(equal(encoded_again(blob, *header), blob));
}

void check_store(test::MemoryKeyValue& flash) {
    const Schema schema;
    Store store(flash, schema);
    const auto before = flash.values;
    const auto loaded = store.load();
    std::array<char, text_max> out;
    for (std::size_t i = 0; i < schema.size(); ++i) {
        const auto shown = store.show(schema.at(i).name, out);
        require(shown || shown.error() == errors::setting_secret);
    }
    Patch patch(schema, Origin::console);
    require(patch.set(names::mqtt_host, "fuzz.example").has_value());
    const auto committed = store.commit(patch);
    if (!loaded) {
        require(!committed && flash.values == before);
    } else {
        require(committed || committed.error() == errors::settings_full);
    }
    if (committed) {
        Store again(flash, schema);
        require(again.load().has_value());
        require(again.text(names::mqtt_host) == "fuzz.example");
    }
    require(store.erase_all().has_value());
    require(!flash.values.contains("cfg.a") && !flash.values.contains("cfg.b"));
    Store erased(flash, schema);
    require(erased.load().has_value() && erased.text(names::mqtt_host).empty());
}

// Gives bytes that begin like a blob the length and the checksum they need, so that the records are reached.
void repair(std::vector<std::uint8_t>& blob) {
    if (blob.size() < blob_common_size || blob.size() > 0xFFFF || blob[0] != 'E') return;
    if (blob.size() < records_at(blob[4])) return;
    const auto generation = static_cast<std::uint32_t>(blob[8]);
    ChangeTag tag{};
    if (blob[4] != 1) copy(ConstBytes(blob).subspan(blob_common_size, tag.size()), tag);
    seal_blob(blob, {blob[4], blob[5], generation, tag});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // u8 flags (1: first key present, 2: second present, 4: repair), le16 length of the first, both blobs.
    if (size < 3) return 0;
    const std::size_t split = std::min<std::size_t>(data[1] + 256U * data[2], size - 3);
    std::vector<std::uint8_t> first(data + 3, data + 3 + split);
    std::vector<std::uint8_t> second(data + 3 + split, data + size);
    if ((data[0] & 4) != 0) {
        repair(first);
        repair(second);
    }
    check_codec(first);
    check_codec(second);
    test::MemoryKeyValue flash;
    if ((data[0] & 1) != 0) flash.values["cfg.a"] = first;
    if ((data[0] & 2) != 0) flash.values["cfg.b"] = second;
    check_store(flash);
    return 0;
}
