// Signed updates in a folder, by what their manifests say. No signature is judged here: a device judges what it gets.
#pragma once

#include "host/cli/outcome.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace esb::cli {

struct ShelvedUpdate {
    std::string envelope;
    std::string id;  // as <base>/ota/status names it
    std::string app, hw, ver;
    std::uint32_t seq = 0;
    std::vector<std::string> devices;     // empty: every device
    std::optional<std::int64_t> expires;  // seconds since 1970
};
// Empty for what is no update.
std::optional<ShelvedUpdate> read_update(std::string_view envelope);

// Whom an update is for.
struct UpdateTaker {
    std::string_view identity, app, hw;
    std::uint32_t seq = 0;  // that runs
};

class EnvelopeShelf {
public:
    void add(ShelvedUpdate update) { updates_.push_back(std::move(update)); }
    // Every file of the folder that is an update, in place of what was there; others are passed over.
    Outcome<void> read(const std::filesystem::path& folder);
    // The newest that the device would take at that time; null: none. Valid until the next read().
    const ShelvedUpdate* newest_for(const UpdateTaker& device, std::int64_t now) const;
    std::size_t size() const { return updates_.size(); }

private:
    std::vector<ShelvedUpdate> updates_;
};

}  // namespace esb::cli
