// The flight recorder: what happened to the device, kept over restarts in retained RAM and, with care for its wear, over
// the loss of power in flash (docs/health.md).
#pragma once

#include "esb/base/time.hpp"
#include "esb/chip/clock.hpp"
#include "esb/chip/key_value.hpp"
#include "esb/chip/retained_ram.hpp"
#include "esb/record/log_entry.hpp"
#include "esb/record/retained.hpp"

#include <cstdint>
#include <optional>

namespace esb::record {

inline constexpr std::size_t log_capacity = retained::log_size / log_entry_size;

// The header of the ring: "ESBL" | u8 version | u8 0 | le16 boot | le32 published | le32 CRC-32.
struct LogHeader {
    std::uint16_t boot = 0;       // number of the latest start
    std::uint32_t published = 0;  // number of the last entry the broker has
};
inline constexpr std::size_t log_header_size = 16;
void encode(const LogHeader& header, ByteWriter& out);
Result<LogHeader> decode_log_header(ConstBytes bytes);

// The ring in memory: log_capacity places of log_entry_size bytes, of which any may hold nothing.
class LogRing {
public:
    explicit LogRing(MutBytes places) : places_(places) {}

    // Over the oldest entry when every place is taken. An entry older than all of a full ring is not added.
    void add(const LogEntry& entry);
    // Replaces the entry of the same number, if it is there.
    void replace(const LogEntry& entry);
    // The entry with the smallest number above `number`.
    std::optional<LogEntry> next_after(std::uint32_t number) const;
    std::optional<LogEntry> newest() const;
    bool has(std::uint32_t number) const;
    std::size_t size() const;
    void clear();

private:
    std::size_t places() const { return places_.size() / log_entry_size; }
    Result<LogEntry> at(std::size_t place) const;
    void put(std::size_t place, const LogEntry& entry);

    MutBytes places_;
};

// Takes a stored recorder (header and entries, oldest first) apart. log.malformed when the header is wrong or the
// length is; a single entry that is damaged is left out. Entries that the ring has already stay as they are there.
Result<LogHeader> restore_log(ConstBytes stored, LogRing& ring);

class Recorder {
public:
    struct Event {
        LogKind kind;
        std::uint8_t what = 0;
        std::optional<Error> why = std::nullopt;
        std::int32_t detail = 0;
        std::uint32_t span = 0;
    };

    Recorder(chip::RetainedRam& ram, chip::KeyValue& key_value, chip::Clock& clock);

    // Once, after KeyValue::mount(): puts together what RAM and flash remember and begins a new boot. An error of the
    // store, or log.malformed when what it had is unreadable; the recorder works all the same.
    Status begin();
    std::uint16_t boot() const { return header_.boot; }

    // Notes something now. An event equal to one of the latest ones, not on its way to the broker yet, is counted there.
    void note(const Event& event);
    // The wall clock has become known: what this boot noted before gets its time.
    void date_entries();

    // Writes to flash when that is due.
    void step(Instant now);
    std::optional<Instant> deadline() const;
    // Writes at once: before a planned restart, and for what must not be lost.
    Status flush();

    // Reading, oldest first: next_after(0), next_after(entry.number), ...
    std::optional<LogEntry> next_after(std::uint32_t number) const { return ring_.next_after(number); }
    std::size_t size() const { return ring_.size(); }
    std::uint32_t published() const { return header_.published; }
    // The broker has every entry: nothing to search for.
    bool all_published() const { return newest_ <= header_.published; }
    // Entries up to this number are on their way and do not change any more.
    void seal_up_to(std::uint32_t number);
    // The broker has acknowledged the entries up to this number.
    void set_published(std::uint32_t number);

    static constexpr std::string_view key = "log";
    static constexpr Duration flush_delay = std::chrono::seconds(10);  // so that what happens together is one write
    static constexpr Duration flush_pause = std::chrono::minutes(15);  // between two writes

private:
    LogEntry make(const Event& event) const;
    bool counted(const LogEntry& entry);
    void put_header();
    void dirty();

    chip::RetainedRam& ram_;
    chip::KeyValue& key_value_;
    chip::Clock& clock_;
    LogRing ring_;
    LogHeader header_;
    std::uint32_t last_ = 0;    // number given last; after a loss of power higher than that of any entry
    std::uint32_t newest_ = 0;  // number of the newest entry; 0 = none
    std::uint32_t sealed_ = 0;  // entries up to here do not change any more
    std::uint32_t flushed_ = 0;
    bool begun_ = false;
    std::optional<Instant> flush_at_;
    Instant no_flush_before_{};
};

}  // namespace esb::record
