// A terminal's keys. The line stays within its bounds, a secret's characters are never drawn, what is drawn is text and
// the few sequences that the editor knows, and a line without a fault holds no control byte.
#include "esb/console/line_editor.hpp"

#include "esb/base/bytes.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>

namespace {

using namespace esb;
using namespace esb::console;

void require(bool condition) {
    if (!condition) std::abort();
}

// The part of a line behind its second '=' is the secret here.
std::size_t secret_at(std::string_view line) {
    const auto first = line.find('=');
    const auto second = first == std::string_view::npos ? first : line.find('=', first + 1);
    return second == std::string_view::npos ? line.size() : second + 1;
}

// Only CR, LF, ESC [ H, 2J, K and <n>D, and nothing else that is a control byte.
void check_drawn(std::string_view drawn) {
    for (std::size_t i = 0; i < drawn.size(); ++i) {
        const auto c = static_cast<unsigned char>(drawn[i]);
        if (c == 0x1B) {
            require(drawn.substr(i + 1).starts_with('['));
            i = drawn.find_first_not_of("0123456789", i + 2);
            require(i != std::string_view::npos && std::string_view("HJKD").find(drawn[i]) != std::string_view::npos);
            continue;
        }
        require((c >= 0x20 && c != 0x7F) || c == '\r' || c == '\n');
        require(c != 0xC2 || static_cast<unsigned char>(drawn[i + 1]) >= 0xA0);
    }
}

// Drawn anew, the window holds no character of the secret: only asterisks stand behind the second '='.
void check_secret(LineEditor& editor, std::string& drawn) {
    const auto line = editor.line();
    const auto begin = secret_at(line);
    if (begin == line.size() || line.size() >= LineEditor::columns) return;  // not scrolled: the whole line is shown
    const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
    if (!std::all_of(line.begin(), line.end(), is_ascii)) return;  // a broken character may swallow a '='
    drawn.clear();
    editor.draw();
    const auto text = std::string_view(drawn).substr(1 + LineEditor::prompt.size());
    const auto shown = text.substr(0, text.find('\x1B'));
    const auto second = shown.find('=', shown.find('=') + 1);
    require(second != std::string_view::npos && second + 1 < shown.size());
    require(shown.find_first_not_of('*', second + 1) == std::string_view::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    std::string drawn;
    LineEditor editor([&drawn](std::string_view bytes) { drawn += bytes; },
                      [](std::string_view line) { return secret_at(line); });
    editor.set_terminal((data[0] & 1) != 0);
    for (std::size_t i = 1; i < size; ++i) {
        drawn.clear();
        const bool was_terminal = editor.terminal();
        const auto event = editor.take(static_cast<char>(data[i]));
        require(editor.terminal() >= was_terminal);
        require(editor.line().size() <= line_max && editor.before_cursor().size() <= editor.line().size());
        require(editor.terminal() || drawn.empty());
        check_drawn(drawn);
        const auto line = editor.line();
        const bool has_secret = secret_at(line) < line.size();
        if (event == LineEditor::Event::tab) {
            editor.insert("tab");
        } else if (event == LineEditor::Event::line) {
            const bool good = !editor.fault();
            for (const char c : line) require(!good || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F));
            if (good && !has_secret) {
                editor.history().add(line);
                require(line.empty() || line.size() >= History::size_max || editor.history().at(0) == line);
            }
            editor.reset();
            require(editor.line().empty() && !editor.fault());
        }
        check_secret(editor, drawn);
    }
    return 0;
}
