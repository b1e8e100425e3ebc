#include "esb/ota/legacy.hpp"

#include "esb/base/encoding.hpp"

#include <memory>

namespace esb::ota {
namespace {

constexpr char md5_separator = '|';  // an envelope cannot contain it

}  // namespace

bool is_legacy(std::string_view text) { return text.find(md5_separator) != std::string_view::npos; }

Status open_legacy(std::string_view text, const ImageIdentity& running, Offer& out) {
    const auto end = text.rfind(md5_separator);
    const auto digits = text.substr(end + 1);  // 32 hex digits
    crypto::Md5Digest md5{};
    if (digits.size() != 2 * md5.size() || !hex_decode(digits, md5)) return fail(errors::ota_legacy_malformed);
    ESB_TRY(check_hash(md5));
    out.digest = crypto::sha256(as_bytes(text));
    out.kid.clear();
    std::destroy_at(&out.manifest);  // as in parse_update()
    std::construct_at(&out.manifest);
    out.md5 = md5;
    ESB_TRY(out.manifest.app.assign(running.app));
    ESB_TRY(out.manifest.hw.assign(running.hw));
    const bool fits = out.manifest.urls.push_back(text.substr(0, end)).has_value();
    return fits ? Status() : fail(errors::ota_legacy_malformed);
}

Status complete_legacy(const ImageIdentity& image, const ImageIdentity& running, std::uint32_t floor, Offer& offer) {
    if (image.app != running.app) return fail(errors::ota_wrong_app);
    if (image.hw != running.hw) return fail(errors::ota_wrong_hw);
    if (image.seq < floor) return fail(errors::ota_below_floor);
    offer.manifest.seq = image.seq;
    return offer.manifest.ver.assign(image.ver);
}

}  // namespace esb::ota
