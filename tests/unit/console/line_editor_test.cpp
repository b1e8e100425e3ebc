#include "esb/console/line_editor.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace esb::console {
namespace {

using EditorEvent = LineEditor::Event;

const std::string left = "\x1b[D";
const std::string right = "\x1b[C";
const std::string up = "\x1b[A";
const std::string down = "\x1b[B";

// What a terminal shows: one line of it, and where the cursor is.
class Screen {
public:
    void take(std::string_view bytes) {
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            const char c = bytes[i];
            if (c == '\r') {
                at_ = 0;
            } else if (c == '\n') {
                text_.clear();
            } else if (c == '\x1b') {
                i = sequence(bytes, i + 1);
            } else {
                text_.resize(std::max(text_.size(), at_ + 1), ' ');
                text_[at_++] = c;
            }
        }
    }
    // With | where the cursor stands.
    std::string shown() const { return text_.substr(0, at_) + "|" + text_.substr(std::min(at_, text_.size())); }

private:
    std::size_t sequence(std::string_view bytes, std::size_t i) {
        EXPECT_EQ(bytes.at(i), '[');
        std::size_t number = 0;
        while (bytes.at(++i) >= '0' && bytes[i] <= '9') number = number * 10 + static_cast<std::size_t>(bytes[i] - '0');
        switch (bytes[i]) {
            case 'K':
                text_.resize(at_);
                break;
            case 'D':
                EXPECT_LE(number, at_);
                at_ -= number;
                break;
            case 'H':
            case 'J':
                text_.clear();
                at_ = 0;
                break;
            default:
                ADD_FAILURE() << "a sequence that the test does not know: " << bytes[i];
        }
        return i;
    }
    std::string text_;
    std::size_t at_ = 0;
};

class LineEditorTest : public ::testing::Test {
protected:
    EditorEvent type(std::string_view bytes) {
        EditorEvent last = EditorEvent::none;
        for (const char c : bytes) last = editor.take(c);
        return last;
    }
    // A terminal's line: what was typed, then what the line is.
    std::string edited(std::string_view keys) {
        editor.set_terminal(true);
        editor.reset();
        editor.draw();
        type(keys);
        return std::string(editor.line());
    }

    std::string drawn;
    Screen screen;
    std::size_t secret_begin = 1000;
    LineEditor editor{[this](std::string_view bytes) {
                          drawn += bytes;
                          screen.take(bytes);
                      },
                      [this](std::string_view line) { return std::min(secret_begin, line.size()); }};
};

TEST_F(LineEditorTest, a_script_sees_nothing) {
    EXPECT_EQ(type("status\n"), EditorEvent::line);
    EXPECT_EQ(editor.line(), "status");
    EXPECT_FALSE(editor.fault());
    editor.reset();
    EXPECT_EQ(type("x\bwifi \xC3\xA4\x7F"), EditorEvent::none);
    EXPECT_EQ(editor.line(), "wifi ");
    EXPECT_FALSE(editor.terminal());
    EXPECT_EQ(drawn, "");
}

TEST_F(LineEditorTest, a_plain_line_with_a_control_byte_is_spoiled) {
    for (const char* bytes : {"a\x01"
                              "b\n",
                              "a\x1b"
                              "b\n",
                              "a\x1b\n", "\x1b\x1b\n", "a\x03\n"}) {
        EXPECT_EQ(type(bytes), EditorEvent::line);
        EXPECT_EQ(editor.fault(), Error(errors::console_control_byte)) << bytes;
        editor.reset();
        EXPECT_FALSE(editor.terminal());
    }
    EXPECT_EQ(drawn, "");
}

TEST_F(LineEditorTest, tab_and_cursor_keys_show_that_a_person_types) {
    for (const std::string& key : {std::string("\t"), left, std::string("\x1bOH")}) {
        editor.set_terminal(false);
        editor.reset();
        type("abc");
        EXPECT_EQ(type(key), key == "\t" ? EditorEvent::tab : EditorEvent::none);
        EXPECT_TRUE(editor.terminal());
        EXPECT_EQ(editor.line(), "abc");
    }
    EXPECT_EQ(screen.shown(), "> |abc");
    EXPECT_EQ(type("\n"), EditorEvent::line);
    EXPECT_FALSE(editor.fault());
}

TEST_F(LineEditorTest, keys_move_and_erase) {
    EXPECT_EQ(edited("ac" + left + "b"), "abc");
    EXPECT_EQ(edited("abc\x01"
                     "x"),
              "xabc");
    EXPECT_EQ(edited("abc\x01\x05"
                     "x"),
              "abcx");
    EXPECT_EQ(edited("abc\x1b[Hx\x1b[Fy"), "xabcy");
    EXPECT_EQ(edited("abc\x1bOHx\x1bOFy"), "xabcy");
    EXPECT_EQ(edited("abc\x1b[1~x\x1b[4~y\x1b[7~z\x1b[8~w"), "zxabcyw");
    EXPECT_EQ(edited("abc" + left + left + "\x1b[3~"), "ac");
    EXPECT_EQ(edited("abc" + left + "\x7F"), "ac");
    EXPECT_EQ(edited("abc" + left + "\x15"), "c");
    EXPECT_EQ(edited("abc" + left + left + "\x0b"), "a");
    EXPECT_EQ(edited("wifi connect  \x17x"), "wifi x");
    EXPECT_EQ(edited("abc\x02\x02x\x06y"), "axbyc");
    EXPECT_EQ(edited(left + right + "\x7F\x1b[3~\x17\x15\x0b" + right + "a"), "a");
}

