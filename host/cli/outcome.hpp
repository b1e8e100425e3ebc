// How a command of the operator's tool ends: with a value, or with one line for the person at the terminal.
#pragma once

#include "esb/base/result.hpp"

#include <expected>
#include <string>
#include <utility>

namespace esb::cli {

struct Failure {
    std::string line;  // no trailing newline, no "error:"; what it quotes is escaped when it is printed
};

template <typename T>
using Outcome = std::expected<T, Failure>;

inline std::unexpected<Failure> failure(std::string line) { return std::unexpected(Failure{std::move(line)}); }
// "<what>: <text of the error> (<its name>)"
inline std::unexpected<Failure> failure(const std::string& what, const Error& error) {
    return failure(what + ": " + std::string(error.text()) + " (" + std::string(error.name()) + ")");
}

}  // namespace esb::cli
