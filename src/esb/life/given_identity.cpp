#include "esb/life/given_identity.hpp"

#include "esb/settings/sealed.hpp"

#include <array>

namespace esb::life {
namespace {

constexpr std::string_view key = "identity";
constexpr std::uint8_t identity_version = 1;
using IdentityRecord = std::array<std::uint8_t, given_identity_max + settings::seal_overhead>;

}  // namespace

Result<std::optional<Identity>> given_identity(chip::KeyValue& key_value) {
    IdentityRecord record{};
    const auto stored = key_value.get(key, record);
    if (!stored && stored.error() == errors::kv_not_found) return std::optional<Identity>();
    if (!stored) return fail(stored.error());
    const auto content = settings::unseal(key, identity_version, *stored);
    if (!content) return fail(errors::kv_corrupt);
    const auto identity = make_identity(as_text(*content));
    if (!identity) return fail(errors::kv_corrupt);
    return std::optional<Identity>(*identity);
}

Status give_identity(chip::KeyValue& key_value, std::string_view identity) {
    if (identity.size() > given_identity_max) return fail(errors::bad_identity);
    const auto good = make_identity(identity);
    if (!good) return fail(good.error());
    IdentityRecord record{};
    const auto used = MutBytes(record).first(identity.size() + settings::seal_overhead);
    copy(as_bytes(identity), used.subspan(1));
    settings::seal(key, identity_version, used);
    return key_value.put(key, used);
}

}  // namespace esb::life
