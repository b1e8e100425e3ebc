// QR codes (ISO/IEC 18004). The only file that knows libqrencode.
#pragma once

#include "host/cli/outcome.hpp"

#include <cstddef>
#include <string_view>
#include <vector>

namespace esb::cli {

// Square, without its quiet zone.
class QrCode {
public:
    // Modules that must stay light around it.
    static constexpr int quiet_zone = 4;

    // Corrects errors of 15 % (level M). Fails for more than 2331 bytes.
    static Outcome<QrCode> make(std::string_view text);

    int size() const { return size_; }  // modules a side
    // False outside of it too: the quiet zone is light.
    bool is_dark(int x, int y) const {
        if (x < 0 || y < 0 || x >= size_ || y >= size_) return false;
        return dark_[static_cast<std::size_t>(y * size_ + x)];
    }

private:
    int size_ = 0;
    std::vector<bool> dark_;
};

}  // namespace esb::cli
