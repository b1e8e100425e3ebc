#include "esb/wifi/states.hpp"

#include <algorithm>

namespace esb::wifi {
namespace {

using enum State;
using enum Event;

constexpr LinkRow link_table[] = {
    {off, radio_started, choosing, "the power-save mode is set"},
    {off, radio_refused, off, "started again after the back-off"},

    {choosing, none_known, idle, ""},
    {choosing, scan_wanted, scanning, "several may be tried and the last good one is not first"},
    {choosing, chosen, joining, "last good, else by priority, then strength"},
    {choosing, round_over, waiting, "back-off: 1 s to 2 min, jittered"},
    {choosing, phone_waits, paused, "tries would take the channel away from the phone; bounded"},

    {idle, networks_changed, choosing, ""},

    {scanning, scan_done, choosing, "what was heard ranks the known networks"},
    {scanning, time_up, choosing, "goes on without a ranking"},
    {scanning, radio_refused, choosing, "goes on without a ranking"},
    {scanning, networks_changed, choosing, ""},

    {joining, joined, no_address, ""},
    {joining, refused, choosing, "the next access point; after the last the network is put aside for a while"},
    {joining, left, choosing, "the next access point, the next network, or the end of the round"},
    {joining, time_up, choosing, "counts as network not found"},
    {joining, radio_refused, choosing, "the try is over"},
    {joining, networks_changed, choosing, "the try is given up"},

    {no_address, Event::address, fresh, "link up"},
    {no_address, left, choosing, "also when the radio itself misses the address"},
    {no_address, time_up, choosing, "joined but no address: its own reason"},
    {no_address, networks_changed, choosing, "the try is given up"},

    {fresh, time_up, up, "settled: last good one, back-off starts anew"},
    {fresh, left, choosing, "accepted and dropped: a failed try"},
    {fresh, Event::address, fresh, "link up with the new address"},
    {fresh, networks_changed, choosing, "link down"},
    {fresh, address_stale, choosing, "link down; joined anew, and DHCP asked"},

    {up, left, waiting, "link down; short back-off, then the last good one first"},
    {up, time_up, looking, "the broker's patience is over and another network is known"},
    {up, Event::address, up, "link up with the new address"},
    {up, networks_changed, choosing, "link down"},
    {up, address_stale, choosing, "link down; joined anew, and DHCP asked"},

    {looking, other_heard, choosing, "link down; the other one is tried first, this one again after it"},
    {looking, none_heard, up, "the only network is never left for its broker"},
    {looking, time_up, up, "no outcome of the scan"},
    {looking, radio_refused, up, "no scan now"},
    {looking, broker_reached, up, "nothing to look for any more"},
    {looking, left, waiting, "link down; short back-off"},
    {looking, Event::address, looking, "link up with the new address"},
    {looking, networks_changed, choosing, "link down"},

    {up, signal_weak, roaming, "not during an update, not while the set-up access point is on the air"},
    {roaming, stronger_heard, joining, "link down; an access point of the same network that is much stronger"},
    {roaming, none_heard, up, "looked for again after a pause"},
    {roaming, time_up, up, "no outcome of the scan"},
    {roaming, radio_refused, up, "no scan now"},
    {roaming, left, waiting, "link down; short back-off"},
    {roaming, Event::address, roaming, "link up with the new address"},
    {roaming, networks_changed, choosing, "link down"},

    {waiting, time_up, choosing, "a new round"},
    {waiting, phone_came, paused, ""},
    {waiting, networks_changed, choosing, "a new round at once"},

    {paused, time_up, choosing, "a forgotten phone does not keep the device off line: one round"},
    {paused, phone_left, waiting, "back-off"},
    {paused, networks_changed, choosing, "what the phone entered is tried at once"},
#if ESB_ETHERNET

    {choosing, wire_up, wired, "link up by cable: every state but off leads here, by networks changed"},
    {wired, wire_up, wired, "link up with the new address"},
    {wired, wire_down, choosing, "link down; a new round"},
#endif
};

using P = PortalState;
using PE = PortalEvent;

constexpr PortalRow portal_table[] = {
    {P::closed, PE::link_missing, P::opening, "the window's time starts"},
    {P::closed, PE::asked, P::opening, "also while joined"},
    {P::closed, PE::started, P::closing, "nobody asked for it"},

    {P::opening, PE::started, P::open, ""},
    {P::opening, PE::refused, P::closing, "whatever is left of it is taken off the air"},
    {P::opening, PE::time_up, P::closing, "the radio says nothing"},
    {P::opening, PE::unasked, P::closing, ""},

    {P::open, PE::link_up, P::grace, "when it was opened for the link, or networks were changed in it"},
    {P::open, PE::result_shown, P::closing, ""},
    {P::open, PE::time_up, P::closing, "may open by itself again after a pause"},
    {P::open, PE::given_up, P::closing, "a restart is wanted"},
    {P::open, PE::asked, P::open, "the window's time starts anew"},
    {P::open, PE::stopped, P::opening, "started again; the window's time goes on"},
    {P::open, PE::started, P::open, "the radio has started it anew: the pages are opened again"},
    {P::open, PE::unasked, P::closing, ""},

    {P::grace, PE::result_shown, P::closing, ""},
    {P::grace, PE::time_up, P::closing, "60 s after the link came up, at the latest"},
    {P::grace, PE::link_down, P::open, "the window's time has gone on"},
    {P::grace, PE::held, P::open, "the window's time has gone on"},
    {P::grace, PE::started, P::open, "the radio has started it anew: the pages are opened again"},
    {P::grace, PE::asked, P::open, "the window's time starts anew"},
    {P::grace, PE::stopped, P::closed, "it has served"},
    {P::grace, PE::unasked, P::closing, ""},

    {P::closing, PE::stopped, P::closed, "verifiably off the air"},
    {P::closing, PE::time_up, P::closing, "stopped again, until the radio says it is"},
    {P::closing, PE::asked, P::opening, "the window's time starts"},
};

static_assert(each_row_is_distinct(link_table) && each_row_is_distinct(portal_table));

}  // namespace

std::span<const LinkRow> link_rows() { return link_table; }
std::span<const PortalRow> portal_rows() { return portal_table; }

std::string_view name(State state) {
    constexpr std::string_view names[] = {"off",
                                          "no network set",
                                          "choosing a network",
                                          "scanning",
                                          "joining",
                                          "waiting for an address",
                                          "up since a moment",
                                          "up",
                                          "up, looking for another network",
                                          "up, looking for a stronger access point",
                                          "waiting to try again",
                                          "waiting for a phone to leave",
#if ESB_ETHERNET
                                          "resting, the cable serves",
#endif
    };
    return names[static_cast<std::size_t>(state)];
}

std::string_view name(Event event) {
    constexpr std::string_view names[] = {
        "radio started",  "radio refused",   "networks changed", "none known",       "scan wanted", "network chosen",
        "round over",     "a phone is here", "phone came",       "phone left",       "scan done",   "another heard",
        "no other heard", "joined",          "address",          "password refused", "left",        "time up",
        "broker reached", "signal weak",     "stronger heard",   "address stale",
#if ESB_ETHERNET
        "wire up",        "wire down",
#endif
    };
    return names[static_cast<std::size_t>(event)];
}

std::string_view name(PortalState state) {
    constexpr std::string_view names[] = {"closed", "opening", "open", "open for the result", "closing"};
    return names[static_cast<std::size_t>(state)];
}

std::string_view name(PortalEvent event) {
    constexpr std::string_view names[] = {"link missing", "asked for",     "sent away", "started",
                                          "stopped",      "radio refused", "link up",   "link down",
                                          "result shown", "held",          "time up",   "given up"};
    return names[static_cast<std::size_t>(event)];
}

}  // namespace esb::wifi