TEST_F(LineEditorTest, keys_it_does_not_know_change_nothing) {
    EXPECT_EQ(edited("a\x1b[5~\x1b[1;5C\x1b[Z\x1bq\x1bOP\x1b[200~\x1b[?25h\x07\x1a"
                     "b"),
              "ab");
    EXPECT_EQ(edited("a\x1b[99999999999999D"), "a");
    EXPECT_EQ(edited("ab\x1b[\x01x"), "xab");  // a control byte ends the sequence and counts
}

TEST_F(LineEditorTest, characters_are_moved_over_whole) {
    EXPECT_EQ(edited("a\xE2\x82\xAC"
                     "b" +
                     left + left + "x"),
              "ax\xE2\x82\xAC"
              "b");
    EXPECT_EQ(edited("\xC3\xA4\xC3\xB6" + left + "\x7F"), "\xC3\xB6");
    EXPECT_EQ(edited("\xC3\xA4\xC3\xB6\x01\x1b[3~"), "\xC3\xB6");
}

TEST_F(LineEditorTest, the_screen_shows_the_line_and_the_cursor) {
    edited("wifi info");
    EXPECT_EQ(screen.shown(), "> wifi info|");
    type(left + left);
    EXPECT_EQ(screen.shown(), "> wifi in|fo");
    type("x\x0b");
    EXPECT_EQ(screen.shown(), "> wifi inx|");
    type("\x0c");
    EXPECT_EQ(screen.shown(), "> wifi inx|");
    type("\x03");
    EXPECT_EQ(screen.shown(), "> |");
    EXPECT_EQ(editor.line(), "");
    EXPECT_EQ(type("ok\r"), EditorEvent::line);
    EXPECT_TRUE(drawn.ends_with("ok\r\n"));
}

TEST_F(LineEditorTest, a_long_line_scrolls_sideways) {
    std::string text;
    for (int i = 0; i < 200; ++i) text += static_cast<char>('a' + i % 26);
    edited(text);
    EXPECT_EQ(screen.shown(), "> " + text.substr(200 - LineEditor::columns + 1) + "|");
    type("\x01");
    EXPECT_EQ(screen.shown(), "> |" + text.substr(0, LineEditor::columns));
    EXPECT_EQ(editor.line(), text);
}

TEST_F(LineEditorTest, secrets_are_asterisks) {
    secret_begin = 9;
    edited("mqtt psk 0123abcd");
    EXPECT_EQ(screen.shown(), "> mqtt psk ********|");
    type(left + "x");
    EXPECT_EQ(screen.shown(), "> mqtt psk ********|*");
    EXPECT_EQ(drawn.find("0123"), std::string::npos);
    EXPECT_EQ(drawn.find("0"), std::string::npos);
}

TEST_F(LineEditorTest, what_could_draw_on_the_terminal_is_a_question_mark) {
    edited(
        "a\xC2\x9B"
        "b\xFF");
    EXPECT_EQ(screen.shown(), "> a?b?|");
}

TEST_F(LineEditorTest, history_is_called_back) {
    for (const auto* line : {"one", "two", "three"}) editor.history().add(line);
    EXPECT_EQ(edited(up), "three");
    EXPECT_EQ(edited(up + up + "\x10"), "one");
    EXPECT_EQ(edited(up + up + up + up + up), "one");
    EXPECT_EQ(edited(up + up + down), "three");
    EXPECT_EQ(edited("typed" + up + down), "");
    EXPECT_EQ(edited(up + up + "!\x0e"), "three");
    EXPECT_EQ(edited(down + "x"), "x");
}

TEST_F(LineEditorTest, a_line_that_is_too_long_is_never_cut_short) {
    for (const bool terminal : {false, true}) {
        editor.set_terminal(terminal);
        editor.reset();
        type(std::string(line_max, 'x'));
        EXPECT_FALSE(editor.fault());
        type("y");
        EXPECT_EQ(editor.fault(), Error(errors::console_line_too_long));
        type("\b\b\b\n");
        EXPECT_EQ(editor.fault(), Error(errors::console_line_too_long));
        EXPECT_EQ(editor.line().find('y'), std::string_view::npos);
    }
    type("\x03");
    EXPECT_FALSE(editor.fault());
}

TEST_F(LineEditorTest, insert_is_whole_or_nothing) {
    edited("ac" + left);
    editor.insert("bb");
    EXPECT_EQ(editor.line(), "abbc");
    EXPECT_EQ(editor.before_cursor(), "abb");
    editor.insert(std::string(line_max - 3, 'x'));
    EXPECT_EQ(editor.line(), "abbc");
    EXPECT_FALSE(editor.fault());
}

TEST(HistoryTest, keeps_the_latest_lines_that_fit) {
    History history;
    EXPECT_EQ(history.at(0), "");
    history.add("");
    history.add("a");
    history.add("b");
    history.add("b");
    EXPECT_EQ(history.at(0), "b");
    EXPECT_EQ(history.at(1), "a");
    EXPECT_EQ(history.at(2), "");
    const std::string half(History::size_max / 2 - 1, 'x');
    history.add(half);
    EXPECT_EQ(history.at(1), "b");
    history.add(half + "");
    EXPECT_EQ(history.at(1), "b");  // the same line twice in a row
    history.add(std::string(History::size_max / 2 - 1, 'y'));
    EXPECT_EQ(history.at(1), half);
    EXPECT_EQ(history.at(2), "");
    history.add(std::string(History::size_max, 'z'));
    EXPECT_EQ(history.at(1), half);  // fits never
    history.add(std::string(History::size_max - 1, 'z'));
    EXPECT_EQ(history.at(0).size(), History::size_max - 1);
    EXPECT_EQ(history.at(1), "");
    history.clear();
    EXPECT_EQ(history.at(0), "");
}

}  // namespace
}  // namespace esb::console
