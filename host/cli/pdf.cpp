#include "host/cli/pdf.hpp"

#include <algorithm>

namespace esb::cli {
namespace {

// A hundredth of a millimetre in PDF's unit, 1/72 inch.
constexpr double unit = 72.0 / 2540.0;

std::string hundredths(int value) {
    const auto rest = std::to_string(100 + value % 100).substr(1);
    return std::to_string(value / 100) + '.' + rest;
}

// §7.3.4.2
std::string literal(std::string_view line) {
    std::string text = "(";
    for (const char c : line) {
        if (c == '(' || c == ')' || c == '\\') text += '\\';
        text += c >= ' ' && c <= '~' ? c : '?';
    }
    return text + ')';
}

std::string points(int length) {
    const auto thousandths = static_cast<long>(length * unit * 1000 + 0.5);
    const auto rest = std::to_string(1000 + thousandths % 1000).substr(1);
    return std::to_string(thousandths / 1000) + '.' + rest;
}

// Objects by their numbers, and where each begins (§7.5).
class Objects {
public:
    void add(const std::string& body) {
        places_.push_back(text_.size());
        text_ += std::to_string(places_.size()) + " 0 obj\n" + body + "\nendobj\n";
    }
    std::string finish() {
        const auto table = text_.size();
        const auto count = std::to_string(places_.size() + 1);
        text_ += "xref\n0 " + count + "\n0000000000 65535 f \n";
        for (const auto place : places_) {
            const auto number = std::to_string(place);
            text_ += std::string(10 - std::min<std::size_t>(number.size(), 10), '0') + number + " 00000 n \n";
        }
        text_ += "trailer\n<< /Size " + count + " /Root 1 0 R >>\nstartxref\n" + std::to_string(table) + "\n%%EOF\n";
        return std::move(text_);
    }

private:
    std::string text_ = "%PDF-1.4\n";
    std::vector<std::size_t> places_;
};

}  // namespace

void PdfPage::fill(int x, int y, int width, int height) {
    open_ = true;
    content_ += hundredths(x) + ' ' + hundredths(height_ - y - height) + ' ' + hundredths(width) + ' ' +
                hundredths(height) + " re\n";
}

void PdfPage::text(int x, int y, int size, std::string_view line) {
    content_ = content();
    open_ = false;
    content_ += "BT /F1 " + hundredths(size) + " Tf " + hundredths(x) + ' ' + hundredths(height_ - y) + " Td " +
                literal(line) + " Tj ET\n";
}

std::string pdf_document(const std::vector<PdfPage>& pages) {
    constexpr std::size_t first_page = 4;  // its number; 1 to 3 are the catalog, the list of pages, the font
    Objects objects;
    objects.add("<< /Type /Catalog /Pages 2 0 R >>");
    std::string kids;
    for (std::size_t i = 0; i < pages.size(); ++i) kids += std::to_string(first_page + 2 * i) + " 0 R ";
    objects.add("<< /Type /Pages /Count " + std::to_string(pages.size()) + " /Kids [ " + kids + "] /MediaBox [ 0 0 " +
                points(pages.empty() ? 0 : pages[0].width()) + ' ' + points(pages.empty() ? 0 : pages[0].height()) +
                " ] /Resources << /Font << /F1 3 0 R >> >> >>");
    objects.add("<< /Type /Font /Subtype /Type1 /BaseFont /Courier >>");
    // From here on a millimetre is the unit.
    const std::string scale = "2.834646 0 0 2.834646 0 0 cm\n";
    for (std::size_t i = 0; i < pages.size(); ++i) {
        const auto content = scale + pages[i].content();
        objects.add("<< /Type /Page /Parent 2 0 R /Contents " + std::to_string(first_page + 2 * i + 1) + " 0 R >>");
        objects.add("<< /Length " + std::to_string(content.size()) + " >>\nstream\n" + content + "endstream");
    }
    return objects.finish();
}

}  // namespace esb::cli
