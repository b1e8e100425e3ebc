// vchip-seal PROGRAM IMAGE: makes a firmware image of a linked and stripped program. A build tool; see
// EsbFirmware.cmake.
#include "host/vchip/image.hpp"

#include <cstdio>
#include <fstream>
#include <iterator>
#include <vector>

int main(int count, char** arguments) {
    if (count != 3) {
        std::fputs("usage: vchip-seal PROGRAM IMAGE\n", stderr);
        return 2;
    }
    std::ifstream in(arguments[1], std::ios::binary);
    if (!in) {
        std::fprintf(stderr, "vchip-seal: cannot read %s\n", arguments[1]);
        return 1;
    }
    const std::vector<char> text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    const auto image = esb::vchip::seal_image(esb::as_bytes({text.data(), text.size()}));
    if (!image) {
        const auto why = image.error().text();
        std::fprintf(stderr, "vchip-seal: %s: %.*s\n", arguments[1], static_cast<int>(why.size()), why.data());
        return 1;
    }
    std::ofstream out(arguments[2], std::ios::binary | std::ios::trunc);
    out.write(reinterpret_cast<const char*>(image->data()), static_cast<std::streamsize>(image->size()));
    out.close();
    if (!out) {
        std::fprintf(stderr, "vchip-seal: cannot write %s\n", arguments[2]);
        return 1;
    }
    return 0;
}
