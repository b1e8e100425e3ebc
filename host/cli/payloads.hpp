// The three payloads of an envelope as text (docs/protocol.md). Everything a device would refuse as malformed is
// refused here first.
#pragma once

#include "host/cli/data_files.hpp"
#include "host/cli/image_file.hpp"
#include "host/cli/image_forms.hpp"
#include "host/cli/outcome.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace esb::cli {

struct UpdateRequest {
    ImageFile image;
    std::vector<std::string> urls;
    std::uint32_t floor = 0;              // the device never again accepts a lower seq once this image is confirmed
    std::vector<std::string> devices;     // empty: every device
    std::optional<std::int64_t> expires;  // seconds since 1970
    std::string encryption;               // the member `enc`, JSON; empty: the file is the image
    std::vector<ImageForm> forms;         // that lie beside the image at each of `urls`
    std::vector<PartFile> data;           // likewise
};
Outcome<std::string> update_payload(const UpdateRequest& request);

struct CommandRequest {
    std::string command;  // rollback, confirm, cancel
    std::vector<std::string> devices;
    std::uint32_t counter = 0;
};
Outcome<std::string> command_payload(const CommandRequest& request);

// `keys` are "x.y" texts, as ESB_APP takes them.
// A signed change of settings. `set`: the JSON object of the changes.
Outcome<std::string> config_payload(const std::string& device, std::uint32_t counter, const std::string& set);
Outcome<std::string> keys_payload(std::uint32_t version, const std::vector<std::string>& keys);

// Of --expires: "+30d", "+12h", a date "2027-01-31" (its first second, UTC), "2027-01-31T12:00:00Z" or seconds since
// 1970. Must lie after `now`.
Outcome<std::int64_t> parse_expiry(const std::string& text, std::int64_t now);

// What names an envelope in <base>/ota/status: the first 16 hex digits of its payload's SHA-256.
Outcome<std::string> envelope_id(std::string_view envelope);

}  // namespace esb::cli
