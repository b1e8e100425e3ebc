#include "host/cli/envelope_shelf.hpp"

#include "esb/base/encoding.hpp"
#include "esb/base/json.hpp"
#include "esb/ota/envelope.hpp"
#include "host/cli/files.hpp"
#include "host/cli/json_text.hpp"
#include "host/cli/payloads.hpp"

#include <algorithm>
#include <array>

namespace esb::cli {
namespace {

bool takes(const UpdateTaker& device, const ShelvedUpdate& update, std::int64_t now) {
    const auto& devices = update.devices;
    const bool meant = devices.empty() || std::find(devices.begin(), devices.end(), device.identity) != devices.end();
    return meant && update.app == device.app && update.hw == device.hw && update.seq > device.seq &&
           (!update.expires || *update.expires > now);
}

}  // namespace

std::optional<ShelvedUpdate> read_update(std::string_view envelope) {
    const auto id = envelope_id(envelope);
    if (!id) return std::nullopt;
    const auto first = envelope.find('.') + 1;
    std::vector<std::uint8_t> payload(ota::envelope_max);
    const auto decoded = base64url_decode(envelope.substr(first, envelope.find('.', first) - first), payload);
    const auto document = decoded ? JsonDocument::parse(*decoded) : fail(decoded.error());
    if (!document) return std::nullopt;
    const auto root = document->root();
    const auto app = root["app"].text();
    const auto hw = root["hw"].text();
    const auto ver = root["ver"].text();
    const auto seq = root["seq"].integer(0, u32_max);
    if (!app || !hw || !ver || !seq || !root["sha256"].text()) return std::nullopt;  // a command, a set of keys
    ShelvedUpdate update{std::string(envelope),
                         *id,
                         std::string(*app),
                         std::string(*hw),
                         std::string(*ver),
                         static_cast<std::uint32_t>(*seq),
                         {},
                         {}};
    if (const auto expires = root["exp"].integer(0, INT64_MAX)) update.expires = *expires;
    if (!root["dev"].is_array()) return update;
    for (auto item = root["dev"].first(); item.is_present(); item = item.next()) {
        update.devices.emplace_back(item.text().value_or(std::string_view()));
    }
    return update;
}

Outcome<void> EnvelopeShelf::read(const std::filesystem::path& folder) {
    std::error_code error;
    std::vector<ShelvedUpdate> found;
    for (std::filesystem::directory_iterator at(folder, error); !error && at != end(at); at.increment(error)) {
        std::error_code gone;
        if (!at->is_regular_file(gone)) continue;
        const auto text = read_bare_text(at->path(), ota::envelope_max);
        if (!text) continue;  // an image, which lies beside its envelope
        if (auto update = read_update(*text)) found.push_back(std::move(*update));
    }
    if (error) return failure(folder.string() + ": " + error.message());
    updates_ = std::move(found);
    return {};
}

const ShelvedUpdate* EnvelopeShelf::newest_for(const UpdateTaker& device, std::int64_t now) const {
    const ShelvedUpdate* newest = nullptr;
    for (const auto& update : updates_) {
        if (takes(device, update, now) && (newest == nullptr || update.seq > newest->seq)) newest = &update;
    }
    return newest;
}

}  // namespace esb::cli
