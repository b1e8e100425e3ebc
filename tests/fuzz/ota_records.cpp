// Stored records: the first byte chooses the kind; the rest is taken as stored bytes and as the content of a good CRC.
// What is decoded must encode to the same bytes: there is one form only, but for images, of which an earlier form is
// read; those must come back from what they encode to.
#include "esb/ota/records.hpp"

#include <array>
#include <cstdlib>

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

template <typename T>
void check(esb::ConstBytes content) {
    T value{};
    if (!esb::ota::decode(content, value)) return;
    std::array<std::uint8_t, 1024> bytes;
    esb::ByteWriter writer(bytes);
    esb::ota::encode(value, writer);
    require(!writer.overflowed() && esb::equal(writer.written(), content));
}

template <typename T>
void check_with_image(esb::ConstBytes content) {
    T value{};
    if (!esb::ota::decode(content, value)) return;
    std::array<std::uint8_t, 1024> bytes;
    esb::ByteWriter writer(bytes);
    esb::ota::encode(value, writer);
    check<T>(writer.written());
    T again{};
    require(esb::ota::decode(writer.written(), again).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0 || size > 4000) return 0;
    const esb::ConstBytes content(data + 1, size - 1);
    switch (data[0] % 9) {
        case 0:
            check<esb::ota::MarkRecord>(content);
            break;
        case 1:
            check_with_image<esb::ota::ImageRecord>(content);
            break;
        case 2:
            check_with_image<esb::ota::TrialRecord>(content);
            break;
        case 3:
            check<esb::ota::BadList>(content);
            break;
        case 4:
            check<esb::ota::FailureList>(content);
            break;
        case 5:
            check<esb::ota::KeySet>(content);
            break;
        case 6:
            check<esb::ota::WaitRecord>(content);
            break;
        case 7:
            check<esb::ota::SkipRecord>(content);
            break;
        default:
            check<esb::ota::DataRecord>(content);
            break;
    }
    static_cast<void>(esb::ota::unseal_record("ota.trial", content));
    std::array<std::uint8_t, 4096> sealed;
    const auto stored = esb::ota::seal_record("ota.trial", content, sealed);
    require(stored.has_value());
    const auto opened = esb::ota::unseal_record("ota.trial", *stored);
    require(opened && esb::equal(*opened, content));
    require(!esb::ota::unseal_record("ota.run", *stored));
    return 0;
}
