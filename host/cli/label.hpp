// The label on a device: the QR code that takes a phone into its access point, name and password below it as text.
#pragma once

#include "host/cli/birth_lines.hpp"
#include "host/cli/outcome.hpp"
#include "host/cli/qr_code.hpp"
#include "host/cli/safe_text.hpp"

#include <string>
#include <vector>

namespace esb::cli {

class Label {
public:
    // `access_point` has been checked.
    static Outcome<Label> make(const AccessPoint& access_point);

    // A picture that scales; fonts: whatever the viewer calls monospace.
    std::string svg() const;
    // Grey, 8 dots a module: about 3 cm at 300 dots an inch.
    Outcome<std::string> png() const;
    // Two modules in one character, with half blocks. `colors`: black on white by escape codes, whatever the terminal
    // has; otherwise dark modules are drawn, for a light background.
    SafeText drawing(bool colors) const;

private:
    Label(QrCode code, std::vector<std::string> lines) : code_(std::move(code)), lines_(std::move(lines)) {}

    QrCode code_;
    std::vector<std::string> lines_;
};

}  // namespace esb::cli
