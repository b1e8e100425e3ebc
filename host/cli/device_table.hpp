// The fleet as its retained topics tell it.
#pragma once

#include "host/cli/safe_text.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace esb::cli {

struct DeviceRow {
    std::optional<bool> online;  // empty: it never said
    std::string app;
    std::string ver;
    std::string hw;
    std::optional<std::int64_t> seq;
    std::string ip;
    std::optional<std::int64_t> rssi;    // dBm
    std::optional<std::int64_t> uptime;  // seconds, when it last reported
    std::string update;                  // state of the latest update: "confirmed"
};

class DeviceTable {
public:
    // Takes a message; what is malformed changes nothing.
    void take(std::string_view topic, std::string_view payload);
    const std::map<std::string, DeviceRow>& rows() const { return rows_; }

    // A table with a header; "no device has reported yet" when it is empty.
    SafeText text() const;
    JsonText json() const;

private:
    std::map<std::string, DeviceRow> rows_;
};

}  // namespace esb::cli
