// Public keys as people name them: the text, or the file it is in.
#pragma once

#include "host/cli/outcome.hpp"

#include <string>
#include <vector>

namespace esb::cli {

// The public key "x.y" of a JWK file, of a file with just that text, or of a PEM file with the private key. What names no
// file is the text itself, which nobody has checked.
Outcome<std::string> public_key(const std::string& text_or_file);
// The same for each of them.
Outcome<std::vector<std::string>> public_keys(const std::vector<std::string>& texts_or_files);

}  // namespace esb::cli
