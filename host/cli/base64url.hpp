// Base64url as a string (RFC 4648 §5, without padding).
#pragma once

#include "esb/base/encoding.hpp"

#include <string>

namespace esb::cli {

inline std::string base64url(ConstBytes bytes) {
    std::string text(base64url_size(bytes.size()), '\0');
    static_cast<void>(base64url_encode(bytes, text));
    return text;
}

}  // namespace esb::cli
