// Keys and certificates made by openssl(1) in a folder that goes with the test.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace esb::test {

class Pki {
public:
    using Bytes = std::vector<std::uint8_t>;

    Pki() {
        std::string name = (std::filesystem::temp_directory_path() / "esb-pki-XXXXXX").string();
        folder_ = ::mkdtemp(name.data());
    }
    ~Pki() { std::filesystem::remove_all(folder_); }
    Pki(const Pki&) = delete;
    Pki& operator=(const Pki&) = delete;

    std::string path(const std::string& file) const { return (folder_ / file).string(); }

    // A shell command in the folder.
    void run(const std::string& command) const {
        const auto line = "cd '" + folder_.string() + "' && (" + command + ") >>log 2>&1";
        ASSERT_EQ(std::system(line.c_str()), 0) << command << "\n" << text("log");
    }
    // NAME.key: "P-256", "P-192", "rsa:2048".
    void key(const std::string& name, const std::string& kind = "P-256") const {
        const bool rsa = kind.starts_with("rsa:");
        run("openssl genpkey -out " + name + ".key -algorithm " +
            (rsa ? "RSA -pkeyopt rsa_keygen_bits:" + kind.substr(4) : "EC -pkeyopt ec_paramgen_curve:" + kind));
    }
    // NAME.pem and NAME.key, an authority: its own signature, or that of `by`.
    void authority(const std::string& name, const std::string& by = {}, const std::string& constraint = "CA:TRUE",
                   const std::string& usage = "keyCertSign,cRLSign", const std::string& kind = "P-256") const {
        key(name, kind);
        certificate(name, by, "basicConstraints=critical," + constraint + "\nkeyUsage=critical," + usage);
    }
    // NAME.pem over the present NAME.key. `extensions`: lines of openssl.cnf.
    void certificate(const std::string& name, const std::string& by, const std::string& extensions,
                     const std::string& digest = "sha256", const std::string& subject = {}, int days = 100) const {
        std::ofstream(path(name + ".cnf")) << "[x]\nsubjectKeyIdentifier=hash\n" << extensions << "\n";
        const auto who = subject.empty() ? name : subject;
        run("openssl req -new -key " + name + ".key -subj '/CN=" + who + "' -out " + name + ".csr");
        const auto signer = by.empty() ? "-signkey " + name + ".key" : "-CA " + by + ".pem -CAkey " + by + ".key";
        run("openssl x509 -req -in " + name + ".csr " + signer + " -set_serial 0x" + std::to_string(++serial_) + " -" +
            digest + " -days " + std::to_string(days) + " -extfile " + name + ".cnf -extensions x -out " + name +
            ".pem");
    }
    // A server's certificate as it should be.
    void server(const std::string& name, const std::string& by, const std::string& names = "DNS:server.test",
                const std::string& kind = "P-256") const {
        key(name, kind);
        certificate(name, by, server_extensions(names));
    }
    static std::string server_extensions(const std::string& names) {
        return "subjectAltName=" + names + "\nkeyUsage=digitalSignature\nextendedKeyUsage=serverAuth";
    }

    std::string text(const std::string& file) const {
        std::ifstream in(path(file), std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    Bytes bytes(const std::string& file) const {
        const auto all = text(file);
        return {all.begin(), all.end()};
    }
    // NAME.pem, which holds one certificate, as DER.
    Bytes der(const std::string& name) const {
        run("openssl x509 -in " + name + ".pem -outform DER -out " + name + ".der");
        return bytes(name + ".der");
    }
    // SHA-256 of NAME.pem's SubjectPublicKeyInfo.
    Bytes pin(const std::string& name) const {
        run("openssl x509 -in " + name + ".pem -noout -pubkey | openssl pkey -pubin -outform DER | "
            "openssl dgst -sha256 -binary >" + name + ".pin");
        return bytes(name + ".pin");
    }
    // When NAME.pem ends, in seconds since 1970.
    std::chrono::seconds ends(const std::string& name) const {
        run("date -d \"$(openssl x509 -in " + name + ".pem -noout -enddate | cut -d= -f2)\" +%s >" + name + ".end");
        return std::chrono::seconds(std::stoll(text(name + ".end")));
    }
    // The private number of NAME.key on P-256.
    Bytes scalar(const std::string& name) const {
        run("openssl ec -in " + name + ".key -outform DER -out " + name + ".sec1");
        const auto all = bytes(name + ".sec1");
        return {all.begin() + 7, all.begin() + 39};
    }

private:
    std::filesystem::path folder_;
    mutable int serial_ = 0;
};

}  // namespace esb::test
