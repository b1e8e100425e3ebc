#include "host/cli/swarm_run.hpp"

#include "host/cli/birth_lines.hpp"
#include "host/cli/broker_folder.hpp"
#include "host/cli/image_file.hpp"
#include "host/vchip/fault_plan.hpp"
#include "host/vchip/swarm_chip.hpp"
#include "host/vchip/swarm_process.hpp"

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <utility>

namespace esb::cli {
namespace {

using std::chrono::milliseconds;

constexpr auto swarm_look_period = milliseconds(100);
constexpr std::chrono::duration<double> settle_time = std::chrono::seconds(3);
// A handshake takes some milliseconds on both sides; a lost one its back-off.
SwarmRun::Seconds patience_for(std::size_t devices) {
    return std::chrono::seconds(60) + SwarmRun::Seconds(0.05 * static_cast<double>(devices));
}

double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

Outcome<void> SwarmRun::start(const std::filesystem::path& image, std::optional<std::size_t> serial,
                              std::function<void(std::string_view)> on_said) {
    if (const auto good = inspect_image_file(image); !good) return std::unexpected(good.error());
    on_said_ = std::move(on_said);
    const auto program = lab_.folder() / "swarm";
    std::error_code error;
    std::filesystem::copy_file(image, program, error);
    if (!error) std::filesystem::permissions(program, std::filesystem::perms::owner_all, error);
    if (error) return failure(image.string() + ": " + error.message());

    Program swarm{{program.string()}};
    swarm.variables = {std::string(vchip::env_swarm) + '=' + std::to_string(figures_.devices)};
    swarm.input = true;
    const auto began = Clock::now();
    const auto started = loop_.start(
        swarm, [this](std::string_view line) { take(line); },
        [this](int status) {
            process_ = nullptr;
            if (error_.empty()) error_ = "the swarm's process has ended with exit status " + std::to_string(status);
        });
    if (!started) return std::unexpected(started.error());
    process_ = &started->get();
    if (serial) {
        if (auto done = say("serial " + std::to_string(*serial)); !done) return done;
    }
    const auto all_born = [this] { return born_.size() == figures_.devices; };
    if (auto done = wait("being born", all_born, patience_for(figures_.devices)); !done) return done;
    figures_.born_seconds = seconds_since(began);

    auto folder = BrokerFolder::open(lab_.broker());
    if (!folder) return std::unexpected(folder.error());
    if (const auto added = folder->add_all(std::move(born_)); !added) return std::unexpected(added.error());
    const auto told = Clock::now();
    for (const std::string& line : {std::string("type wifi connect ") + std::string(vchip::SwarmChip::network) + " \"" +
                                        std::string(vchip::SwarmChip::passphrase) + '"',
                                    "type mqtt server 127.0.0.1 " + std::to_string(lab_.broker_port())}) {
        if (auto done = say(line); !done) return done;
    }
    if (auto done = until("getting on line", figures_.devices); !done) return done;
    figures_.online_seconds = seconds_since(told);
    figures_.connects_a_second = static_cast<double>(figures_.devices) / figures_.online_seconds;
    return {};
}

Outcome<void> SwarmRun::rest(Seconds how_long) {
    if (auto done = wait("settling", [] { return false; }, settle_time); !done) return done;
    const auto before = state_;
    const auto began = Clock::now();
    if (auto done = wait("resting", [] { return false; }, how_long); !done) return done;
    const auto used = static_cast<double>(state_.processor - before.processor) / 1000;
    figures_.idle_percent = 100 * used / seconds_since(began) / static_cast<double>(figures_.devices);
    // A handful is there at the first report, with the program and its libraries.
    const auto others = figures_.devices - std::min(first_state_->powered, figures_.devices - 1);
    figures_.bytes_each = (state_.resident - std::min(first_state_->resident, state_.resident)) / others;
    return {};
}

Outcome<void> SwarmRun::restart_broker() {
    if (auto done = lab_.stop_broker(); !done) return done;
    const auto nobody = [this] { return state_.online == 0; };
    if (auto done = wait("noticing that the broker is gone", nobody, patience_for(figures_.devices)); !done) return done;
    const auto began = Clock::now();
    if (auto done = lab_.start_broker_again(); !done) return done;
    const auto most = figures_.devices - figures_.devices / 100;
    if (auto done = until("coming back", most); !done) return done;
    figures_.back_seconds = seconds_since(began);
    if (auto done = until("coming back", figures_.devices); !done) return done;
    figures_.all_back_seconds = seconds_since(began);
    return {};
}

Outcome<void> SwarmRun::suffer(Seconds how_long, std::uint32_t seed) {
    vchip::SeededRandom dice(seed);
    const auto began = Clock::now();
    const auto number = [&dice](std::uint64_t limit) { return std::to_string(dice.below(limit)); };
    bool broker_is_gone = false;
    bool broker_was_gone = false;
    while (seconds_since(began) < how_long.count()) {
        if (auto done = say("power " + number(50) + ' ' + number(1'000'000)); !done) return done;
        if (auto done = say("silent " + number(100) + ' ' + number(1'000'000)); !done) return done;
        if (auto done = wait("suffering", [] { return false; }, std::chrono::seconds(1)); !done) return done;
        if (broker_is_gone) {
            if (auto done = lab_.start_broker_again(); !done) return done;
            broker_is_gone = false;
        } else if (!broker_was_gone && seconds_since(began) > how_long.count() / 2) {
            if (auto done = lab_.stop_broker(); !done) return done;
            broker_is_gone = broker_was_gone = true;
        }
    }
    if (broker_is_gone) {
        if (auto done = lab_.start_broker_again(); !done) return done;
    }
    if (auto done = say("silent 0 0"); !done) return done;
    const auto over = Clock::now();
    if (auto done = until("coming back", figures_.devices); !done) return done;
    figures_.recovered_seconds = seconds_since(over);
    return {};
}

void SwarmRun::take(std::string_view line) {
    std::istringstream words{std::string(line)};
    std::string word;
    words >> word;
    if (word == "state") {
        words >> state_.powered >> state_.online >> state_.resident >> state_.processor;
        if (!first_state_) first_state_ = state_;
        return;
    }
    if (word == "error") {
        error_ = line.substr(line.find(' ') + 1);
        return;
    }
    std::size_t chip = 0;
    words >> chip;
    std::string rest;
    std::getline(words >> std::ws, rest);
    if (word == "said" && on_said_) on_said_(rest);
    if (word != "born") return;
    // A device that lost its power before its key was known is born once more, as another.
    if (const auto key = parse_key_line(rest)) born_.push_back({key->identity, key->psk, {std::string(default_topics)}});
}

Outcome<void> SwarmRun::until(std::string_view doing, std::size_t online) {
    return wait(doing, [this, online] { return state_.online >= online; }, patience_for(figures_.devices));
}

Outcome<void> SwarmRun::wait(std::string_view doing, const std::function<bool()>& done, Seconds longest) {
    const auto began = Clock::now();
    while (!done()) {
        if (!error_.empty()) return failure(error_);
        if (loop_.interrupted()) return failure("interrupted");
        if (lab_.broken()) return failure("the laboratory has come to an end by itself");
        if (seconds_since(began) > longest.count()) break;
        progress_(doing, state_);
        loop_.run_until(done, swarm_look_period);
    }
    // Resting has no other end.
    if (done() || doing == "settling" || doing == "resting" || doing == "suffering") return {};
    return failure(std::string(doing) + ": " + std::to_string(state_.online) + " of " + std::to_string(figures_.devices) +
                   " after " + std::to_string(static_cast<int>(longest.count())) + " s");
}

Outcome<void> SwarmRun::say(const std::string& line) {
    if (process_ != nullptr && process_->write(line + '\n')) return {};
    return failure(error_.empty() ? "the swarm's process does not listen" : error_);
}

}  // namespace esb::cli
