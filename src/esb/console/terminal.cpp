// The console for a person at a terminal: the edit line among the output, and completion.
#include "esb/console/completion.hpp"
#include "esb/console/console.hpp"

namespace esb::console {

void Console::set_terminal(bool on) {
    editor_.set_terminal(on);
    if (!on) output_.set_drawn(false);
}

void Console::draw_when_due() {
    if (!editor_.terminal() || output_.drawn() || report_.waiting()) return;
    editor_.draw();
    output_.set_drawn(true);
}

void Console::complete() {
    const Completion completion(table_, vocabulary_, locked_);
    const auto line = editor_.before_cursor();
    const auto found = completion.find(line);
    if (!found.text.empty()) {
        editor_.insert(found.text);
        return editor_.draw();
    }
    if (found.matches < 2) return;
    // The edit line is drawn anew below them.
    completion.each(line, [this](std::string_view word) {
        constexpr std::size_t wide = 72;
        if (output_.column() + word.size() > wide) output_.end_line();
        output_.text(word).text("  ");
    });
    output_.end_open_line();
}

}  // namespace esb::console
