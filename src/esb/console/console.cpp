#include "esb/console/console.hpp"

#include "esb/base/features.hpp"
#include "esb/base/file_text.hpp"
#include "esb/base/secret.hpp"

#include <algorithm>

namespace esb::console {
namespace {

constexpr std::string_view json_word = "--json";
#if ESB_CERTIFICATES
constexpr Duration paste_patience = std::chrono::minutes(1);
#endif

std::size_t synopsis_size(const Syntax& syntax) {
    return syntax.name.size() + (syntax.usage.empty() ? 0 : 1 + syntax.usage.size());
}

std::string_view without_end_spaces(std::string_view line) {
    while (line.ends_with(' ')) line.remove_suffix(1);
    return line;
}

// Takes "--json" off a line that ends with it. In quotes it is a word like any other.
bool take_json_word(std::string_view& line) {
    const auto trimmed = without_end_spaces(line);
    if (!trimmed.ends_with(json_word)) return false;
    const auto rest = trimmed.substr(0, trimmed.size() - json_word.size());
    if (!rest.empty() && !rest.ends_with(' ')) return false;
    line = rest;
    return true;
}


}  // namespace

Console::Console(chip::Uart& uart)
    : uart_(uart),
      output_(uart),
      report_(output_),
      editor_([this](std::string_view bytes) { output_.set_drawn(output_.raw(bytes)); },
              [this](std::string_view line) {
                  if constexpr (with_console_editing) {
                      return table_.secret_at(line, vocabulary_);
                  } else {
                      return line.size();  // nobody sees it
                  }
              }) {
    static constexpr auto own = [] {
        constexpr TableCommand help{
            "help", "[<command>...]", "list the commands",
            [](void* self, Arguments about, Report&) { return static_cast<Console*>(self)->help(about); },
            {.while_locked = true}};
        if constexpr (with_console_editing) {
            constexpr TableCommand terminal{
                "terminal", "<on|off>", "line editing and history",
                [](void* self, Arguments words, Report&) {
                    if (words[0] != "on" && words[0] != "off") return Status(fail(errors::invalid_argument));
                    static_cast<Console*>(self)->set_terminal(words[0] == "on");
                    return Status();
                },
                {.while_locked = true}};
            return std::array{help, terminal};
        } else {
            return std::array{help};
        }
    }();
    static_cast<void>(table_.add(own, this));  // the first of an empty table
}

Console::~Console() { wipe(input_); }

void Console::set_locked(bool locked) {
    locked_ = locked;
    if (locked) editor_.history().clear();
}

void Console::poll(Instant now) {
    output_.flush();
#if ESB_CERTIFICATES
    if (paste_.active() && now - last_input_ > paste_patience) give_paste_up(errors::timed_out);
#endif
    if (report_.waiting()) run(true);
    while (!report_.waiting() && output_.room() > Output::pending_max / 2) {
        if (input_taken_ == input_size_) {
            wipe(input_);
            input_taken_ = 0;
            input_size_ = std::min(uart_.read(input_), input_.size());
            if (input_size_ == 0) break;
        }
        pass(input_[input_taken_++], now);
    }
    if constexpr (with_console_editing) draw_when_due();
    output_.flush();
}

std::optional<Instant> Console::deadline(Instant now) const {
    const bool to_draw = editor_.terminal() && !output_.drawn();
    if (report_.waiting() || !output_.idle() || to_draw || input_taken_ < input_size_) return now + retry;
#if ESB_CERTIFICATES
    if (paste_.active()) return last_input_ + paste_patience + retry;
#endif
    return std::nullopt;
}

void Console::pass(std::uint8_t byte, Instant now) {
    for (const auto ours : filter_ ? filter_(byte, now) : ConstBytes(&byte, 1)) {
        last_input_ = now;
        take(static_cast<char>(ours));
    }
}

#if ESB_CERTIFICATES
Status Console::take_text(Taker taker) {
    ESB_TRY(paste_.begin());
    taker_ = taker;
    paste_json_ = report_.json();
    return {};
}

void Console::take_paste(char byte) {
    const auto event = paste_.take(byte);
    if (event == Paste::Event::none) return;
    if (event == Paste::Event::given_up) return give_paste_up(errors::cancelled);
    report_.begin(paste_json_);
    const auto text = paste_.text();
    report_.end(text ? taker_(*text, report_) : fail(text.error()));
    paste_.end();
}

void Console::give_paste_up(const ErrorKind& why) {
    report_.begin(paste_json_);
    report_.end(fail(why));
    paste_.end();
}
#endif

void Console::take(char byte) {
#if ESB_CERTIFICATES
    if (paste_.active()) return take_paste(byte);
#endif
    // Who types is shown the line first; the answer stands below it.
    switch (editor_.take(byte)) {
        case LineEditor::Event::line:
            output_.set_drawn(false);
            return run(false);
        case LineEditor::Event::tab:
            if constexpr (with_console_editing) complete();
            return;
        case LineEditor::Event::none:
            return;
    }
}

void Console::run(bool resumed) {
    if (resumed) {
        report_.resume();
    } else {
        auto line = editor_.line();
        report_.begin(take_json_word(line));
    }
    const auto status = run_line();
    if (status && report_.waiting()) return;
    report_.end(status);
    editor_.reset();
}

Status Console::run_line() {
    if (const auto fault = editor_.fault()) return fail(*fault);
    auto line = without_mark(editor_.line());  // pasted from a file
    static_cast<void>(take_json_word(line));
    std::array<char, line_max> storage;
    std::array<std::string_view, words_max> words;
    const auto count = split(line, storage, words);
    Status status = count ? Status() : fail(count.error());
    if (count && *count > 0) status = run_words(Arguments(words).first(*count));
    wipe(as_writable_bytes(storage));
    return status;
}

Status Console::run_words(Arguments words) {
    const auto found = table_.find(words);
    if (!found) return unknown(words[0]);
    const auto syntax = table_.at(*found);
    if (!visible(syntax)) return fail(errors::console_locked);
    const auto arguments = words.subspan(syntax.matches(words));
    if (arguments.size() < syntax.least()) return misused(syntax, errors::console_missing);
    if (arguments.size() > syntax.most()) return misused(syntax, errors::console_too_many);
    const bool secret =
        !arguments.empty() && CommandTable::is_secret(syntax, arguments, arguments.size() - 1, vocabulary_);
    if (editor_.terminal() && !secret && !report_.resumed()) editor_.history().add(editor_.line());
    return table_.run(*found, arguments, report_);
}

// Shows the first word only: the others may be secrets.
Status Console::unknown(std::string_view word) {
    if (locked_) return fail(errors::console_locked);
    report_.note_word(word);
    return fail(errors::console_unknown);
}

Status Console::misused(const Syntax& syntax, const ErrorKind& error) {
    report_.note_usage(syntax.name, syntax.usage);
    return fail(error);
}

Status Console::help(Arguments about) {
    // `help wifi` is about every command of that first word, `help wifi connect` about one.
    if (about.size() > 2) return fail(errors::console_too_many);
    const auto wanted = [&](const Syntax& syntax) {
        if (!visible(syntax)) return false;
        if (about.empty()) return true;
        return about.size() == 1 ? syntax.first_word() == about[0] : syntax.matches(about) == 2;
    };
    std::size_t width = 0;
    for (std::size_t i = 0; i < table_.size(); ++i) {
        if (wanted(table_.at(i))) width = std::max(width, synopsis_size(table_.at(i)));
    }
    if (width == 0) return unknown(about[0]);
    return report_.list("commands", table_.size(), [&](std::size_t i) {
        const auto syntax = table_.at(i);
        if (!wanted(syntax)) return Status();
        report_.item().fact("name", syntax.name).say(syntax.usage.empty() ? "" : " ").fact("usage", syntax.usage);
        report_.pad_to(width + 2).fact("help", syntax.help);
        report_.data("least", syntax.least()).data("most", syntax.most());
        return Status();
    });
}

}  // namespace esb::console
