// A PDF file (ISO 32000-1) of nothing but filled rectangles and lines of text: the same pages give the same bytes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace esb::cli {

// One page; lengths in hundredths of a millimetre, from the upper left corner.
class PdfPage {
public:
    PdfPage(int width, int height) : width_(width), height_(height) {}

    // Black.
    void fill(int x, int y, int width, int height);
    // Courier, in printable ASCII; anything else becomes '?'. (x, y) is where its base line begins. A letter is 0.6 `size` wide.
    void text(int x, int y, int size, std::string_view line);

    int width() const { return width_; }
    int height() const { return height_; }
    // Its operators, complete.
    std::string content() const { return open_ ? content_ + "f\n" : content_; }

private:
    int width_;
    int height_;
    std::string content_;
    bool open_ = false;  // rectangles wait to be painted
};

// All pages have the size of the first one.
std::string pdf_document(const std::vector<PdfPage>& pages);

}  // namespace esb::cli
