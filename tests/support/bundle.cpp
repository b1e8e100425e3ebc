#include "tests/support/bundle.hpp"

namespace esb::test {

std::string bundle_of(const std::string& envelope, const Image& image) {
    return envelope + "\n" + std::string(as_text(image));
}

Status upload(ota::Updater& updater, std::string_view bundle, std::size_t size, std::size_t piece) {
    ESB_TRY(updater.begin_upload(static_cast<std::uint32_t>(size)));
    for (std::size_t at = 0; at < bundle.size(); at += piece) {
        ESB_TRY(updater.upload_piece(as_bytes(bundle.substr(at, piece))));
    }
    return updater.end_upload();
}

}  // namespace esb::test
