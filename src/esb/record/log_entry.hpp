// One line of the flight recorder, and its stored form.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/result.hpp"
#include "esb/record/errors.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace esb::record {

// An error's number in an entry, since a pointer to an ErrorKind means nothing after an update: the CRC-32 of its name, the
// same in every firmware. 0 stands for "no error".
std::uint32_t error_number(std::string_view name);

enum class LogKind : std::uint8_t {
    boot,       // what: chip::ResetReason; detail: seq of the firmware
    last_run,   // detail: lowest free heap of the run before, bytes; span: how long that lasted
    heap,       // detail: lowest free heap so far, bytes
    wifi,       // what: chip::DisconnectReason
    broker,     // why: what ended or prevented the connection (sockets, TLS, MQTT); detail: its number
    online,     // detail: seconds since the device was on line before, or since the start
    update,     // what: its state (Names::update_state); why, if it failed
    settings,   // what: SettingsOutcome; why, if they were refused
    safe_mode,  // what: 1 = entered, 0 = left
    clock,      // detail: seconds by which the wall clock jumped; 0 when it was not set before
    topic,      // what: LogTopic; why: what is wrong with it; detail: its number, of a message too large its size
    app,        // why: an event of the author's firmware; detail: its number
    crash,      // detail: the address at which the processor was, 0 when that is not known
};
inline constexpr std::uint8_t log_kinds = 13;
// "boot", "last-run", "wifi", ... as <base>/log has them.
std::string_view name(LogKind kind);

enum class SettingsOutcome : std::uint8_t { changed, confirmed, reverted, refused, recovered, lost };
std::string_view name(SettingsOutcome outcome);

enum class LogTopic : std::uint8_t { other, ping, ota, config, home_assistant, app };
std::string_view name(LogTopic topic);

struct LogEntry {
    std::uint32_t number = 0;  // rises by at least 1 from entry to entry, over all restarts; never 0
    std::uint32_t wall = 0;    // seconds since 1970; 0 = not known
    std::uint32_t up = 0;      // seconds since the start
    std::uint32_t span = 0;    // seconds from the first to the last of `count` equal events
    std::uint16_t boot = 0;    // number of the start
    LogKind kind = LogKind::boot;
    std::uint8_t what = 0;
    std::uint8_t count = 1;  // 255 = as many or more
    std::uint32_t why = 0;   // error_number()
    std::int32_t detail = 0;
    friend bool operator==(const LogEntry&, const LogEntry&) = default;
};

// le32 number, wall, up, span | le16 boot | u8 kind, what, count, 0 | le32 why, detail | le16 check, the low half of the
// CRC-32 of what stands before it.
inline constexpr std::size_t log_entry_size = 32;
// Numbers from here on are not taken from outside: there must be room to go on counting.
inline constexpr std::uint32_t log_number_max = 0xFFFF'0000;
void encode(const LogEntry& entry, ByteWriter& out);
// `bytes` are log_entry_size long. log.malformed; accepts exactly what encode() makes.
Result<LogEntry> decode_log_entry(ConstBytes bytes);

}  // namespace esb::record
