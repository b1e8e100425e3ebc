#include "esb/record/recorder.hpp"

#include "esb/base/encoding.hpp"

#include <algorithm>
#include <array>

namespace esb::record {
namespace {

constexpr std::uint32_t ring_magic = 0x4C425345;  // "ESBL"
constexpr std::uint8_t ring_version = 1;
constexpr std::size_t stored_max = log_header_size + retained::log_size;

// Entries since the last write that a loss of power may take. The numbers of those are never used again, since they may
// have been published: the next boot leaves out twice as many.
constexpr std::uint32_t unwritten_max = 500;
constexpr std::uint32_t numbers_left_out = 2 * unwritten_max;

constexpr int look_back = 4;  // so many of the latest entries may count an equal event

// What divides time: equal events before and after it are told apart.
bool divides(LogKind kind) {
    return kind == LogKind::boot || kind == LogKind::online || kind == LogKind::safe_mode || kind == LogKind::clock;
}

bool same_event(const LogEntry& a, const LogEntry& b) {
    return a.boot == b.boot && a.kind == b.kind && a.what == b.what && a.why == b.why && a.detail == b.detail;
}

std::uint32_t whole_seconds(Instant at) { return static_cast<std::uint32_t>(milliseconds(at) / 1000); }

}  // namespace

void encode(const LogHeader& header, ByteWriter& out) {
    const auto begin = out.size();
    out.le32(ring_magic).u8(ring_version).u8(0).le16(header.boot).le32(header.published);
    if (!out.overflowed()) out.le32(crc32(out.written().subspan(begin)));
}

Result<LogHeader> decode_log_header(ConstBytes bytes) {
    if (bytes.size() < log_header_size) return fail(errors::log_malformed);
    const ConstBytes content = bytes.first(log_header_size - 4);
    ByteReader tail(bytes.subspan(content.size()));
    if (*tail.le32() != crc32(content)) return fail(errors::log_malformed);
    ByteReader in(content);
    if (*in.le32() != ring_magic || *in.u8() != ring_version || *in.u8() != 0) return fail(errors::log_malformed);
    LogHeader header;
    header.boot = *in.le16();
    header.published = *in.le32();
    if (header.published >= log_number_max) return fail(errors::log_malformed);
    return header;
}

Result<LogEntry> LogRing::at(std::size_t place) const {
    return decode_log_entry(places_.subspan(place * log_entry_size, log_entry_size));
}

void LogRing::put(std::size_t place, const LogEntry& entry) {
    ByteWriter out(places_.subspan(place * log_entry_size, log_entry_size));
    encode(entry, out);
}

void LogRing::add(const LogEntry& entry) {
    std::size_t oldest = 0;
    std::uint32_t oldest_number = log_number_max;
    for (std::size_t place = 0; place < places(); ++place) {
        const auto held = at(place);
        const std::uint32_t number = held ? held->number : 0;
        if (number >= oldest_number) continue;
        oldest = place;
        oldest_number = number;
    }
    if (entry.number > oldest_number) put(oldest, entry);
}

void LogRing::replace(const LogEntry& entry) {
    for (std::size_t place = 0; place < places(); ++place) {
        const auto held = at(place);
        if (held && held->number == entry.number) return put(place, entry);
    }
}

std::optional<LogEntry> LogRing::next_after(std::uint32_t number) const {
    std::optional<LogEntry> next;
    for (std::size_t place = 0; place < places(); ++place) {
        const auto held = at(place);
        if (held && held->number > number && (!next || held->number < next->number)) next = *held;
    }
    return next;
}

std::optional<LogEntry> LogRing::newest() const {
    std::optional<LogEntry> newest;
    for (std::size_t place = 0; place < places(); ++place) {
        const auto held = at(place);
        if (held && (!newest || held->number > newest->number)) newest = *held;
    }
    return newest;
}

bool LogRing::has(std::uint32_t number) const {
    const auto next = next_after(number - 1);
    return next && next->number == number;
}

std::size_t LogRing::size() const {
    std::size_t held = 0;
    for (std::size_t place = 0; place < places(); ++place) held += at(place) ? 1 : 0;
    return held;
}

void LogRing::clear() { std::fill(places_.begin(), places_.end(), std::uint8_t{0}); }

Result<LogHeader> restore_log(ConstBytes stored, LogRing& ring) {
    const auto header = decode_log_header(stored);
    if (!header) return header;
    ConstBytes entries = stored.subspan(log_header_size);
    if (entries.size() % log_entry_size != 0 || entries.size() > retained::log_size) return fail(errors::log_malformed);
    for (; !entries.empty(); entries = entries.subspan(log_entry_size)) {
        const auto entry = decode_log_entry(entries.first(log_entry_size));
        if (entry && !ring.has(entry->number)) ring.add(*entry);
    }
    return header;
}

Recorder::Recorder(chip::RetainedRam& ram, chip::KeyValue& key_value, chip::Clock& clock)
    : ram_(ram), key_value_(key_value), clock_(clock), ring_(retained::log_entries(ram)) {}

Status Recorder::begin() {
    const auto in_ram = decode_log_header(retained::log_header(ram_));
    if (!in_ram) ring_.clear();
    header_ = in_ram.value_or(LogHeader{});
    std::array<std::uint8_t, stored_max> buffer;
    const auto got = key_value_.get(key, buffer);
    const auto restored = got ? restore_log(*got, ring_) : Result<LogHeader>(fail(got.error()));
    if (restored) {
        header_.published = std::max(header_.published, restored->published);
        if (!in_ram) header_.boot = restored->boot;
    }
    const auto newest = ring_.newest();
    last_ = std::max(newest ? newest->number : 0, header_.published);
    if (!in_ram && last_ != 0) last_ += numbers_left_out;
    if (last_ >= log_number_max - numbers_left_out) {  // after four thousand million events
        ring_.clear();
        last_ = 0;
        header_.published = 0;
    }
    newest_ = ring_.size() == 0 ? 0 : newest->number;
    sealed_ = last_;
    flushed_ = last_;
    ++header_.boot;
    put_header();
    begun_ = true;
    if (restored || restored.error() == errors::kv_not_found) return {};
    const bool too_long = restored.error() == errors::kv_too_small;  // a later firmware's
    return fail(too_long ? Error(errors::log_malformed) : restored.error());
}

LogEntry Recorder::make(const Event& event) const {
    LogEntry entry;
    entry.number = last_ + 1;
    if (const auto wall = clock_.wall()) entry.wall = static_cast<std::uint32_t>(wall->count());
    entry.up = whole_seconds(clock_.now());
    entry.span = event.span;
    entry.boot = header_.boot;
    entry.kind = event.kind;
    entry.what = event.what;
    entry.why = event.why ? error_number(event.why->name()) : 0;
    entry.detail = event.detail != 0 || !event.why ? event.detail : event.why->detail();
    return entry;
}

void Recorder::note(const Event& event) {
    if (!begun_) return;
    const auto entry = make(event);
    dirty();
    if (counted(entry)) return;
    ring_.add(entry);
    last_ = newest_ = entry.number;
    if (last_ - flushed_ >= unwritten_max) static_cast<void>(flush());  // and again with the next one
}

bool Recorder::counted(const LogEntry& entry) {
    for (int back = 0; back < look_back; ++back) {
        const auto number = last_ - static_cast<std::uint32_t>(back);
        if (number <= sealed_ || !ring_.has(number)) return false;
        auto earlier = *ring_.next_after(number - 1);
        if (divides(earlier.kind)) return false;
        if (!same_event(earlier, entry)) continue;
        if (earlier.count < 0xFF) ++earlier.count;
        earlier.span = entry.up - earlier.up;
        ring_.replace(earlier);
        return true;
    }
    return false;
}

void Recorder::date_entries() {
    const auto wall = clock_.wall();
    if (!wall) return;
    const auto now = static_cast<std::uint32_t>(wall->count());
    const auto up = whole_seconds(clock_.now());
    for (auto entry = ring_.next_after(sealed_); entry; entry = ring_.next_after(entry->number)) {
        if (entry->boot != header_.boot || entry->wall != 0) continue;
        entry->wall = now - (up - entry->up);
        ring_.replace(*entry);
        dirty();
    }
}

void Recorder::dirty() {
    if (!flush_at_) flush_at_ = std::max(clock_.now() + flush_delay, no_flush_before_);
}

void Recorder::step(Instant now) {
    if (flush_at_ && now >= *flush_at_) static_cast<void>(flush());
}

std::optional<Instant> Recorder::deadline() const { return flush_at_; }

// A failure is tried again after the usual pause: flash that fails is not worn out by it.
Status Recorder::flush() {
    if (!flush_at_) return {};
    flush_at_.reset();
    no_flush_before_ = clock_.now() + flush_pause;
    std::array<std::uint8_t, stored_max> bytes;
    ByteWriter out(bytes);
    encode(header_, out);
    for (auto entry = ring_.next_after(0); entry; entry = ring_.next_after(entry->number)) encode(*entry, out);
    const auto put = key_value_.put(key, out.written());
    if (put) flushed_ = last_;
    if (!put) flush_at_ = no_flush_before_;
    return put;
}

void Recorder::seal_up_to(std::uint32_t number) { sealed_ = std::max(sealed_, number); }

void Recorder::set_published(std::uint32_t number) {
    if (number <= header_.published) return;
    header_.published = number;
    seal_up_to(number);
    put_header();
    dirty();
}

void Recorder::put_header() {
    ByteWriter out(retained::log_header(ram_));
    encode(header_, out);
}

}  // namespace esb::record
