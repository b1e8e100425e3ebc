#include "esb/device/crash_report.hpp"

#include "esb/base/encoding.hpp"
#include "esb/device/errors.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace esb {

void CrashReport::begin() {
    if (size() == 0) return;
    const auto place = parts_.dump->place();
    parts_.notes.crash(place.value_or(0));
    auto& out = parts_.voice.out();
    out.text("crash: the one before left ").number(static_cast<std::int64_t>(size())).line(" bytes (esb coredump)");
}

void CrashReport::take(const link::Message& message) {
    if (const auto done = obey(message); !done) parts_.voice.failed("crash/do", done.error());
}

Status CrashReport::obey(const link::Message& message) {
    if (message.retain || message.offset != 0 || !message.is_last()) return fail(errors::crash_word);
    if (size() == 0) return fail(errors::crash_nothing);
    constexpr std::string_view send = "send";
    const auto word = message.text();
    constexpr std::string_view forget_this = "forget ";
    if (word.starts_with(forget_this)) return forget(word.substr(forget_this.size()));
    if (!word.starts_with(send)) return fail(errors::crash_word);
    const auto rest = word.substr(send.size());
    const auto from = rest.empty() ? Result<std::uint64_t>(0)
                      : rest[0] != ' ' ? fail(errors::crash_word)
                                       : parse_unsigned(rest.substr(1), 0, size() - 1);
    if (!from) return fail(errors::crash_word);
    next_ = static_cast<std::size_t>(*from);
    return {};
}

Status CrashReport::forget(std::string_view digits) {
    std::array<std::uint8_t, 4> wanted{};
    if (digits.size() != 2 * wanted.size() || !hex_decode(digits, wanted)) return fail(errors::crash_word);
    std::uint32_t crc = 0;
    std::array<std::uint8_t, 256> piece{};
    const auto end = told_apart_by(size());
    for (std::size_t at = 0; at < end; at += piece.size()) {
        const auto bytes = MutBytes(piece).first(std::min(piece.size(), end - at));
        ESB_TRY(parts_.dump->read(at, bytes));
        crc = crc32(bytes, crc);
    }
    if (*ByteReader(wanted).be32() != crc) return fail(errors::crash_other);
    next_.reset();
    return parts_.dump->erase();
}

void CrashReport::step(Instant) {
    if (!next_ || under_way_ || !parts_.online.load()) return;
    const auto offset = *next_;
    if (offset >= size()) return next_.reset();
    const auto sent = send_piece(offset);
    if (sent || sent.error() == errors::full) return;  // without room: in a later turn
    parts_.voice.failed("crash", sent.error());
    next_.reset();
}

Status CrashReport::send_piece(std::size_t offset) {
    std::array<std::uint8_t, header_size + piece_max> message{};
    const std::size_t length = std::min(piece_max, size() - offset);
    const auto bytes = MutBytes(message).subspan(header_size, length);
    ESB_TRY(parts_.dump->read(offset, bytes));
    ByteWriter header(message);
    header.le32(static_cast<std::uint32_t>(offset)).le32(static_cast<std::uint32_t>(size())).le32(crc32(bytes));
    const auto done = [this](const Status& outcome) {
        under_way_ = false;
        if (!outcome) next_.reset();  // whoever asked asks again, from where it has got to
    };
    ESB_TRY(parts_.publisher.publish({"crash"}, ConstBytes(message).first(header_size + length), {.done = done}));
    under_way_ = true;
    next_ = offset + length;
    return {};
}

}  // namespace esb
