#include "host/cli/watch_history.hpp"

#include "esb/base/encoding.hpp"
#include "host/cli/json_text.hpp"
#include "host/vchip/flash.hpp"

#include <algorithm>

namespace esb::cli {
namespace {

using vchip::erase_unit;

constexpr std::size_t kinds_max = 500;

// Lines of one kind replace each other: a machine's state, a pin's level, the step of TLS.
std::string kind_of(const TraceLine& line) {
    std::string kind = line.area + " " + line.what;
    if (line.area == "pin") kind += " " + std::string(line.field("pin")) + " " + std::string(line.field("channel"));
    return kind;
}

void list(JsonWriter& json, std::string_view name, const std::vector<std::uint32_t>& numbers) {
    json.key(name).begin_array();
    for (const auto number : numbers) json.number(number);
    json.end_array();
}

// How many bytes at the end are the beginning of a character whose rest has not come yet.
std::size_t unfinished(std::string_view text) {
    for (std::size_t back = 1; back < 4 && back <= text.size(); ++back) {
        const auto byte = static_cast<unsigned char>(text[text.size() - back]);
        if ((byte & 0xC0U) == 0x80U) continue;
        const std::size_t size = byte >= 0xF0U ? 4 : byte >= 0xE0U ? 3 : byte >= 0xC0U ? 2 : 1;
        return size > back ? back : 0;
    }
    return 0;
}

}  // namespace

WatchHistory::WatchHistory(std::vector<vchip::Partition> partitions, std::size_t flash_size)
    : partitions_(std::move(partitions)),
      flash_size_(flash_size),
      erases_(flash_size / erase_unit),
      programs_(flash_size / erase_unit) {}

void WatchHistory::take(const TraceLine& line, std::string_view text) {
    // Timers alone, one after the other, would push out what matters.
    const bool is_timer = line.area == "timer";
    if (is_timer && timer_is_last_) lines_.pop_back();
    timer_is_last_ = is_timer;
    lines_.push_back({++end_, std::string(text)});
    if (lines_.size() > history_lines_max) lines_.pop_front();
    if (line.area == "flash") return count_wear(line);
    if (line.area == "chip" && line.what == "boot") latest_.clear();  // nothing of the boot before is true any more
    remember_kind(line, text);
}

void WatchHistory::remember_kind(const TraceLine& line, std::string_view text) {
    auto kind = kind_of(line);
    if (latest_.size() == kinds_max && !latest_.contains(kind)) return;
    latest_.insert_or_assign(std::move(kind), Kept{end_, std::string(text)});
}

void WatchHistory::count_wear(const TraceLine& line) {
    const auto offset = line.number("offset");
    const auto size = line.number("size");
    if (size == 0 || offset >= flash_size_ || size > flash_size_ - offset) return;
    auto& counts = line.what == "erase" ? erases_ : programs_;
    for (auto unit = offset / erase_unit; unit <= (offset + size - 1) / erase_unit; ++unit) ++counts[unit];
}

void WatchHistory::take_serial(std::string_view bytes) {
    serial_ += bytes;
    serial_end_ += bytes.size();
    if (serial_.size() > history_serial_max) serial_.erase(0, serial_.size() - history_serial_max);
}

std::string WatchHistory::lines_after(std::uint64_t seen) const {
    const auto kept_from = lines_.empty() ? end_ + 1 : lines_.front().number;
    std::vector<const Kept*> before;
    for (const auto& [kind, kept] : latest_) {
        if (kept.number > seen && kept.number < kept_from) before.push_back(&kept);
    }
    std::sort(before.begin(), before.end(), [](const auto* a, const auto* b) { return a->number < b->number; });
    std::string text = "[";
    const auto add = [&text](const Kept& kept) {
        text += (text.size() > 1 ? ",[" : "[") + std::to_string(kept.number) + "," + kept.text + "]";
    };
    for (const auto* const kept : before) add(*kept);
    for (const auto& kept : lines_) {
        if (kept.number > seen) add(kept);
    }
    return text + "]";
}

std::string WatchHistory::serial_after(std::uint64_t& seen) const {
    const auto begins = serial_end_ - serial_.size();
    const auto from = std::clamp(seen, begins, serial_end_);
    auto text = serial_.substr(from - begins);
    text.resize(text.size() - unfinished(text));
    seen = from + text.size();
    return text;
}

std::string WatchHistory::flash_json() const {
    return json_text([this](JsonWriter& json) {
               json.begin_object().key("size").number(static_cast<std::int64_t>(flash_size_));
               json.key("unit").number(erase_unit).key("line").number(static_cast<std::int64_t>(end_));
               json.key("partitions").begin_array();
               for (const auto& one : partitions_) {
                   json.begin_object().key("name").text(one.name);
                   json.key("app").boolean(one.type == vchip::PartitionType::app);
                   json.key("offset").number(static_cast<std::int64_t>(one.offset));
                   json.key("size").number(static_cast<std::int64_t>(one.size)).end_object();
               }
               json.end_array();
               list(json, "erases", erases_);
               list(json, "programs", programs_);
               json.end_object();
           })
        .text();
}

}  // namespace esb::cli
