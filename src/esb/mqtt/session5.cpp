#include "esb/mqtt/session.hpp"

namespace esb::mqtt {

using Phase = Record::Phase;

void Session::use_version(bool five, std::size_t window) {
    five_ = five;
    window_ = window;
}

// What the broker takes at once, counted anew in each connection (section 4.9).
// Those that are still to go again are not in flight.
bool Session::quota_left_of(std::size_t in_flight) {
    for (Record* r = outbox_.first(); r != nullptr; r = outbox_.after(*r)) {
        if (r->phase == Phase::resend) --in_flight;
    }
    return in_flight < window_;
}

// Puts a publish into the form of the connection.
void Session::bring_up(Record& record) {
    if (!is_other_form(record)) return;
    record.front = restyle(Outbox::whole(record), record.front, five_) & 0x7FFFU;
    record.five = five_ ? 1U : 0U;
}

Session::Refused Session::take_refused(Refusal refusal, const void* by) {
    for (Record* r = outbox_.first(); r != nullptr; r = outbox_.after(*r)) {
        bring_up(*r);
        const ErrorKind* why = refusal(by, Outbox::packet(*r)[0], Outbox::sent_size(*r));
        if (why == nullptr) continue;
        const Token token = r->token;
        remove(*r);
        return {token, why};
    }
    return {0, nullptr};
}

}  // namespace esb::mqtt
