// From bytes as they come to lines.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace esb::cli {

// Takes bytes, gives complete lines without their ends.
class LineBuffer {
public:
    using OnLine = std::function<void(std::string_view)>;
    void take(std::string_view bytes, const OnLine& on_line);
    // What has no end yet.
    void flush(const OnLine& on_line);

private:
    std::string rest_;
};

}  // namespace esb::cli
