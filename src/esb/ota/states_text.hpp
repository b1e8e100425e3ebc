// The rows of the update engine's table with what is done on each, and names of states and events: for the page, the
// tests and the compiler. The firmware holds the bare rows that states.cpp makes of them.
#pragma once

#include "esb/ota/states.hpp"

#include <cstddef>
#include <string_view>

namespace esb::ota {

struct NotedRow {
    Step from;
    Event event;
    Step to;
    std::string_view note;
};

inline constexpr NotedRow noted_rows[] = {
    {Step::starting, Event::nothing_found, Step::idle, "a stored message that is not good any more is removed"},
    {Step::starting, Event::job_found, Step::waiting, "a stored message is verified anew"},
    {Step::starting, Event::put_off, Step::on_hold, "the same, and nobody has said yet that it may be installed"},
    {Step::starting, Event::not_switched, Step::verifying, "nothing is counted"},
    {Step::starting, Event::trial_found, Step::on_trial, "stored: the image has run"},
    {Step::starting, Event::failure_found, Step::went_back, ""},
    {Step::starting, Event::confirmed, Step::idle, "a cut came while it was being confirmed"},
    {Step::starting, Event::not_stored, Step::finish_later, "the same, and a record cannot be written; back-off"},
    {Step::starting, Event::given_up, Step::rebooting, "it ran before, and the boot loader did not go back"},
    {Step::starting, Event::cannot_go_back, Step::on_trial, "the same, and nothing else can be booted"},

    {Step::idle, Event::accepted, Step::downloading, "the message is stored first"},
    {Step::idle, Event::put_off, Step::on_hold, "the message is stored; nothing is fetched"},
    {Step::idle, Event::upload_begun, Step::announced, ""},
    {Step::idle, Event::roll_back, Step::verifying, "to the image that was confirmed before"},

    {Step::on_hold, Event::allowed, Step::waiting, "the stored message is verified anew, by the keys of now"},
    {Step::on_hold, Event::memory_short, Step::on_hold, "back-off"},
    {Step::on_hold, Event::failed, Step::idle, "expired, or not good any more; the stored message is removed"},
    {Step::on_hold, Event::skipped, Step::idle, "which version is not wanted is stored, then the message removed"},
    {Step::on_hold, Event::upload_begun, Step::announced, "the message stays, and waits again if the upload fails"},
    {Step::on_hold, Event::superseded, Step::idle, "the stored message is replaced, or removed for a roll-back"},
    {Step::on_hold, Event::cancelled, Step::idle, "the stored message is removed"},

    {Step::waiting, Event::resumed, Step::downloading, "behind the mark, if the flash still holds what it says"},
    {Step::waiting, Event::memory_short, Step::waiting, "back-off"},
    {Step::waiting, Event::failed, Step::idle, "judged again, and refused"},
    {Step::waiting, Event::superseded, Step::idle, "the new message is stored in the old one's place"},
    {Step::waiting, Event::cancelled, Step::idle, "the stored message is removed"},

    {Step::downloading, Event::written, Step::verifying, ""},
    {Step::downloading, Event::failed, Step::idle, "no address is left to ask, or the file is not what was signed"},
    {Step::downloading, Event::superseded, Step::idle, "the new message is stored in the old one's place"},
    {Step::downloading, Event::cancelled, Step::idle, "the stored message is removed"},

    {Step::announced, Event::envelope_good, Step::uploading, "nothing is stored of it"},
    {Step::announced, Event::failed, Step::idle, "refused, or lost; the slot is not touched"},
    {Step::announced, Event::cancelled, Step::idle, ""},

    {Step::uploading, Event::written, Step::verifying, ""},
    {Step::uploading, Event::failed, Step::idle, "refused, or lost"},
    {Step::uploading, Event::cancelled, Step::idle, ""},

    {Step::verifying, Event::switched, Step::rebooting, "trial record, boot slot, trial record; a restart is wanted"},
    {Step::verifying, Event::switch_failed, Step::switch_later, "back-off"},
    {Step::verifying, Event::memory_short, Step::switch_later, "back-off; not counted"},
    {Step::verifying, Event::wrong_hash, Step::downloading, "from what is left to ask"},
    {Step::verifying, Event::failed, Step::idle, "the candidate is dropped"},
    {Step::verifying, Event::superseded, Step::idle, "the trial record is removed"},
    {Step::verifying, Event::cancelled, Step::idle, "message and trial record are removed"},

    {Step::switch_later, Event::time_up, Step::verifying, "the flash is read again"},
    {Step::switch_later, Event::superseded, Step::idle, "the trial record is removed"},
    {Step::switch_later, Event::cancelled, Step::idle, "message and trial record are removed"},

    {Step::went_back, Event::again, Step::switch_later, "counted; back-off"},
    {Step::went_back, Event::no_more, Step::idle, "counted; quarantined after the second crash"},
    {Step::went_back, Event::superseded, Step::idle, "the trial record is removed"},
    {Step::went_back, Event::cancelled, Step::idle, "message and trial record are removed"},

    {Step::on_trial, Event::confirmed, Step::idle, "slot, floor, records"},
    {Step::on_trial, Event::not_stored, Step::finish_later, "the slot is confirmed; back-off"},
    {Step::on_trial, Event::given_up, Step::rebooting, "time up, or a signed roll-back; a restart is wanted"},
    {Step::on_trial, Event::cannot_go_back, Step::on_trial, "the trial's time starts anew"},

    {Step::finish_later, Event::confirmed, Step::idle, ""},
    {Step::finish_later, Event::not_stored, Step::finish_later, "back-off"},
};

constexpr std::string_view name(Step step) {
    constexpr std::string_view names[] = {
        "starting",         "idle",      "on hold",          "waiting for the network", "downloading",
        "upload announced", "uploading", "verifying",        "waiting to switch",       "rebooting",
        "on trial",         "went back", "waiting to finish"};
    return names[static_cast<std::size_t>(step)];
}

constexpr std::string_view name(Event event) {
    constexpr std::string_view names[] = {
        "nothing found",  "stored job found", "switch was cut", "trial found",  "failed trial found",
        "accepted",       "put off",          "allowed",        "skipped",      "upload begun",
        "envelope good",  "resumed",          "memory short",   "file written", "wrong hash",
        "failed",         "switch failed",    "switched",       "time up",      "roll-back asked for",
        "another trial",  "no more trials",   "confirmed",      "not stored",   "given up",
        "cannot go back", "superseded",       "cancelled"};
    return names[static_cast<std::size_t>(event)];
}

}  // namespace esb::ota
