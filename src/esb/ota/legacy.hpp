// The legacy message, URL|md5: no signature, no size, no version. Taken only where the setting ota.legacy_md5 is on.
#pragma once

#include "esb/ota/offer.hpp"

#include <cstdint>
#include <string_view>

namespace esb::ota {

bool is_legacy(std::string_view text);
// ota_legacy_malformed, manifest_no_hash. Size, version and seq are known when the image's descriptor is there.
Status open_legacy(std::string_view text, const ImageIdentity& running, Offer& out);
// What is known now that the image has said who it is. ota_wrong_app, ota_wrong_hw, ota_below_floor.
Status complete_legacy(const ImageIdentity& image, const ImageIdentity& running, std::uint32_t floor, Offer& offer);

}  // namespace esb::ota
