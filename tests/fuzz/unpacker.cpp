// A packed file from a web server, in pieces of any size. Whatever it holds: nothing is read but what was given out or is of
// the old image, no more is made than was announced, and how it is cut changes nothing. Input: size of the pieces, whether
// there is an old image, size of the result, then the file, or (odd sizes) changes of a good one, each two bytes of place
// and one of difference.
#include "tests/support/packed.hpp"

#include <cstdlib>
#include <optional>

namespace {

using namespace esb;

void require(bool condition) {
    if (!condition) std::abort();
}

struct Fixture {
    test::ByteVector old = test::code_like(3000, 1);
    test::ByteVector image = test::next_version(old, 5);
    std::string alone = cli::pack_image(image);
    std::string delta = cli::pack_image(image, old);
};

struct Outcome {
    test::ByteVector made;
    std::optional<Error> error;
};

Outcome unpack(ConstBytes file, const test::ByteVector& old, std::uint32_t size, std::size_t piece) {
    test::UnpackedBytes bytes;
    bytes.old = old;
    ota::Unpacker unpacker(bytes, size, static_cast<std::uint32_t>(old.size()));
    const auto done = test::unpack(unpacker, bytes, file, piece);
    require(bytes.made.size() <= size && (!done || bytes.made.size() == unpacker.at()));
    return {bytes.made, done ? std::optional<Error>() : done.error()};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Fixture fixture;
    ByteReader input({data, size});
    const auto piece = input.u8();
    const auto with_old = input.u8();
    const auto result = input.be16();
    if (!piece || !with_old || !result) return 0;
    const bool by_delta = *with_old % 2 == 1;
    const auto old = by_delta ? fixture.old : test::ByteVector();
    const bool changes_good = *result % 2 == 1;
    std::string file(as_text(input.rest()));
    auto announced = std::uint32_t{*result} * 4;
    if (changes_good) {
        file = by_delta ? fixture.delta : fixture.alone;
        announced = static_cast<std::uint32_t>(fixture.image.size());
        while (input.remaining() >= 3) {
            const std::size_t at = *input.be16() % file.size();
            file[at] = static_cast<char>(file[at] ^ static_cast<char>(*input.u8()));
        }
    }
    const auto whole = unpack(as_bytes(file), old, announced, std::max<std::size_t>(file.size(), 1));
    const auto cut = unpack(as_bytes(file), old, announced, 1U + *piece);
    require(whole.error == cut.error);
    require(whole.error || whole.made == cut.made);
    return 0;
}
