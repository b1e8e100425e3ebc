// What the flight recorder and the crash guard read back at boot: arbitrary bytes as the stored ring, as one entry and as
// the record of the last run. What is accepted encodes to the same bytes; the ring stays bounded and in order.
#include "esb/base/encoding.hpp"
#include "esb/device/log_names.hpp"
#include "esb/record/log_words.hpp"
#include "esb/record/recorder.hpp"
#include "esb/record/run_record.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace {

using namespace esb;
using namespace esb::record;

void require(bool condition) {
    if (!condition) std::abort();
}

template <typename T>
void same_bytes(const T& value, ConstBytes from) {
    std::array<std::uint8_t, 64> bytes;
    ByteWriter out(bytes);
    encode(value, out);
    require(!out.overflowed() && equal(out.written(), from.first(out.size())));
}

void check_entry(const LogEntry& entry) {
    std::array<char, 512> text;
    JsonWriter json(text);
    write_json(entry, LogNames(), json);
    require(json.view().size() > 0 && json.view().size() <= log_json_max);
    require(scan_json(as_bytes(json.view())).has_value());
    FixedString<16> why;
    require(!describe(line_of(entry, LogNames(), why), LogNames()).empty());
}

void check_ring(ConstBytes stored) {
    std::array<std::uint8_t, retained::log_size> places{};
    LogRing ring(places);
    const auto header = restore_log(stored, ring);
    if (!header) return require(ring.size() == 0);
    same_bytes(*header, stored);
    require(ring.size() <= log_capacity);
    std::uint32_t last = 0;
    std::size_t seen = 0;
    for (auto entry = ring.next_after(0); entry; entry = ring.next_after(last)) {
        require(entry->number > last);
        last = entry->number;
        ++seen;
        check_entry(*entry);
    }
    require(seen == ring.size());
}

// Bytes as they are, and with right checks, so that what lies behind those is reached.
void check_sealed(ConstBytes content) {
    std::array<std::uint8_t, log_header_size + retained::log_size> stored{};
    const auto size = std::min(content.size(), stored.size());
    copy(content.first(size), stored);
    if (size < log_header_size) return;
    const auto seal = [](MutBytes bytes, std::size_t check_size) {
        const auto sum = crc32(ConstBytes(bytes).first(bytes.size() - check_size));
        for (std::size_t i = 0; i < check_size; ++i) {
            bytes[bytes.size() - check_size + i] = static_cast<std::uint8_t>(sum >> (8 * i));
        }
    };
    MutBytes all(stored);
    seal(all.first(log_header_size), 4);
    for (std::size_t at = log_header_size; at + log_entry_size <= size; at += log_entry_size) {
        seal(all.subspan(at, log_entry_size), 2);
    }
    check_ring(ConstBytes(stored).first(size));
    if (size < run_record_size) return;
    seal(all.first(run_record_size), 4);
    if (const auto run = decode_run_record(stored)) same_bytes(*run, stored);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ConstBytes bytes(data, size);
    check_ring(bytes);
    check_sealed(bytes);
    if (const auto entry = decode_log_entry(bytes)) same_bytes(*entry, bytes);
    if (const auto run = decode_run_record(bytes)) same_bytes(*run, bytes);
    return 0;
}
