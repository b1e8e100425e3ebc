// Where a session is kept over restarts of the program, if its author wants that: a few numbered slots in flash or a file.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/result.hpp"

#include <cstddef>

namespace esb::mqtt {

// Slot 0 has the session's own record, slots 1 to Limits::max_kept have a message each. A record that came back torn or rotten
// is refused by its checksum: a storage need not check anything. Called from the task that drives the client.
class Storage {
public:
    virtual ~Storage() = default;
    // The record of a slot; valid until the next call. not_found; any other error counts as a record that is damaged.
    virtual Result<ConstBytes> read(std::size_t slot) = 0;
    // Replaces the record by `head` and `body`, one behind the other. It must be durable on return; if the power goes
    // meanwhile, the old or the new one is there afterwards. An error refuses the publish that wanted it.
    virtual Status write(std::size_t slot, ConstBytes head, ConstBytes body) = 0;
    // Durable on return; success also when there was none.
    virtual Status erase(std::size_t slot) = 0;
};

}  // namespace esb::mqtt
