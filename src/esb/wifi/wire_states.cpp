#include "esb/wifi/wire_states.hpp"

namespace esb::wifi {
namespace {

using enum WireState;
using E = WireEvent;

constexpr WireRow table[] = {
    {off, E::started, no_cable, ""},
    {off, E::refused, off, "started again after the back-off"},

    {no_cable, E::cable_in, no_address, "DHCP is asked"},

    {no_address, E::address, spare, ""},
    {no_address, E::time_up, no_address, "said once; DHCP is asked on, the radio serves meanwhile"},
    {no_address, E::cable_out, no_cable, ""},

    {spare, E::needed, serving, "link up, at once: there is no other"},
    {spare, E::time_up, serving, "link up, the station rests; put off while an update is on its way"},
    {spare, E::address, spare, "the new address"},
    {spare, E::address_lost, no_address, ""},
    {spare, E::cable_out, no_cable, "the radio's link has not noticed"},

    {serving, E::address, serving, "link up with the new address"},
    {serving, E::address_lost, no_address, "link down, the station joins"},
    {serving, E::cable_out, no_cable, "link down, the station joins"},
};

static_assert(each_row_is_distinct(table));

}  // namespace

std::span<const WireRow> wire_rows() { return table; }

std::string_view name(WireState state) {
    constexpr std::string_view names[] = {"off", "no cable", "waiting for an address", "has an address, spare", "serving"};
    return names[static_cast<std::size_t>(state)];
}

std::string_view name(WireEvent event) {
    constexpr std::string_view names[] = {"started", "driver refused", "cable in", "cable out",
                                          "address", "address lost",   "needed",   "time up"};
    return names[static_cast<std::size_t>(event)];
}

}  // namespace esb::wifi
