#include "host/cli/qr_code.hpp"

#include <cerrno>
#include <cstring>
#include <memory>

#include <qrencode.h>

namespace esb::cli {

Outcome<QrCode> QrCode::make(std::string_view text) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
    const std::unique_ptr<QRcode, decltype(&QRcode_free)> made(
        QRcode_encodeData(static_cast<int>(text.size()), bytes, 0, QR_ECLEVEL_M), &QRcode_free);
    if (!made) return failure(std::string("no QR code could be made: ") + std::strerror(errno));
    QrCode code;
    code.size_ = made->width;
    const auto modules = static_cast<std::size_t>(made->width) * static_cast<std::size_t>(made->width);
    for (std::size_t i = 0; i < modules; ++i) code.dark_.push_back((made->data[i] & 1U) != 0);
    return code;
}

}  // namespace esb::cli
