// A line of the trace, which the firmware's process has written: what is read of it goes to a terminal, and is safe there.
#include "host/cli/trace_text.hpp"

#include "esb/base/bytes.hpp"
#include "esb/base/foreign.hpp"

#include <cstdlib>

using namespace esb;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto line = cli::parse_trace_line(as_text({data, size}));
    if (!line) return 0;
    if (line->area.empty() || line->what.empty() || line->ms < 0) std::abort();
    const auto text = cli::trace_text(*line, false);
    if (!is_plain(text.text())) std::abort();
    static_cast<void>(cli::TraceFilter::parse(line->what));
    return 0;
}
