// "Try it": how far the device has come on its way from a name in a form to a message that went to the broker and back,
// and what stopped it. Fed with events; owns no clock and no radio.
#pragma once

#include "esb/base/fixed.hpp"
#include "esb/base/result.hpp"
#include "esb/chip/radio.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace esb::portal {

// In the order in which they are taken.
enum class Step : std::uint8_t { join, address, reach, tls, mqtt };
std::string_view name(Step step);  // "join", "address", "reach", "tls", "mqtt"

class Attempt {
public:
    enum class State : std::uint8_t {
        idle,    // nothing was tried, or the portal has closed after a success
        trying,  // step() is under way
        failed,  // step() failed; the device goes on trying by itself, and done may still follow
        done,    // the last step wanted has succeeded
    };

    // A try begins. `ssid` is the network that the person has chosen; empty: whichever. Without a broker the address is
    // all that is wanted. `has_address`: the link is up already, with a network that stays.
    // A failed step stays failed, however often the device repeats it by itself, until it succeeds.
    void begin(std::string_view ssid, bool with_broker, bool has_address);

    // The portal has closed: a success was seen, and is no news the next time.
    void portal_closed();

    // --- What happens to the device; ignored where it does not concern the try ---
    void link_up(std::string_view ssid, const chip::IpAddress& address);
    void link_down(std::string_view ssid, chip::DisconnectReason reason);
    // The connection to the broker has come to this step: reach, tls or mqtt.
    void broker_step(Step step);
    // It has ended at the step that was told last.
    void broker_failed(const Error& why);
    void round_trip();
    // The change was taken back: its error says why, unless a step has failed before.
    void reverted(const Error& why);

    State state() const { return state_; }
    // The step under way, or the one that failed.
    Step step() const { return step_; }
    // How often something was tried.
    std::uint32_t number() const { return number_; }
    // Why it failed, when it is the network: valid while failed at join or address.
    chip::DisconnectReason reason() const { return reason_; }
    // Why it failed, when it is the broker or a trial that ended.
    const std::optional<Error>& error() const { return error_; }
    // The change was taken back: the former settings are in use again.
    bool taken_back() const { return taken_back_; }
    const chip::IpAddress& address() const { return address_; }

private:
    enum class Event : std::uint8_t { link_up, link_down, broker_step, broker_failed, round_trip, reverted };
    // What happened, with all that came along.
    struct News {
        Event event;
        chip::IpAddress address{};
        chip::DisconnectReason reason = chip::DisconnectReason::unknown;
        Step step = Step::join;
        std::optional<Error> error{};
    };
    // A row of the table: what the try waits for, or how it ended.
    enum class Phase : std::uint8_t { idle, network, broker, no_network, no_broker, done, taken_back };
    using Action = void (Attempt::*)(const News& news);
    struct Rules;

    Phase phase() const;
    bool concerns(std::string_view ssid) const { return ssid_.empty() || ssid_ == ssid; }
    void take(const News& news);
    void fail_at(Step step, const std::optional<Error>& why);
    void go_on_at(Step step);

    void ignore(const News&) {}
    void arrive(const News& news);
    void note_address(const News& news) { address_ = news.address; }
    void lose_link(const News& news);
    void advance(const News& news);
    void refuse(const News& news);
    void succeed(const News& news);
    void take_back(const News& news);

    State state_ = State::idle;
    Step step_ = Step::join;
    Step broker_at_ = Step::reach;  // told last
    std::uint32_t number_ = 0;
    bool with_broker_ = false;
    bool taken_back_ = false;
    chip::Ssid ssid_;
    chip::IpAddress address_;
    chip::DisconnectReason reason_ = chip::DisconnectReason::unknown;
    std::optional<Error> error_;
};

std::string_view name(Attempt::State state);  // "idle", "trying", "failed", "done"

}  // namespace esb::portal
