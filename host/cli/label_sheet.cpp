#include "host/cli/label_sheet.hpp"

#include "esb/life/birth.hpp"
#include "host/cli/pdf.hpp"
#include "host/cli/qr_code.hpp"

#include <algorithm>
#include <string_view>

namespace esb::cli {
namespace {

// Hundredths of a millimetre.
constexpr int page_width = 21000;
constexpr int page_height = 29700;
constexpr int label_width = page_width / static_cast<int>(labels_across);
constexpr int label_height = 3700;
constexpr int top = (page_height - label_height * static_cast<int>(labels_down)) / 2;
constexpr int margin = 200;
constexpr int code_side = label_height - 2 * margin;  // with its quiet zone
constexpr int text_left = margin + code_side + 100;
constexpr int letter = 260;  // the size of the text
constexpr int caption = 200;
constexpr std::size_t text_columns = 20;
static_assert(text_left + static_cast<int>(text_columns) * letter * 6 / 10 < label_width);

void draw_code(PdfPage& page, const QrCode& code, int left, int upper) {
    const int module = code_side / (code.size() + 2 * QrCode::quiet_zone);
    const int edge = (code_side - module * code.size()) / 2;
    for (int y = 0; y < code.size(); ++y) {
        for (int x = 0; x < code.size(); ++x) {
            if (!code.is_dark(x, y)) continue;
            const int begin = x;
            while (code.is_dark(x, y)) ++x;
            page.fill(left + edge + begin * module, upper + edge + y * module, (x - begin) * module, module);
        }
    }
}

// Lines of text below each other.
class Column {
public:
    Column(PdfPage& page, int left, int upper) : page_(page), left_(left), at_(upper) {}

    void heading(std::string_view words) {
        at_ += caption / 2;
        line(caption, words);
    }
    void value(std::string_view text) {
        for (; !text.empty(); text.remove_prefix(std::min(text_columns, text.size())))
            line(letter, text.substr(0, text_columns));
    }

private:
    void line(int size, std::string_view text) {
        at_ += size + size / 4;
        page_.text(left_, at_, size, text);
    }

    PdfPage& page_;
    int left_;
    int at_;
};

Outcome<void> draw(PdfPage& page, const FactoryDevice& device, int left, int upper) {
    const auto code = QrCode::make(life::wifi_qr_text(device.identity, device.ap_password).view());
    if (!code) return std::unexpected(code.error());
    draw_code(page, *code, left + margin, upper + margin);
    Column column(page, left + text_left, upper + margin + 200);
    column.value(device.identity);
    column.heading("Wi-Fi password");
    column.value(device.ap_password);
    if (device.console_password.empty()) return {};
    column.heading("console password");
    column.value(device.console_password);
    return {};
}

}  // namespace

Outcome<std::string> label_sheets(const std::vector<FactoryDevice>& devices) {
    std::vector<PdfPage> pages;
    for (std::size_t i = 0; i < devices.size(); ++i) {
        const auto place = static_cast<int>(i % labels_on_sheet);
        constexpr int across = static_cast<int>(labels_across);
        if (place == 0) pages.emplace_back(page_width, page_height);
        const int left = place % across * label_width;
        const int upper = top + place / across * label_height;
        if (auto drawn = draw(pages.back(), devices[i], left, upper); !drawn) return std::unexpected(drawn.error());
    }
    return pdf_document(pages);
}

}  // namespace esb::cli
