// Counts what this program takes from the heap by `new`.
#pragma once

namespace esb::test {

extern unsigned long allocations;

}  // namespace esb::test
