#include "host/vchip/image.hpp"

#include "esb/crypto/crypto.hpp"
#include "esb/ota/descriptor.hpp"

#include <algorithm>
#include <array>

namespace esb::vchip {
namespace {

constexpr std::size_t elf_header_size = 64;
constexpr std::size_t section_header_size = 64;
constexpr std::size_t smallest_program = image_descriptor_at + sizeof(ota::ImageDescriptor);
constexpr std::uint16_t machine_x86_64 = 62;
constexpr std::uint16_t machine_aarch64 = 183;
constexpr std::uint16_t type_executable = 2;
constexpr std::uint16_t type_position_independent = 3;

std::uint16_t u16(ConstBytes bytes, std::size_t at) { return *ByteReader(bytes.subspan(at)).le16(); }
std::uint32_t u32(ConstBytes bytes, std::size_t at) { return *ByteReader(bytes.subspan(at)).le32(); }
std::uint64_t u64(ConstBytes bytes, std::size_t at) {
    return u32(bytes, at) | static_cast<std::uint64_t>(u32(bytes, at + 4)) << 32;
}

bool is_program(ConstBytes header) {
    constexpr std::uint8_t identification[] = {0x7F, 'E', 'L', 'F', 2 /* 64 bits */, 1 /* little endian */, 1};
    const std::uint16_t type = u16(header, 16);
    const std::uint16_t machine = u16(header, 18);
    return equal(header.first(sizeof(identification)), identification) &&
           (type == type_executable || type == type_position_independent) &&
           (machine == machine_x86_64 || machine == machine_aarch64) && u16(header, 58) == section_header_size;
}

// Where the program ends: linkers put the section headers last (ELF-64: e_shoff, e_shnum).
Result<std::size_t> program_end(const ImageReader& read, std::size_t limit) {
    if (limit < smallest_program) return fail(errors::image_size);
    std::array<std::uint8_t, elf_header_size> header{};
    ESB_TRY(read(0, header));
    if (!is_program(header)) return fail(errors::image_format);
    std::array<std::uint8_t, 4> magic{};
    ESB_TRY(read(image_descriptor_at, magic));
    if (u32(magic, 0) != ota::descriptor_magic) return fail(errors::image_descriptor);
    const std::uint64_t sections_at = u64(header, 40);
    const std::size_t sections = u16(header, 60) * section_header_size;
    if (sections == 0 || sections_at < smallest_program) return fail(errors::image_format);
    if (sections_at > limit || sections > limit - sections_at) return fail(errors::image_size);
    return static_cast<std::size_t>(sections_at) + sections;
}

std::size_t sealed_size(std::size_t program) {
    return (program + image_alignment - 1) / image_alignment * image_alignment + image_hash_size;
}

Result<crypto::Digest> hash(const ImageReader& read, std::size_t size) {
    crypto::Sha256 sha;
    std::vector<std::uint8_t> buffer(std::min<std::size_t>(size, 65536));
    for (std::size_t at = 0; at < size;) {
        const auto piece = MutBytes(buffer).first(std::min(buffer.size(), size - at));
        ESB_TRY(read(at, piece));
        sha.update(piece);
        at += piece.size();
    }
    return sha.finish();
}

ImageReader reader_of(ConstBytes bytes) {
    return [bytes](std::size_t offset, MutBytes out) -> Status {
        copy(bytes.subspan(offset, out.size()), out);
        return {};
    };
}

}  // namespace

Result<std::size_t> parse_image_size(const ImageReader& read, std::size_t limit) {
    const auto program = program_end(read, limit);
    if (!program) return fail(program.error());
    const std::size_t size = sealed_size(*program);
    if (size > limit) return fail(errors::image_size);
    return size;
}

Result<std::size_t> verify_image(const ImageReader& read, std::size_t limit) {
    const auto size = parse_image_size(read, limit);
    if (!size) return fail(size.error());
    const auto computed = hash(read, *size - image_hash_size);
    if (!computed) return fail(computed.error());
    crypto::Digest stored{};
    ESB_TRY(read(*size - image_hash_size, stored));
    if (!equal(*computed, stored)) return fail(errors::image_hash);
    return *size;
}

Result<std::vector<std::uint8_t>> seal_image(ConstBytes program) {
    const auto end = program_end(reader_of(program), program.size());
    if (!end) return fail(end.error());
    std::vector<std::uint8_t> image(program.begin(), program.end());
    if (program.size() > *end) {
        const auto sealed = verify_image(reader_of(program), program.size());
        if (!sealed || *sealed != program.size()) return fail(errors::image_trailing);
        return image;
    }
    image.resize(sealed_size(*end));
    const auto body = ConstBytes(image).first(image.size() - image_hash_size);
    copy(crypto::sha256(body), MutBytes(image).subspan(body.size()));
    return image;
}

}  // namespace esb::vchip
