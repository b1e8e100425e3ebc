#include "esb/record/log_entry.hpp"

#include "esb/base/encoding.hpp"

namespace esb::record {
namespace {

std::uint16_t check(ConstBytes content) { return static_cast<std::uint16_t>(crc32(content) & 0xFFFF); }

}  // namespace

std::uint32_t error_number(std::string_view name) { return name.empty() ? 0 : crc32(as_bytes(name)); }

std::string_view name(LogKind kind) {
    constexpr std::string_view names[log_kinds] = {"boot",   "last-run", "heap",      "wifi",  "broker", "online",
                                                   "update", "settings", "safe-mode", "clock", "topic", "app",
                                                   "crash"};
    return names[static_cast<std::size_t>(kind)];
}

std::string_view name(SettingsOutcome outcome) {
    constexpr std::string_view names[] = {"changed", "confirmed", "reverted", "refused", "recovered", "lost"};
    return names[static_cast<std::size_t>(outcome)];
}

std::string_view name(LogTopic topic) {
    constexpr std::string_view names[] = {"other", "ping", "ota", "config", "home-assistant", "app"};
    return names[static_cast<std::size_t>(topic)];
}

void encode(const LogEntry& entry, ByteWriter& out) {
    const auto begin = out.size();
    out.le32(entry.number).le32(entry.wall).le32(entry.up).le32(entry.span).le16(entry.boot);
    out.u8(static_cast<std::uint8_t>(entry.kind)).u8(entry.what).u8(entry.count).u8(0);
    out.le32(entry.why).le32(static_cast<std::uint32_t>(entry.detail));
    if (!out.overflowed()) out.le16(check(out.written().subspan(begin)));
}

Result<LogEntry> decode_log_entry(ConstBytes bytes) {
    if (bytes.size() != log_entry_size) return fail(errors::log_malformed);
    const ConstBytes content = bytes.first(log_entry_size - 2);
    ByteReader tail(bytes.subspan(content.size()));
    if (*tail.le16() != check(content)) return fail(errors::log_malformed);
    ByteReader in(content);
    LogEntry entry;
    entry.number = *in.le32();
    entry.wall = *in.le32();
    entry.up = *in.le32();
    entry.span = *in.le32();
    entry.boot = *in.le16();
    const auto kind = *in.u8();
    entry.what = *in.u8();
    entry.count = *in.u8();
    const auto zero = *in.u8();
    entry.why = *in.le32();
    entry.detail = static_cast<std::int32_t>(*in.le32());
    const bool sound = entry.number != 0 && entry.number < log_number_max && kind < log_kinds && zero == 0;
    if (!sound || entry.count == 0) return fail(errors::log_malformed);
    entry.kind = static_cast<LogKind>(kind);
    return entry;
}

}  // namespace esb::record
