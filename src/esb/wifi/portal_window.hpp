// When the set-up access point is on the air. The pages themselves are served elsewhere.
#pragma once

#include "esb/base/features.hpp"
#include "esb/base/time.hpp"
#include "esb/chip/radio.hpp"
#include "esb/wifi/policy.hpp"
#include "esb/wifi/states.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace esb::wifi {

// Why the portal was opened or closed.
enum class PortalWhy : std::uint8_t { link_missing, asked, link_up, result_shown, time_up, radio };
std::string_view name(PortalWhy why);

// Who wants to know. Called last in whatever caused it; may call the supervisor.
class PortalListener {
public:
    virtual ~PortalListener() = default;
    // On the air, as the radio confirmed.
    virtual void on_portal_opened(PortalWhy why) = 0;
    // Off the air, as the radio confirmed.
    virtual void on_portal_closed(PortalWhy why) = 0;
    // Policy::Mode::required: the window is over without a link; restart the chip.
    virtual void on_given_up() = 0;
};

// Pure but for the radio's access point: the supervisor gives it events and time.
class PortalWindow {
public:
    PortalWindow(chip::Radio& radio, const Policy& policy, PortalListener& listener, Witness* witness)
        : radio_(radio), policy_(policy), listener_(listener), witness_(witness) {}

    // Name, password and address of the access point; counts from the next opening.
    void set_access_point(const chip::AccessPointConfig& config) { access_point_ = config; }
    void set_commissioned(bool commissioned) { commissioned_ = commissioned; }

    void ask(Instant now);
    void unask(Instant now);
    // `closes`: it may have been what the portal is open for.
    void link_up(Instant now, bool closes = true);
    void link_down(Instant now);
    // Another set of networks is in use: the next link closes the portal whatever it was opened for.
    void networks_changed() { for_link_ = true; }
    void result_shown(Instant now);
    // Somebody is at work on the pages: the link does not close the portal until they are done.
    void hold(bool hold, Instant now);
    void handle(chip::RadioEvent::Kind kind, Instant now);

    // When there will have been no link for the connect time-out; empty while there is one.
    void set_link_missing_at(std::optional<Instant> at) { missing_at_ = at; }
    void step(Instant now);
    std::optional<Instant> deadline() const;

    PortalState state() const { return machine_.state(); }
    // When it will close by itself; empty while it is closed or closing.
    std::optional<Instant> closes_at() const;
    // The access point may be on the air.
    bool on_air() const { return state() != PortalState::closed; }

private:
    void take(PortalEvent event, Instant now);
    void enter(PortalState from, PortalEvent event, Instant now);
    PortalWhy closing_why(PortalState from, PortalEvent event) const;
    void begin_window(bool for_link, Instant now);
    void start(Instant now);
    void stop(Instant now);
    void opened(Instant now);
    std::optional<Instant> opens_at() const;
    bool link_closes() const { return link_ && for_link_ && !(with_ethernet && kept_open_); }

    chip::Radio& radio_;
    const Policy& policy_;
    PortalListener& listener_;
    Witness* witness_;
    Machine<PortalState, PortalEvent> machine_{portal_rows(), PortalState::closed};
    chip::AccessPointConfig access_point_{{}, {}, chip::IpAddress::v4(4, 3, 2, 1)};
    std::optional<Instant> deadline_;
    std::optional<Instant> missing_at_;
    Instant window_end_{};
    Instant not_before_{};  // does not open by itself earlier
    PortalWhy why_ = PortalWhy::asked;
    bool told_open_ = false;
    bool for_link_ = false;  // a link is what it is open for
    bool link_ = false;
    bool held_ = false;
    bool kept_open_ = false;  // the link is not all that is missing
    bool commissioned_ = false;
};

}  // namespace esb::wifi
