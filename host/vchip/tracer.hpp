// Writes what happens on a virtual chip as JSON lines to a descriptor: what `esb vchip run --trace` and `--ui` read.
//   {"ms":1042,"area":"mqtt","what":"publish","way":"out","topic":"a/b","qos":1,...}
#pragma once

#include "esb/base/trace.hpp"
#include "host/vchip/mqtt_dissector.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace esb::vchip {

// Where to, and the moment of SystemClock::host_ms() from which "ms" counts.
struct TraceTo {
    int fd = -1;  // -1: nobody watches
    std::int64_t begun_at = 0;
};
std::string to_text(const TraceTo& to);                      // for the environment; empty when nobody watches
std::optional<TraceTo> parse_trace(std::string_view text);  // empty when it is neither

inline constexpr std::size_t trace_line_max = 3'500;  // bytes: a write to a pipe that is not torn apart

// A chip does not wait for who watches it: lines that find no room are lost, and their number is told when there is room.
// Any thread may tell events; the descriptor stays its owner's.
class Tracer final : public trace::Sink {
public:
    explicit Tracer(const TraceTo& to);
    // Takes itself away where it is trace::sink.
    ~Tracer() override;
    Tracer(const Tracer&) = delete;
    Tracer& operator=(const Tracer&) = delete;

    void on_event(std::string_view area, std::string_view what, std::span<const trace::Field> fields) override;
    void on_mqtt_open(const void* connection) override;
    void on_mqtt(const void* connection, trace::Way way, ConstBytes bytes) override;

private:
    void write(std::string_view area, std::string_view what, std::string_view way, std::span<const trace::Field> fields);
    bool put(std::string_view line);

    TraceTo to_;
    std::mutex writing_;
    std::uint64_t lost_ = 0;
    std::map<const void*, std::unique_ptr<MqttDissector>> connections_;
};

}  // namespace esb::vchip
