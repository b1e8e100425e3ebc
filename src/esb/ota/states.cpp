#include "esb/ota/states.hpp"

#include "esb/ota/states_text.hpp"

#include <array>
#include <iterator>

namespace esb::ota {
namespace {

constexpr auto table = [] {
    std::array<Row, std::size(noted_rows)> bare{};
    for (std::size_t i = 0; i < bare.size(); ++i) bare[i] = {noted_rows[i].from, noted_rows[i].event, noted_rows[i].to};
    return bare;
}();
static_assert(each_row_is_distinct(noted_rows));

}  // namespace

std::span<const Row> rows() { return table; }

}  // namespace esb::ota
