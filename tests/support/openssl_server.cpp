#include "tests/support/openssl_server.hpp"

namespace esb::test {

OpensslServer::OpensslServer(const std::string& folder, const std::string& options, const std::string& log,
    std::uint16_t port)
    : log_(folder + "/" + log), port_(port) {
    const auto at = "127.0.0.1:" + std::to_string(port_);
    std::istringstream words("openssl s_server -accept " + at + " -naccept 9 " + options);
    std::vector<std::string> parts;
    for (std::string word; words >> word;) parts.push_back(word);
    int ends[2] = {};
    if (::pipe(ends) != 0) return;
    in_ = ends[1];
    child_ = ::fork();
    if (child_ == 0) {
        std::vector<char*> arguments;
        for (auto& part : parts) arguments.push_back(part.data());
        arguments.push_back(nullptr);
        const int out = ::open(log_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
        ::dup2(ends[0], 0);
        ::dup2(out, 1);
        ::dup2(out, 2);
        ::close(ends[1]);
        if (::chdir(folder.c_str()) == 0) ::execvp(arguments[0], arguments.data());
        ::_exit(127);
    }
    ::close(ends[0]);
    wait_for_port();
}

OpensslServer::~OpensslServer() {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
    ::close(in_);
}

std::string OpensslServer::log() const {
    std::ifstream in(log_);
    return {std::istreambuf_iterator<char>(in), {}};
}

sockaddr_in OpensslServer::loopback(std::uint16_t port) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(port);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return at;
}

std::uint16_t OpensslServer::free_port() {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    auto at = loopback(0);
    socklen_t size = sizeof at;
    static_cast<void>(::bind(fd, reinterpret_cast<sockaddr*>(&at), sizeof at));
    static_cast<void>(::getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size));
    ::close(fd);
    return ntohs(at.sin_port);
}

void OpensslServer::wait_for_port() const {
    for (int i = 0; i < 1000; ++i) {
        const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
        const auto at = loopback(port_);
        const bool there = ::connect(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0;
        ::close(fd);
        if (there) return;
        ::usleep(5'000);
    }
}

}  // namespace esb::test
