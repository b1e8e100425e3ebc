// The update engine's states as a table: which there are, what happens, where it leads. The engine moves along these
// rows only; docs/update-states.md is made from them. Words and notes for people are in states_text.hpp.
#pragma once

#include "esb/base/machine.hpp"

#include <cstdint>
#include <span>

namespace esb::ota {

// How far an update is. What <base>/ota/status says of it is State (progress.hpp).
enum class Step : std::uint8_t {
    starting,      // begin() has not looked at the records yet
    idle,          // nothing is under way
    on_hold,       // a stored job waits for its hour, or for somebody's word
    waiting,       // a stored job waits for the network
    downloading,   // into the idle slot
    announced,     // a browser sends a bundle; its envelope is not complete yet
    uploading,     // its image comes, into the idle slot
    verifying,     // the candidate in flash is hashed and judged
    switch_later,  // the candidate is tried (again) after a pause
    rebooting,     // everything is stored, the restart is due
    on_trial,      // this image must become healthy in time
    went_back,     // the candidate has failed its trial; what follows is decided in the first turn
    finish_later,  // confirmed, but records could not be written
};

enum class Event : std::uint8_t {
    nothing_found,  // in the records, at the start
    job_found,      // an accepted message of an earlier start
    not_switched,   // a cut came while the boot slot was being changed
    trial_found,    // this is the candidate's first start, or nothing better can be booted
    failure_found,  // the candidate has run, and this is the image before it
    accepted,       // a message
    put_off,        // a message that may not be installed yet
    allowed,        // its hour has come, or somebody wants it
    skipped,        // nobody wants this version
    upload_begun,
    envelope_good,  // of an upload
    resumed,        // a stored job that is still good
    memory_short,
    written,     // the whole file
    wrong_hash,  // of a file whose address may be another's fault
    failed,
    switch_failed,
    switched,
    time_up,
    roll_back,       // a signed command
    again,           // another trial is due
    no_more,         // trials
    confirmed,       // and stored
    not_stored,      // confirmed, but a record is missing
    given_up,        // the trial; the boot record says so
    cannot_go_back,  // nothing else can be booted
    superseded,      // by a higher seq
    cancelled,
};

struct Row {
    Step from;
    Event event;
    Step to;
};

// What is not in the table does not happen. A state and an event name one row.
std::span<const Row> rows();

// Told of every row that is taken. Must not call back.
class Witness {
public:
    virtual ~Witness() = default;
    virtual void on_row(const Row& row) = 0;
};

}  // namespace esb::ota
