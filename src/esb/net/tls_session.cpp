#include "esb/net/tls_session.hpp"

#include "esb/base/encoding.hpp"
#include "esb/base/secret.hpp"

namespace esb::net {
namespace {

constexpr std::string_view magic = "ESBT";
constexpr std::size_t session_head_size = magic.size() + 4 + std::tuple_size_v<SessionBinding> + 2;
constexpr std::size_t check_size = 4;

}  // namespace

Result<TlsSessionStore::Found> TlsSessionStore::find(const SessionBinding& binding, UnixTime now) const {
    ByteReader reader{room_};
    const auto mark = reader.take(magic.size());
    if (!mark || as_text(*mark) != magic) return fail(errors::not_found);
    const auto until = reader.le32();
    const auto of = reader.take(binding.size());
    const auto size = reader.le16();
    if (!until || !of || !size || *size == 0) return fail(errors::not_found);
    const auto bytes = reader.take(*size);
    const auto check = reader.le32();
    if (!bytes || !check || *check != crc32(ConstBytes(room_).first(session_head_size + *size))) return fail(errors::not_found);
    const Found found{*bytes, UnixTime(*until)};
    // A clock that was set back does not make a session last longer.
    const bool lasts = now < found.until && found.until - now <= longest_session;
    if (!lasts || !equal(*of, binding)) return fail(errors::not_found);
    return found;
}

void TlsSessionStore::forget() const { wipe(room_); }

MutBytes TlsSessionStore::place() const {
    if (room_.size() < session_head_size + check_size) return {};
    return room_.subspan(session_head_size, room_.size() - session_head_size - check_size);
}

Status TlsSessionStore::keep(const SessionBinding& binding, UnixTime until, std::size_t size) {
    if (size == 0) return fail(errors::too_short);
    if (size > place().size() || size > 0xFFFF) return fail(errors::too_long);
    ByteWriter head(room_);
    head.text(magic).le32(static_cast<std::uint32_t>(until.count())).bytes(binding).le16(static_cast<std::uint16_t>(size));
    ByteWriter tail(room_.subspan(session_head_size + size));
    tail.le32(crc32(ConstBytes(room_).first(session_head_size + size)));
    return {};
}

}  // namespace esb::net
