#include "host/vchip/tracer.hpp"

#include "esb/base/encoding.hpp"
#include "esb/base/json.hpp"
#include "host/vchip/clock_posix.hpp"

#include <array>
#include <cerrno>

#include <unistd.h>

namespace esb::vchip {
namespace {

constexpr std::size_t connections_max = 8;

void put_field(JsonWriter& json, const trace::Field& field) {
    json.key(field.key);
    if (field.is_number) {
        json.number(field.number);
    } else {
        json.text(field.text);
    }
}

}  // namespace

std::string to_text(const TraceTo& to) {
    return to.fd < 0 ? std::string() : std::to_string(to.fd) + ":" + std::to_string(to.begun_at);
}

std::optional<TraceTo> parse_trace(std::string_view text) {
    const auto colon = text.find(':');
    if (text.empty() || colon == std::string_view::npos) return std::nullopt;
    const auto fd = parse_unsigned(text.substr(0, colon), 3, 1'000'000);
    const auto begun = parse_signed(text.substr(colon + 1), 0, std::int64_t{1} << 52);
    if (!fd || !begun) return std::nullopt;
    return TraceTo{static_cast<int>(*fd), *begun};
}

Tracer::Tracer(const TraceTo& to) : to_(to) {
    if (to_.fd >= 0) trace::sink = this;
}

Tracer::~Tracer() {
    if (trace::sink == this) trace::sink = nullptr;
}

void Tracer::on_event(std::string_view area, std::string_view what, std::span<const trace::Field> fields) {
    write(area, what, {}, fields);
}

void Tracer::on_mqtt_open(const void* connection) {
    if (connections_.size() == connections_max) connections_.clear();  // of links that are gone
    connections_[connection] = std::make_unique<MqttDissector>(
        [this](trace::Way way, std::string_view packet, std::span<const trace::Field> fields) {
            write("mqtt", packet, way == trace::Way::in ? "in" : "out", fields);
        });
}

void Tracer::on_mqtt(const void* connection, trace::Way way, ConstBytes bytes) {
    const auto known = connections_.find(connection);
    if (known != connections_.end()) known->second->take(way, bytes);
}

void Tracer::write(std::string_view area, std::string_view what, std::string_view way,
                   std::span<const trace::Field> fields) {
    const std::lock_guard lock(writing_);
    std::array<char, trace_line_max> line;
    const auto build = [&](std::span<const trace::Field> with) {
        JsonWriter json(std::span<char>(line).first(line.size() - 1));
        json.begin_object().key("ms").number(SystemClock::host_ms() - to_.begun_at);
        json.key("area").text(area).key("what").text(what);
        if (!way.empty()) json.key("way").text(way);
        if (lost_ > 0) json.key("lost").number(static_cast<std::int64_t>(lost_));
        for (const auto& field : with) put_field(json, field);
        json.end_object();
        return json.view().size();
    };
    auto size = build(fields);
    if (size == 0) size = build({});  // somebody's texts are too long
    line[size] = '\n';
    const bool written = put({line.data(), size + 1});
    lost_ = written ? 0 : lost_ + 1;
}

bool Tracer::put(std::string_view line) {
    for (;;) {
        const auto done = ::write(to_.fd, line.data(), line.size());
        if (done >= 0 || errno != EINTR) return done == static_cast<ssize_t>(line.size());
    }
}

}  // namespace esb::vchip
