#include "host/cli/laboratory.hpp"

#include "host/cli/broker_folder.hpp"
#include "host/cli/files.hpp"
#include "host/cli/free_ports.hpp"

#include <algorithm>
#include <fstream>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace esb::cli {
namespace {

constexpr auto patience = std::chrono::seconds(60);  // a broker with thousands of accounts reads for some of them

bool answers(std::uint16_t port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto address = loopback(port);
    const bool open = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(fd);
    return open;
}

std::filesystem::path mosquitto() { return find_program("mosquitto", "ESB_MOSQUITTO"); }
std::filesystem::path nginx() { return find_program("nginx", "ESB_NGINX"); }
std::filesystem::path python() { return find_program("python3"); }

}  // namespace

Outcome<void> Laboratory::check() {
    if (mosquitto().empty())
        return failure(
            "mosquitto is missing, the broker that devices talk to: apt install mosquitto; esb doctor says more");
    if (nginx().empty() && python().empty())
        return failure("a web server is missing, nginx or python3: apt install nginx-light; esb doctor says more");
    return {};
}

Laboratory::~Laboratory() {
    for (const auto* service : services_) loop_.stop(*service);
    std::error_code error;
    if (!folder_.empty()) std::filesystem::remove_all(folder_, error);
}

Outcome<void> Laboratory::start() {
    auto folder = make_temporary_folder("esb-run");
    if (!folder) return std::unexpected(folder.error());
    folder_ = std::move(*folder);
    const auto ports = free_ports(3);
    if (!ports) return std::unexpected(ports.error());
    broker_port_ = (*ports)[0];
    tools_port_ = (*ports)[1];
    web_port_ = (*ports)[2];
    if (auto done = start_broker(); !done) return done;
    if (auto done = start_web_server(); !done) return done;
    screen_.line(lab_source, "broker 127.0.0.1:" + std::to_string(broker_port_) +
                                 ", web server 127.0.0.1:" + std::to_string(web_port_) +
                                 "; for other terminals: export ESB_BROKER_DIR=" + broker().string());
    return {};
}

Outcome<void> Laboratory::start_broker() {
    BrokerOptions options;
    options.port = broker_port_;
    options.tools_port = tools_port_;
    const auto made = BrokerFolder::create(broker(), options);
    if (!made) return std::unexpected(made.error());
    return start_broker_again();
}

Outcome<void> Laboratory::start_broker_again() {
    const auto config = (broker() / "mosquitto.conf").string();
    if (auto done = start_service("mosquitto", {{mosquitto().string(), "-c", config}}, tools_port_); !done) return done;
    broker_service_ = services_.back();
    return {};
}

Outcome<void> Laboratory::stop_broker() {
    if (broker_service_ == nullptr) return failure("the broker does not run");
    loop_.stop(*broker_service_);
    std::erase(services_, broker_service_);
    broker_service_ = nullptr;
    return {};
}

Outcome<void> Laboratory::start_web_server() {
    std::error_code error;
    std::filesystem::create_directories(folder_ / "web/files", error);
    const auto program = web_server_program();
    if (!program) return std::unexpected(program.error());
    return start_service("the web server", *program, web_port_);
}

Outcome<Program> Laboratory::web_server_program() const {
    const auto web = (folder_ / "web").string();
    const auto port = std::to_string(web_port_);
    if (nginx().empty())
        return Program{
            {python().string(), "-m", "http.server", port, "--bind", "127.0.0.1", "--directory", web + "/files"}};
    std::string text = ::geteuid() == 0 ? "user root;\n" : "";  // or it could not read our folder
    text += "daemon off;\nworker_processes 1;\npid " + web + "/nginx.pid;\nerror_log " + web +
            "/error.log;\nevents {}\nhttp {\n  access_log off;\n";
    for (const std::string kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
        text += "  " + kind + "_temp_path " + web + "/tmp-" + kind + ";\n";
    text += "  server { listen 127.0.0.1:" + port + "; root " + web + "/files; }\n}\n";
    const auto config = web + "/nginx.conf";
    if (auto done = create_file(config, text, 0600); !done) return std::unexpected(done.error());
    return Program{{nginx().string(), "-p", web, "-c", config, "-e", web + "/error.log"}};
}

// Its lines are shown only when it fails: mosquitto has a log of its own, a web server's requests are no news.
Outcome<void> Laboratory::start_service(std::string_view name, const Program& program, std::uint16_t port) {
    const auto last = std::make_shared<std::string>();
    const auto ended = std::make_shared<bool>(false);
    const auto started = loop_.start(
        program, [last](std::string_view line) { *last = line; },
        [this, last, ended, name = std::string(name)](int status) {
            *ended = broken_ = true;
            screen_.line(lab_source, name + " has ended with exit status " + std::to_string(status) +
                                         (last->empty() ? "" : ": " + *last));
        });
    if (!started) return std::unexpected(started.error());
    services_.push_back(&started->get());
    const auto until = std::chrono::steady_clock::now() + patience;
    while (!*ended && !answers(port) && !loop_.interrupted() && std::chrono::steady_clock::now() < until)
        loop_.run_until([] { return false; }, std::chrono::milliseconds(20));
    if (answers(port)) return {};
    return failure(std::string(name) + " does not listen");
}

Outcome<std::string> Laboratory::serve(const std::filesystem::path& file, const std::string& name) const {
    std::error_code error;
    std::filesystem::copy_file(file, folder_ / "web/files" / name, std::filesystem::copy_options::overwrite_existing,
                               error);
    if (error) return failure(file.string() + ": " + error.message());
    return "http://127.0.0.1:" + std::to_string(web_port_) + '/' + name;
}

}  // namespace esb::cli
