// Signs an image and brings it to a device of the laboratory, as an operator would.
#pragma once

#include "host/cli/laboratory.hpp"

#include <filesystem>
#include <functional>
#include <string>

namespace esb::cli {

class UpdatePush {
public:
    UpdatePush(Laboratory& lab, EventLoop& loop, Screen& screen) : lab_(lab), loop_(loop), screen_(screen) {}

    // Fails before anything is sent. One at a time; the device's states are shown as they come.
    Outcome<void> start(const std::filesystem::path& image, const std::filesystem::path& key,
                        const std::string& identity);
    bool under_way() const { return under_way_; }

private:
    Laboratory& lab_;
    EventLoop& loop_;
    Screen& screen_;
    bool under_way_ = false;
};

}  // namespace esb::cli
