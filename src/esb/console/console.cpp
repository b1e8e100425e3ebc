#include "esb/console/console.hpp"

#include "esb/base/secret.hpp"

#include <algorithm>
#include <array>

namespace esb::console {
namespace {

constexpr char backspace = 0x08;
constexpr char del = 0x7F;
constexpr std::size_t shown_word_max = 32;  // of an unknown command

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == del; }
// A byte of a UTF-8 character that is not its first.
bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

bool is_word(std::string_view word) {
    const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
    return !word.empty() && std::all_of(word.begin(), word.end(), allowed);
}

std::string_view first_word(std::string_view name) { return name.substr(0, name.find(' ')); }
std::string_view second_word(std::string_view name) {
    const auto space = name.find(' ');
    return space == std::string_view::npos ? std::string_view() : name.substr(space + 1);
}

bool is_name(std::string_view name) {
    const bool two = name.find(' ') != std::string_view::npos;
    return is_word(first_word(name)) && (!two || is_word(second_word(name)));
}

// The number of words that `words` begins with and that make this name; 0 when they do not.
std::size_t words_of_name(std::string_view name, Arguments words) {
    const auto second = second_word(name);
    if (words.empty() || words[0] != first_word(name)) return 0;
    if (second.empty()) return 1;
    return words.size() > 1 && words[1] == second ? 2 : 0;
}

std::size_t synopsis_size(const Command& command) {
    return command.name.size() + (command.usage.empty() ? 0 : 1 + command.usage.size());
}

}  // namespace

Console::Console(chip::Uart& uart) : uart_(uart), output_(uart) {
    static_cast<void>(commands_.push_back(
        {"help", "[<command>]", "list the commands", 0, 2, [this](Arguments about, Output&) { return help(about); }}));
}

Console::~Console() { reset(); }

Status Console::add(const Command& command) {
    const auto same_name = [&](const Command& other) { return other.name == command.name; };
    const bool taken = std::any_of(commands_.begin(), commands_.end(), same_name);
    if (taken || !is_name(command.name) || !command.run || command.least > command.most) {
        return fail(errors::invalid_argument);
    }
    return commands_.push_back(command);
}

void Console::poll() {
    output_.flush();
    std::array<std::uint8_t, 64> chunk;
    while (const auto count = uart_.read(chunk)) {
        for (const auto byte : std::span(chunk).first(std::min(count, chunk.size()))) take(static_cast<char>(byte));
    }
    wipe(chunk);
    output_.flush();
}

// Every byte comes through here, so that a detector of binary frames can stand in front.
void Console::take(char byte) {
    const bool second_half = byte == '\n' && after_return_;
    after_return_ = byte == '\r';
    if (second_half) return;
    if (byte == '\r' || byte == '\n') return finish_line();
    if (byte == backspace || byte == del) return erase_last();
    if (is_control(byte)) {
        control_ = true;
        return;
    }
    if (overlong_ || size_ == line_.size()) {
        overlong_ = true;
        return;
    }
    line_[size_++] = byte;
    if (echo_) output_.raw({&byte, 1});
}

void Console::erase_last() {
    if (overlong_ || size_ == 0) return;
    do {
        --size_;
    } while (size_ > 0 && is_continuation(line_[size_]));
    if (echo_) output_.raw("\b \b");
}

void Console::finish_line() {
    if (echo_) output_.raw("\r\n");
    if (overlong_) {
        output_.error(Error(errors::console_line_too_long));
    } else if (control_) {
        output_.error(Error(errors::console_control_byte));
    } else {
        run({line_.data(), size_});
    }
    reset();
}

void Console::reset() {
    wipe({reinterpret_cast<std::uint8_t*>(line_.data()), line_.size()});
    size_ = 0;
    overlong_ = false;
    control_ = false;
}

void Console::run(std::string_view line) {
    std::array<char, line_max> storage;
    std::array<std::string_view, words_max> words;
    const auto count = split(line, storage, words);
    if (!count) {
        output_.error(count.error());
    } else if (*count > 0) {
        run_words(Arguments(words).first(*count));
    }
    wipe({reinterpret_cast<std::uint8_t*>(storage.data()), storage.size()});
}

void Console::run_words(Arguments words) {
    const auto* command = find(words);
    if (command == nullptr) return unknown(words[0]);
    const auto arguments = words.subspan(words_of_name(command->name, words));
    if (arguments.size() < command->least) return misused(*command, Error(errors::console_missing));
    if (arguments.size() > command->most) return misused(*command, Error(errors::console_too_many));
    const auto status = command->run(arguments, output_);
    if (!status) output_.error(status.error());
    output_.end_open_line();
}

// The command with the most words that the line begins with.
const Command* Console::find(Arguments words) const {
    const Command* best = nullptr;
    std::size_t most = 0;
    for (const auto& command : commands_) {
        const auto matched = words_of_name(command.name, words);
        if (matched <= most) continue;
        most = matched;
        best = &command;
    }
    return best;
}

// Shows the first word only: the others may be secrets.
void Console::unknown(std::string_view word) {
    const Error error(errors::console_unknown);
    output_.text("error: ").text(error.text()).text(" (").text(error.name()).text("): ");
    output_.quoted(as_bytes(word.substr(0, shown_word_max))).line(word.size() > shown_word_max ? "..." : "");
}

void Console::misused(const Command& command, const Error& error) {
    output_.text("error: ").text(error.text()).text(" (").text(error.name()).text("), usage: ").text(command.name);
    output_.text(command.usage.empty() ? "" : " ").line(command.usage);
}

Status Console::help(Arguments about) {
    // `help wifi` is about every command of that first word, `help wifi connect` about one.
    const auto wanted = [&](const Command& command) {
        if (about.empty()) return true;
        return about.size() == 1 ? first_word(command.name) == about[0] : words_of_name(command.name, about) == 2;
    };
    std::size_t width = 0;
    for (const auto& command : commands_) {
        if (wanted(command)) width = std::max(width, synopsis_size(command));
    }
    if (width == 0) {
        unknown(about[0]);
        return {};
    }
    for (const auto& command : commands_) {
        if (!wanted(command)) continue;
        output_.text(command.name).text(command.usage.empty() ? "" : " ").text(command.usage);
        output_.pad_to(width + 2).line(command.help);
    }
    return {};
}

}  // namespace esb::console
