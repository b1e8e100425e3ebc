#include "esb/settings/mirrors.hpp"

#include "esb/base/encoding.hpp"
#include "esb/base/fixed.hpp"
#include "esb/settings/blob.hpp"

#include <array>

namespace esb::settings {
namespace {

constexpr std::uint8_t former_version = 1;
constexpr std::uint8_t mirror_version = 2;
// Generations of a record that was repaired begin higher than any it can have reached before.
constexpr unsigned repair_shift = 24;
constexpr std::uint8_t repairs_max = 100;

constexpr std::uint8_t exists = 0x80;
constexpr std::uint8_t generation_bits = 0x7F;

std::uint8_t mark_of(std::uint32_t generation) {
    return static_cast<std::uint8_t>(exists | (generation & generation_bits));
}
// The mark is of a later generation than the one that was found.
bool is_behind(std::uint32_t generation, std::uint8_t mark) {
    const unsigned ahead = (mark - generation) & generation_bits;
    return mark != 0 && ahead != 0 && ahead <= generation_bits / 2;
}

using CopyKey = FixedString<chip::kv_key_max>;

CopyKey key_of(const TrustName& name, char which) {
    CopyKey key;
    static_cast<void>(key.append(name.key));
    static_cast<void>(key.append('.'));
    static_cast<void>(key.append(which));
    return key;
}

}  // namespace

Mirrors::Copy::State Mirrors::failed_read(const Error& why) {
    if (why == errors::kv_not_found) return Copy::State::absent;
    return why == errors::kv_too_small ? Copy::State::bad : Copy::State::unreadable;
}

Mirrors::Copy Mirrors::read(char which, Buffer& buffer) const {
    const auto key = key_of(name_, which);
    const auto stored = key_value_.get(key, buffer);
    if (!stored) return {failed_read(stored.error())};
    const auto content = unseal(key, mirror_version, *stored);
    if (!content || content->size() < 4) return {Copy::State::bad};
    ByteReader reader(*content);
    const auto generation = *reader.le32();
    return {Copy::State::good, generation, reader.rest()};
}

Mirrors::Copy Mirrors::read_former(Buffer& buffer) const {
    if (name_.former == Former::none) return {};
    const auto stored = key_value_.get(name_.key, buffer);
    if (!stored) return {failed_read(stored.error())};
    if (name_.former == Former::plain) return {stored->size() == 1 ? Copy::State::good : Copy::State::bad, 0, *stored};
    const auto content = unseal(name_.key, former_version, *stored);
    if (!content) return {Copy::State::bad};
    return {Copy::State::good, 0, *content};
}

std::optional<ConstBytes> Mirrors::former(Buffer& buffer) const {
    const auto found = read_former(buffer);
    return found.state == Copy::State::good ? std::optional(found.value) : std::nullopt;
}

Result<std::optional<ConstBytes>> Mirrors::load(Buffer& buffer) const {
    const auto found = find(buffer);
    if (!found) return fail(found.error());
    return found->state == Copy::State::good ? std::optional(found->value) : std::nullopt;
}

Result<Mirrors::Copy> Mirrors::find(Buffer& buffer) const {
    using enum Copy::State;
    Buffer second;
    auto a = read('a', buffer);
    const auto b = read('b', second);
    if (a.state != good && b.state != good) return find_without(a.state, b.state, buffer);
    const bool take_b = a.state != good || (b.state == good && is_newer(b.generation, a.generation));
    const bool same = a.state == good && b.state == good && a.generation == b.generation && equal(a.value, b.value);
    const auto newest = take_b ? b.generation : a.generation;
    const auto mark = read_mark().records[name_.mark];
    if (is_behind(newest, mark)) return fail(errors::trust_lost);
    if (take_b) {
        copy(b.value, buffer);
        a = {good, b.generation, ConstBytes(buffer).first(b.value.size())};
    }
    // What cannot be mended now is mended at the next start: the value is known all the same.
    if (!same) static_cast<void>(put(take_b ? 'a' : 'b', a.generation, a.value));
    if (mark != mark_of(newest)) static_cast<void>(set_mark(newest));
    return a;
}

// Neither mirror can be read. A firmware before this one may have left its record; otherwise it never existed, or is lost.
Result<Mirrors::Copy> Mirrors::find_without(Copy::State a, Copy::State b, Buffer& buffer) const {
    using enum Copy::State;
    const auto former = read_former(buffer);
    const bool marked = read_mark().records[name_.mark] != 0;
    if (!marked && former.state == good && a == absent && b == absent) {
        ESB_TRY(write(1, former.value));
        return Copy{good, 1, former.value};
    }
    const bool nothing = a == absent && b == absent && former.state == absent;
    if (!marked && nothing && !key_value_.damaged()) return Copy{};
    const bool answers = a != unreadable && b != unreadable && former.state != unreadable;
    if (!marked && answers) static_cast<void>(set_mark(0));  // it stays lost until it is repaired
    return fail(errors::trust_lost);
}

Status Mirrors::save(ConstBytes value) const {
    Buffer buffer;
    const auto found = find(buffer);
    if (!found) return fail(found.error());
    const bool same = found->state == Copy::State::good && equal(found->value, value);
    const auto earlier = same ? read_former(buffer) : Copy{};  // `found` is not needed any more
    if (same && (earlier.state == Copy::State::absent || equal(earlier.value, value))) return {};
    return write(found->generation + 1, value);
}

Status Mirrors::restore(ConstBytes value) const {
    auto mark = read_mark();
    if (mark.repairs < repairs_max) ++mark.repairs;
    const auto generation = std::uint32_t{mark.repairs} << repair_shift;
    mark.records[name_.mark] = mark_of(generation);
    ESB_TRY(write_mark(mark));
    return write(generation, value);
}

Status Mirrors::write(std::uint32_t generation, ConstBytes value) const {
    ESB_TRY(put_former(value));
    ESB_TRY(put('a', generation, value));
    ESB_TRY(put('b', generation, value));
    return set_mark(generation);
}

Status Mirrors::put(char which, std::uint32_t generation, ConstBytes value) const {
    Buffer record;
    ByteWriter writer(MutBytes(record).subspan(1, record.size() - seal_overhead));
    writer.le32(generation).bytes(value);
    if (writer.overflowed()) return fail(errors::too_long);
    const auto key = key_of(name_, which);
    const auto sealed = MutBytes(record).first(writer.size() + seal_overhead);
    seal(key, mirror_version, sealed);
    return key_value_.put(key, sealed);
}

Status Mirrors::put_former(ConstBytes value) const {
    Buffer record;
    if (name_.former == Former::none) return {};
    if (const auto there = key_value_.get(name_.key, record); !there && there.error() == errors::kv_not_found)
        return {};
    if (name_.former == Former::plain) return key_value_.put(name_.key, value);
    copy(value, MutBytes(record).subspan(1));
    const auto sealed = MutBytes(record).first(value.size() + seal_overhead);
    seal(name_.key, former_version, sealed);
    return key_value_.put(name_.key, sealed);
}

// One that cannot be read says nothing: the mirrors that are there say it again.
Mirrors::Mark Mirrors::read_mark() const {
    constexpr std::size_t size = 1 + trust_places;
    std::array<std::uint8_t, size + seal_overhead> buffer{};
    Mark mark;
    const auto stored = key_value_.get(trust_mark_key, buffer);
    const auto content = stored ? unseal(trust_mark_key, mirror_version, *stored) : std::nullopt;
    if (!content || content->size() != size) return mark;
    mark.repairs = content->front();
    copy(content->subspan(1), mark.records);
    return mark;
}

Status Mirrors::write_mark(const Mark& mark) const {
    std::array<std::uint8_t, 1 + trust_places + seal_overhead> record{};
    ByteWriter(MutBytes(record).subspan(1)).u8(mark.repairs).bytes(mark.records);
    seal(trust_mark_key, mirror_version, record);
    return key_value_.put(trust_mark_key, record);
}

Status Mirrors::set_mark(std::uint32_t generation) const {
    auto mark = read_mark();
    mark.records[name_.mark] = mark_of(generation);
    return write_mark(mark);
}

}  // namespace esb::settings
