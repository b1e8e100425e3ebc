#include "esb/console/paste.hpp"

#include "esb/base/secret.hpp"

#include <new>

namespace esb::console {

Status Paste::begin() {
    if (active()) return fail(errors::busy);
    text_.reset(new (std::nothrow) char[most]);
    size_ = line_ = 0;
    too_long_ = after_return_ = false;
    return active() ? Status() : fail(errors::no_memory);
}

Paste::Event Paste::take(char byte) {
    constexpr char interrupt = 0x03, escape = 0x1B;
    if (byte == interrupt || byte == escape) return Event::given_up;
    const bool second_half = byte == '\n' && after_return_;
    after_return_ = byte == '\r';
    if (second_half) return Event::none;
    if (byte == '\r') byte = '\n';
    if (byte == '\n' && std::string_view(text_.get() + line_, size_ - line_) == ".") {
        size_ = line_;
        return Event::whole;
    }
    if (size_ == most) start_over();
    text_[size_++] = byte;
    if (byte == '\n') line_ = size_;
    return Event::none;
}

// Only its end is still looked for.
void Paste::start_over() {
    too_long_ = true;
    const bool within_line = size_ != line_;
    size_ = line_ = 0;
    if (within_line) text_[size_++] = ' ';  // what follows is not the whole line
}

Result<std::string_view> Paste::text() const {
    if (too_long_) return fail(errors::too_long);
    return std::string_view(text_.get(), size_);
}

void Paste::end() {
    if (!active()) return;
    wipe(as_writable_bytes({text_.get(), most}));
    text_.reset();
}

}  // namespace esb::console
