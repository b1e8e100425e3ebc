#include "host/cli/password_hash.hpp"

#include "esb/base/secret.hpp"
#include "host/cli/der.hpp"
#include "host/cli/library.hpp"
#include "host/vchip/entropy_posix.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace esb::cli {
namespace {

constexpr std::string_view mark = "$7$";
constexpr std::size_t max_password = 64;  // bytes

std::string base64(ConstBytes bytes) {
    auto text = der::base64_lines(as_text(bytes));
    std::erase(text, '\n');
    return text;
}

}  // namespace

Outcome<std::string> password_hash(std::string_view password) {
    if (password.empty() || password.size() > max_password) return failure("a password has 1 to 64 bytes");
    vchip::HostEntropy entropy;
    std::array<std::uint8_t, 12> salt{};
    std::array<std::uint8_t, 64> hash{};
    if (!entropy.fill(salt)) return failure("no random numbers");
    if (!library::pbkdf2_sha512(as_bytes(password), salt, password_rounds, hash))
        return failure("the password cannot be hashed");
    return std::string(mark) + std::to_string(password_rounds) + '$' + base64(salt) + '$' + base64(hash);
}

bool is_password_hash(std::string_view text) {
    if (!text.starts_with(mark) || text.size() > 256) return false;
    text.remove_prefix(mark.size());
    return std::count(text.begin(), text.end(), '$') == 2 && std::all_of(text.begin(), text.end(), [](unsigned char c) {
               return std::isalnum(c) != 0 ||
                      std::string_view("$+/=").find(static_cast<char>(c)) != std::string_view::npos;
           });
}

}  // namespace esb::cli
