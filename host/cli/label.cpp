#include "host/cli/label.hpp"

#include "esb/life/birth.hpp"

#include <algorithm>
#include <string_view>

namespace esb::cli {
namespace {

constexpr std::size_t code_columns = 21;  // of the text below the code
constexpr double character_width = 0.6;  // of a monospace font's size

void add_wrapped(std::vector<std::string>& lines, std::string_view text) {
    for (; !text.empty(); text.remove_prefix(std::min(code_columns, text.size())))
        lines.emplace_back(text.substr(0, code_columns));
}

std::string xml(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        if (c == '&') {
            escaped += "&amp;";
        } else if (c == '<') {
            escaped += "&lt;";
        } else if (c == '>') {
            escaped += "&gt;";
        } else {
            escaped += c;
        }
    }
    return escaped;
}

std::string decimal_text(double value) {
    const auto hundredths = static_cast<long>(value * 100 + 0.5);
    const auto rest = std::to_string(100 + hundredths % 100).substr(1);
    return std::to_string(hundredths / 100) + '.' + rest;
}

}  // namespace

Outcome<Label> Label::make(const AccessPoint& access_point) {
    auto code = QrCode::make(life::wifi_qr_text(access_point.ssid, access_point.password).view());
    if (!code) return std::unexpected(code.error());
    std::vector<std::string> lines;
    add_wrapped(lines, access_point.ssid);
    add_wrapped(lines, access_point.password);
    return Label(std::move(*code), std::move(lines));
}

std::string Label::svg() const {
    const int quiet = QrCode::quiet_zone;
    const int width = code_.size() + 2 * quiet;
    const double font = code_.size() / (static_cast<double>(code_columns) * character_width);
    const double height = width + static_cast<double>(lines_.size()) * font * 1.3;
    const auto whole = std::to_string(width);
    std::string out = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + whole + ' ' + decimal_text(height) +
                      "\" width=\"30mm\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n<path d=\"";
    for (int y = 0; y < code_.size(); ++y) {
        for (int x = 0; x < code_.size(); ++x) {
            if (!code_.is_dark(x, y)) continue;
            const int begin = x;
            while (code_.is_dark(x, y)) ++x;
            const auto run = std::to_string(x - begin);
            out +=
                'M' + std::to_string(begin + quiet) + ' ' + std::to_string(y + quiet) + 'h' + run + "v1h-" + run + 'z';
        }
    }
    out += "\"/>\n<g font-family=\"monospace\" font-size=\"" + decimal_text(font) + "\" text-anchor=\"middle\">\n";
    double y = width - quiet / 2.0;
    for (const auto& line : lines_) {
        y += font;
        out += "<text xml:space=\"preserve\" x=\"" + decimal_text(width / 2.0) + "\" y=\"" + decimal_text(y) + "\">" +
               xml(line) + "</text>\n";
        y += font * 0.3;
    }
    return out + "</g>\n</svg>\n";
}

SafeText Label::drawing(bool colors) const {
    const int quiet = QrCode::quiet_zone;
    std::string out;
    for (int y = -quiet; y < code_.size() + quiet; y += 2) {
        if (colors) out += "\x1B[30;107m";
        for (int x = -quiet; x < code_.size() + quiet; ++x) {
            const bool upper = code_.is_dark(x, y);
            const bool lower = code_.is_dark(x, y + 1);
            out += upper && lower ? "█" : upper ? "▀" : lower ? "▄" : " ";
        }
        if (colors) out += "\x1B[0m";
        out += '\n';
    }
    auto drawn = SafeText::drawing(std::move(out));
    for (const auto& line : lines_) drawn << "    " << line << '\n';
    return drawn;
}

}  // namespace esb::cli
