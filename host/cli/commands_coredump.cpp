// esb coredump
#include "esb/base/encoding.hpp"
#include "esb/crypto/crypto.hpp"
#include "esb/device/crash_report.hpp"
#include "host/cli/broker_option.hpp"
#include "host/cli/child.hpp"
#include "host/cli/commands.hpp"
#include "host/cli/core_dump.hpp"
#include "host/cli/device_topics.hpp"
#include "host/cli/files.hpp"
#include "host/cli/identity_option.hpp"
#include "host/cli/image_file.hpp"
#include "host/cli/outputs.hpp"

#include <CLI/CLI.hpp>

#include <array>
#include <memory>
#include <sstream>

namespace esb::cli {
namespace {

constexpr Duration piece_patience = std::chrono::seconds(10);
constexpr unsigned asked_at_most = 20;  // times, each going on where the pieces ended
constexpr std::size_t program_max = std::size_t{256} << 20;  // bytes, with all of its symbols
constexpr std::size_t report_max = 1 << 20;
constexpr std::size_t callers_told = 16;

struct CoredumpOptions {
    BrokerOption broker;
    std::string identity;
    std::string elf;
    std::string out;
    std::string from;
    bool forget = false;
};

Outcome<std::string> fetch(MqttSession& session, const CoredumpOptions& options, Printer& progress, bool terminal) {
    CoreDumpPieces pieces;
    bool fresh = false;
    session.on_message([&](const Message& message) {
        const auto before = pieces.next();
        if (!message.retained) pieces.take(message.payload);
        fresh = fresh || pieces.next() > before;  // one that is repeated, or beyond a gap, brings nothing
        if (terminal) progress << "\r" << pieces.next() << " of " << pieces.size() << " bytes" << std::flush;
    });
    if (auto done = session.subscribe(topic_of(options.identity, "crash")); !done) return std::unexpected(done.error());
    for (unsigned asked = 0; asked < asked_at_most && !pieces.complete(); ++asked) {
        const auto word = "send " + std::to_string(pieces.next());
        if (auto done = session.publish(topic_of(options.identity, "crash/do"), word); !done) {
            return std::unexpected(done.error());
        }
        do {
            fresh = false;
            session.run_until([&] { return fresh || pieces.complete(); }, piece_patience);
        } while (fresh && !pieces.complete());
        if (pieces.size() == 0) break;
    }
    if (terminal && pieces.size() != 0) progress << '\n';
    if (pieces.complete()) return pieces.bytes();
    if (pieces.size() == 0) {
        return failure(options.identity + " sends nothing: no crash has left anything, it is off line, or its firmware has not got "
                                          "ESB_CORE_DUMP");
    }
    return failure("only " + std::to_string(pieces.next()) + " of " + std::to_string(pieces.size()) + " bytes came");
}

// Everything that a program prints.
Outcome<std::string> output_of(const std::vector<std::string>& words) {
    auto child = Child::start({words});
    if (!child) return std::unexpected(child.error());
    auto text = all_output_of(*child, report_max);
    const int status = child->reap();
    if (status == 0) return text;
    return failure(words[0] + " ends with status " + std::to_string(status));
}

void print_lines(std::string_view text, Printer& out) {
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        out << text.substr(0, end) << '\n';
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

Outcome<void> tell_crash_text(const CrashText& crash, const CoredumpOptions& options, Shell& shell) {
    shell.out << "signal " << crash.signal << " (" << signal_name(crash.signal) << "), build " << crash.build_id << '\n';
    std::vector<std::string> words{"addr2line", "-Cfipe", options.elf};
    for (const auto frame : crash.frames) {
        std::ostringstream text;
        text << "0x" << std::hex << frame;
        if (options.elf.empty()) shell.out << text.str() << '\n';
        words.push_back(text.str());
    }
    if (options.elf.empty() || crash.frames.empty()) return {};
    const auto program = read_file(options.elf, program_max);
    if (!program) return std::unexpected(program.error());
    if (const auto build = build_id_of(*program); build != crash.build_id) {
        return failure(options.elf + " is another program: its build is " + (build.empty() ? "not named" : build));
    }
    const auto lines = output_of(words);
    if (!lines) return failure(lines.error().line + "; addr2line is in Debian's package binutils");
    print_lines(*lines, shell.out);
    return {};
}

Outcome<void> tell_elf_core(const ElfCore& core, const CoredumpOptions& options, Shell& shell) {
    shell.out << "a core of " << core.elf.size() << " bytes, of the program with SHA-256 "
              << (core.program.empty() ? "unknown" : core.program + "…") << '\n';
    if (!core.panic.empty()) shell.out << core.panic << '\n';
    if (options.elf.empty()) return {};
    const auto program = read_file(options.elf, program_max);
    if (!program) return std::unexpected(program.error());
    if (const auto hash = hex_text(crypto::sha256(as_bytes(*program))); !hash.starts_with(core.program)) {
        return failure(options.elf + " is another program: its SHA-256 is " + hash.substr(0, core.program.size()) + "…");
    }
    const auto gdb = find_program("gdb-multiarch", "ESB_GDB");
    if (gdb.empty()) return failure("there is no gdb-multiarch (Debian's package of that name; ESB_GDB names another)");
    const auto file = MemoryFile::make(core.elf);
    if (!file) return std::unexpected(file.error());
    const auto task = "printf \"task %s\\n\", ((TCB_t*)" + std::to_string(core.task) + ")->pcTaskName";
    // The last command's outcome is gdb's, and a backtrace may end with an error after all that can be told.
    auto lines = output_of({gdb, "-batch", "-nx", "-ex", task, "-ex", "bt", "-ex", "echo", options.elf, file->path()});
    if (!lines) return std::unexpected(lines.error());
    print_lines(*lines, shell.out);
    if (!lines->contains("Backtrace stopped")) return {};
    // A function that never returns keeps no way back: from there on what its callers have left.
    std::vector<std::string> words{gdb, "-batch", "-nx", "-ex", "set print asm-demangle on"};
    for (const auto caller : callers_on_stack(core, *program, callers_told)) {
        words.insert(words.end(), {"-ex", "info line *" + std::to_string(caller - 1)});
    }
    words.push_back(options.elf);
    lines = output_of(words);
    if (!lines) return std::unexpected(lines.error());
    shell.out << "calls that are on the stack, some of which may be over:\n";
    std::string last;
    for (std::string_view rest = *lines; !rest.empty(); rest.remove_prefix(std::min(rest.find('\n'), rest.size() - 1) + 1)) {
        auto line = shorter_line(rest.substr(0, rest.find('\n')));
        if (line != last) shell.out << line << '\n';
        last = std::move(line);
    }
    return {};
}

Outcome<void> tell(std::string_view dump, const CoredumpOptions& options, Shell& shell) {
    if (const auto crash = parse_crash_text(dump)) return tell_crash_text(*crash, options, shell);
    if (const auto core = find_elf_core(dump)) return tell_elf_core(*core, options, shell);
    return failure("this is no core dump that esb knows");
}

// Says of which dump the word is.
std::string crc_text(std::string_view dump) {
    std::array<std::uint8_t, 4> bytes{};
    ByteWriter(bytes).be32(crc32(as_bytes(dump.substr(0, CrashReport::told_apart_by(dump.size())))));
    return hex_text(bytes);
}

Outcome<void> run_coredump(const CoredumpOptions& options, Shell& shell) {
    if (!options.from.empty()) {
        const auto dump = read_file(options.from, core_dump_max);
        return dump ? tell(*dump, options, shell) : std::unexpected(dump.error());
    }
    if (options.identity.empty()) return failure("whose? IDENT, or --from FILE");
    MqttSession session;
    const auto broker = options.broker.access(shell);
    if (!broker) return std::unexpected(broker.error());
    if (auto done = session.connect(*broker); !done) return done;
    const auto dump = fetch(session, options, shell.err, shell.terminal);
    if (!dump) return std::unexpected(dump.error());
    if (!options.out.empty()) {
        if (auto stored = replace_file(options.out, *dump, 0600); !stored) return stored;  // stacks may hold secrets
    }
    if (auto told = tell(*dump, options, shell); !told) return told;
    return options.forget ? session.publish(topic_of(options.identity, "crash/do"), "forget " + crc_text(*dump)) : Outcome<void>();
}

}  // namespace

void add_coredump_command(CLI::App& app, Shell& shell) {
    const auto options = std::make_shared<CoredumpOptions>();
    auto* sub = app.add_subcommand("coredump", "Fetch what a device's last crash has left, and tell function and line");
    sub->add_option("IDENT", options->identity, "Identity")->check(check_identity_option);
    sub->add_option("--elf", options->elf, "The program that crashed, with its symbols (build/NAME.elf; virtual chip: build/NAME)");
    sub->add_option("--out", options->out, "Keep the dump in this file (mode 0600)");
    sub->add_option("--from", options->from, "Read such a file instead of asking a device");
    sub->add_flag("--forget", options->forget, "The device may forget it afterwards");
    add_broker_option(*sub, options->broker);
    sub->callback([options, &shell] { shell.finish(run_coredump(*options, shell)); });
}

}  // namespace esb::cli
