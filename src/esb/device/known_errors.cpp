#include "esb/device/known_errors.hpp"

#include "esb/base/errors.hpp"
#include "esb/base/features.hpp"
#include "esb/chip/errors.hpp"
#include "esb/chip/pins/errors.hpp"
#include "esb/console/errors.hpp"
#include "esb/crypto/errors.hpp"
#include "esb/device/errors.hpp"
#include "esb/link/errors.hpp"
#include "esb/mqtt/errors.hpp"
#include "esb/net/errors.hpp"
#include "esb/ota/errors.hpp"
#include "esb/portal/errors.hpp"
#include "esb/record/errors.hpp"
#include "esb/record/log_entry.hpp"
#include "esb/settings/errors.hpp"
#include "esb/wifi/errors.hpp"

namespace esb {
namespace {

using Errors = std::span<const ErrorKind* const>;

constexpr Errors portal_errors = with_portal ? Errors(portal::all_errors) : Errors();
constexpr Errors rooms[] = {
    base::all_errors, chip::all_errors,   chip::all_pin_errors, crypto::all_errors, mqtt::all_errors,
    net::all_errors,  wifi::all_errors,   settings::all_errors, ota::all_errors,    console::all_errors,
    link::all_errors, record::all_errors, portal_errors,        device::all_errors,
};

template <typename Wanted>
const ErrorKind* find(Wanted wanted) {
    for (const auto& room : rooms) {
        for (const auto* kind : room) {
            if (wanted(*kind)) return kind;
        }
    }
    return nullptr;
}

}  // namespace

const ErrorKind* known_error(std::uint32_t number) {
    return find([number](const ErrorKind& kind) { return record::error_number(kind.name) == number; });
}

const ErrorKind* known_error(std::string_view name) {
    return find([name](const ErrorKind& kind) { return kind.name == name; });
}

std::span<const std::span<const ErrorKind* const>> known_errors() { return rooms; }

}  // namespace esb
