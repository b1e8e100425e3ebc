#include "esb/chip/radio.hpp"

namespace esb::chip {

std::string_view name(Auth auth) {
    constexpr std::string_view names[] = {"open", "wep", "wpa", "wpa2", "wpa2/wpa3", "wpa3", "enterprise", "unknown"};
    return names[static_cast<std::size_t>(auth)];
}

std::string_view name(DisconnectReason reason) {
    constexpr std::string_view names[] = {"unknown",      "requested",           "network not found",
                                          "wrong password", "authentication refused", "association refused",
                                          "signal lost",  "closed by the access point", "no address", "cable out",
                                          "server not verified"};
    return names[static_cast<std::size_t>(reason)];
}

}  // namespace esb::chip
