// SPDX-License-Identifier: Apache-2.0
// The program that a command names, and the files that the kernel opens to execute it.
#pragma once

#include <string>
#include <vector>

#include "policy/result.h"

namespace synpol {

/// A command that cannot be run, with the exit status that env(1) would have.
struct CommandError {
    Error error;
    int status;
    static constexpr int not_found = 127;
    static constexpr int not_runnable = 126;
};

/// As the shell finds it: a word with a '/' is a path, others are looked for in `search`.
std::variant<std::string, CommandError> find_program(const std::string& word,
                                                     const std::string& search);

/// The program, the interpreters of its first lines, and the loaders of all of them, without
/// symbolic links, each once.
std::vector<std::string> files_to_execute(const std::string& program);

} // namespace synpol
