// What has happened to a watched chip, as a page that comes late needs it.
#pragma once

#include "host/cli/trace_text.hpp"
#include "host/vchip/partition_table.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace esb::cli {

inline constexpr std::size_t history_lines_max = 1'000;
inline constexpr std::size_t history_serial_max = 64 * 1024;  // bytes

class WatchHistory {
public:
    // `flash_size` in bytes.
    WatchHistory(std::vector<vchip::Partition> partitions, std::size_t flash_size);

    // `text` is the line itself.
    void take(const TraceLine& line, std::string_view text);
    void take_serial(std::string_view bytes);

    // Lines are counted from 1, serial bytes from 0, since the beginning.
    std::uint64_t lines_end() const { return end_; }
    std::uint64_t serial_end() const { return serial_end_; }
    // Of timers that follow each other the latest is kept.
    // The JSON array of the lines behind this one. What is no longer kept is replaced by the latest of each kind, so that
    // whoever goes through all of it knows how the chip is now.
    std::string lines_after(std::uint64_t seen) const;
    // The serial port's text behind so many bytes, whole characters; moves `seen` to its end.
    std::string serial_after(std::uint64_t& seen) const;
    // {"size":..,"unit":4096,"line":..,"partitions":[..],"erases":[..],"programs":[..]}: how often each unit was erased and
    // programmed up to that line, since the chip is watched.
    std::string flash_json() const;

private:
    struct Kept {
        std::uint64_t number;
        std::string text;
    };
    void remember_kind(const TraceLine& line, std::string_view text);
    void count_wear(const TraceLine& line);

    std::vector<vchip::Partition> partitions_;
    std::size_t flash_size_;
    std::vector<std::uint32_t> erases_;
    std::vector<std::uint32_t> programs_;
    std::deque<Kept> lines_;
    std::map<std::string, Kept> latest_;  // by kind
    std::uint64_t end_ = 0;
    bool timer_is_last_ = false;
    std::string serial_;
    std::uint64_t serial_end_ = 0;
};

}  // namespace esb::cli
