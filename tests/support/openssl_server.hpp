// `openssl s_server` on a free port of this machine: a TLS server that is not Mbed TLS.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

namespace esb::test {

class OpensslServer {
public:
    // `options` are split at blanks; the output goes to `log`.
    OpensslServer(const std::string& folder, const std::string& options, const std::string& log = "server.log",
                  std::uint16_t port = free_port());
    ~OpensslServer();
    OpensslServer(const OpensslServer&) = delete;
    OpensslServer& operator=(const OpensslServer&) = delete;

    std::uint16_t port() const { return port_; }
    // A line to its standard input.
    void say(const std::string& line) { static_cast<void>(!::write(in_, line.data(), line.size())); }
    std::string log() const;

private:
    static sockaddr_in loopback(std::uint16_t port);
    static std::uint16_t free_port();
    // A connection without a word; the server shrugs and takes the next one.
    void wait_for_port() const;

    std::string log_;
    std::uint16_t port_;
    int in_ = -1;
    pid_t child_ = -1;
};

}  // namespace esb::test
