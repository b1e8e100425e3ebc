#include "host/cli/lab_device.hpp"

#include "host/cli/birth_lines.hpp"
#include "host/cli/broker_folder.hpp"
#include "host/cli/files.hpp"
#include "host/cli/secure_base.hpp"
#include "host/vchip/process_flash.hpp"

namespace esb::cli {
namespace {

constexpr const char* network = "Laboratory";
constexpr const char* passphrase = "loopback only";
constexpr auto trace_period = std::chrono::milliseconds(100);

// Pings are no news, and what an update says is shown by whoever sent it.
bool is_news(std::string_view line) {
    const auto topic = line.substr(0, line.find(' '));
    return topic != "ping" && topic != "ota" && topic != "ota/status";
}

std::string radio_text() {
    return std::string(R"({"on": true, "networks": [{"ssid": ")") + network + R"(", "passphrase": ")" + passphrase +
           R"(", "rssi": -48}]})" + "\n";
}

}  // namespace

Outcome<void> LabDevice::power_on(const std::filesystem::path& image) {
    const auto flash = (lab_.folder() / "chip.flash").string();
    const auto radio = (lab_.folder() / "radio.json").string();
    if (const auto done = vchip::flash_image(flash, {}, image.string()); !done)
        return failure(image.string(), done.error());
    if (auto done = replace_file(radio, radio_text(), 0600); !done) return done;
    Program program{{own_program().string(), "vchip", "run", "--flash", flash, "--radio", radio}};
    if (watch_.trace) program.words.insert(program.words.end(), {"--trace-json", follow_trace()});
    if (watch_.page) program.words.emplace_back("--ui");
    program.input = true;
    const auto started = loop_.start(
        program, [this](std::string_view line) { take_line(line); },
        [this](int status) {
            chip_ = nullptr;
            read_trace();
            ended_ = true;
            screen_.line(lab_source, "the chip is off, exit status " + std::to_string(status));
        });
    if (!started) return std::unexpected(started.error());
    chip_ = &started->get();
    return {};
}

void LabDevice::power_off() {
    if (chip_ != nullptr) loop_.stop(*chip_);
    if (messages_ != nullptr) loop_.stop(*messages_);
    chip_ = messages_ = nullptr;
}

void LabDevice::type(const std::string& line) {
    if (chip_ == nullptr) return;
    screen_.line(serial_source, line, ">");
    static_cast<void>(chip_->write(line + '\n'));
}

void LabDevice::take_line(std::string_view line) {
    screen_.line(serial_source, line);
    if (line.starts_with("ping: echo")) online_ = true;
    if (const auto born = parse_key_line(line); born && identity_.empty()) take_birth(born->identity, born->psk);
}

void LabDevice::take_birth(const std::string& identity, const std::string& psk) {
    identity_ = identity;
    auto folder = BrokerFolder::open(lab_.broker());
    const auto added = folder ? folder->add({identity, psk, {std::string(default_topics)}, false})
                              : Outcome<Reload>(std::unexpected(folder.error()));
    screen_.line(lab_source, added ? identity + " has an account at the broker" : added.error().line);
    show_messages();
    type(std::string("wifi connect ") + network + " \"" + passphrase + '"');
    type("mqtt server 127.0.0.1 " + std::to_string(lab_.broker_port()));
}

// A file, since the chip's output is its serial port.
std::string LabDevice::follow_trace() {
    const auto file = (lab_.folder() / "trace.json").string();
    std::ofstream(file).flush();
    trace_.open(file);
    loop_.every(trace_period, [this] { read_trace(); });
    return file;
}

void LabDevice::read_trace() {
    if (!trace_.is_open()) return;
    std::string text(64 * 1024, '\0');
    trace_.clear();  // its end was only the end so far
    trace_.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(trace_.gcount()));
    trace_lines_.take(text, [this](std::string_view line) {
        const auto read = parse_trace_line(line);
        if (read && watch_.trace->shows(read->area)) screen_.line(trace_source, trace_text(*read, screen_.colour()));
    });
}

// What the device says by MQTT, and what is said to it.
void LabDevice::show_messages() {
    const auto front = identity_ + "  ";
    const Program program{
        {own_program().string(), "watch", "--all", "--broker-dir", lab_.broker().string(), identity_}};
    const auto started = loop_.start(
        program,
        [this, front](std::string_view line) {
            if (line.starts_with(front)) line.remove_prefix(front.size());
            if (is_news(line)) screen_.line(mqtt_source, line);
        },
        [this](int) { messages_ = nullptr; });
    if (started) messages_ = &started->get();
}

}  // namespace esb::cli
