// SPDX-License-Identifier: Apache-2.0
// The command line as a table of verbs. A verb is a row in agent/verbs/table.inc and a file
// agent/verbs/<name>.cpp that defines configure_<name>(): it adds the verb's options to its
// CLI::App and returns what to do once they are read.
#pragma once

#include <functional>
#include <string_view>

#include "policy/result.h"

namespace CLI {
class App;
}

namespace synpol {

/// The same for every verb. A warning alone is `fine`.
struct ExitCode {
    static constexpr int fine = 0;
    static constexpr int findings = 1; ///< the answer is no: errors found, a difference, refused
    static constexpr int no_answer =
        2; ///< the question could not be answered; every Error ends here
};

/// Runs a verb and gives its exit code. An Error is printed by run_cli() as "synpol: error: ..."
/// and a line "  help: ...", so a verb never prints its own failure.
using VerbAction = std::function<Result<int>()>;

struct Verb {
    std::string_view name;
    std::string_view summary;
    VerbAction (*configure)(CLI::App& app);
};

/// Parses the command line, runs the verb, prints its failure. What main() returns.
int run_cli(int argc, const char* const* argv);

/// Colour only on a terminal and without NO_COLOR (https://no-color.org).
bool use_colour(int descriptor);

/// "synpol: error: MESSAGE" and "  help: ..." on standard error.
void print_error(const Error& error);

} // namespace synpol
